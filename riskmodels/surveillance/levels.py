"""One level of the hierarchy: its groups' counts, what was expected of them, and which stand out."""

from dataclasses import dataclass, replace

import numpy as np

from riskmodels.arrays import Flags, Floats
from riskmodels.grouping import add_rows
from riskmodels.surveillance.baseline import Known, Watched, follow
from riskmodels.surveillance.filtering import common_shift
from riskmodels.surveillance.laws import Counts
from riskmodels.surveillance.many import Grouping, stand_out
from riskmodels.surveillance.scores import p_values
from riskmodels.surveillance.settings import SETTINGS, Design, Limits

_LEAST_KNOWN = 0.5  # of a group's expected events: a period of which less is known is unknown
_LEAST_DUE = 1e-300  # of what is expected of a group: divides
_OWN_PART = 0.25  # of all expected events: what all share is known without a group that has no more
SEED = 20  # of the p-values, which are uniform for counts, too, once they are drawn


@dataclass(frozen=True, kw_only=True, eq=False)
class Level:
    """Groups of one level and how they were followed.

    Attributes
    ----------
    grouping : Grouping
    values : ndarray, shape (m, T)
        [events] Of each group; NaN is unknown.
    size : ndarray, shape (m, T)
        What they are proportional to, or cases out of which they are.
    law : type of Counts
        Of what is seen about its mean.
    watched : Watched
    alarm : ndarray of bool, shape (m, T)
        Alarms of the charts, of periods judged and of groups that stand out.
    """

    grouping: Grouping
    values: Floats
    size: Floats
    law: type[Counts]
    watched: Watched
    alarm: Flags

    def judged(self, first: int, false_share: float, fewest: int, limits: Limits) -> "Level":
        """Keep the alarms from a period on, of groups known for some; of many, those that stand out."""
        watched, m = self.watched, len(self.values)
        alarm = self.alarm & (np.arange(self.values.shape[1]) >= first)
        alarm &= np.cumsum(np.isfinite(self.values), axis=1) > fewest
        if m < SETTINGS.fewest_common or false_share == 1:
            return replace(self, alarm=alarm)
        rng = np.random.default_rng(SEED)
        drawn = rng.random(watched.here.shape[::-1]).T  # by period: later ones change no earlier
        tail = watched.above + drawn * watched.here
        return replace(self, alarm=alarm & stand_out(p_values(tail, watched.evidence, limits), false_share))


def level_of(
    grouping: Grouping,
    values: Floats,
    offset: Floats,
    design: Design,
    limits: Limits,
    *,
    law: type[Counts],
    series: Watched | None,
) -> Level:
    """Follow the groups of a level.

    Parameters
    ----------
    grouping : Grouping
    values, offset : ndarray, shape (n, T)
        Of the series; NaN is unknown.
    design : Design
    limits : Limits
    law : type of Counts
    series : Watched or None
        What the series have shown: what all share, and their dispersion; None: find it.
    """
    if len(grouping.names) < len(values):
        values, offset = _gathered(values, offset, grouping)
    size = np.where(offset > 0, offset, 1.0)
    known = None
    if series is not None:
        common = _common_of(grouping, series, law) if grouping.by else np.ones(values.shape)
        known = Known(common=common, like=None if (series.common == 1.0).all() else series)
    watched = follow(values, size, design, limits, law=law, known=known)
    return Level(grouping=grouping, values=values, size=size, law=law, watched=watched, alarm=watched.alarm)


def _gathered(values: Floats, offset: Floats, grouping: Grouping) -> tuple[Floats, Floats]:
    """Add up what is known of each group, and what it is proportional to."""
    groups, size = grouping.groups, len(grouping.names)
    known = np.isfinite(values) & (offset > 0)
    events, due = np.where(known, values, 0.0), np.where(offset > 0, offset, 0.0)
    weight = np.cumsum(events, axis=1) / np.maximum(np.cumsum(due * known, axis=1), _LEAST_DUE) * due
    whole = add_rows(weight, groups, size)
    share = np.where(whole > 0, add_rows(weight * known, groups, size) / np.maximum(whole, _LEAST_DUE), 1.0)
    any_known = add_rows(known.astype(float), groups, size) > 0
    total = np.where(any_known & (share >= _LEAST_KNOWN), add_rows(events, groups, size), np.nan)
    return total, add_rows(due, groups, size) * share


def _common_of(grouping: Grouping, series: Watched, law: type[Counts]) -> Floats:
    """Return what all share, (m, T), as those outside a group have it, where they are most of all."""
    whole = series.shared.sum(axis=1)
    own = np.stack([add_rows(part, grouping.groups, len(grouping.names)) for part in series.shared])
    before = np.concatenate([[1.0], series.common[:-1]])
    few = (own[1] <= _OWN_PART * whole[1]) & (whole[1] > 0)
    others = np.where(few, whole[:, None, :] - own, 1.0)
    found = before * np.exp(common_shift(law, others, series.shared_from))
    return np.asarray(np.where(few, found, series.common))
