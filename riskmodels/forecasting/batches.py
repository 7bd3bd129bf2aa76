"""Days on which many rows were logged at once: a new system, a monthly load. They are no delays."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskmodels.arrays import Flags, Floats, Integers
from riskmodels.errors import ContractError
from riskmodels.forecasting.delay_curves import LEAST
from riskmodels.forecasting.delays import DayCounts
from riskmodels.labels import counted

_WEEK = 7  # days
_WINDOW = 27  # weeks around a day: what such a weekday logs
_USUAL = 0.8  # quantile of these
_TIMES = 10  # the usual, at least one complaint, from which on a day is a batch
_LEAST_DAYS = 5  # received, that a batch is about: a surge of one day is none
_MOST = 0.5  # of a day's reports in a batch: the others show no delay either
_RECURRING, _LATELY = 3, 400  # loads within so many days
_LATE = 2.0  # spacings after which loads have ended
_LONG = 300  # days of delays that need no help
_FEWEST = 10  # reports that show a delay


@dataclass(frozen=True, kw_only=True, eq=False)
class Batches:
    """Batches among the reports, and what is left to learn the delay from.

    Attributes
    ----------
    days : ndarray, shape (batches,)
        Days logged, since 1970-01-01.
    rows : int
        Reports logged in them.
    regular : DayCounts
        Reports that show a delay; all of them where there are only loads.
    share : float
        Of the reports that wait for the next load, in [0, 1]; 0 without recurring loads.
    covered : int
        Last day received that a load has taken in, since 1970-01-01.
    """

    days: Integers
    rows: int
    regular: DayCounts
    share: float = 0.0
    covered: int = 0

    @property
    def only_loads(self) -> bool:
        """Whether nothing is logged but by loads, so that no delay is known."""
        return self.share == 1.0

    @property
    def tell_little(self) -> bool:
        """Whether what is left says too little of the delay for a month's count without the months before."""
        history = self.regular.as_of - int(self.regular.received.min())
        return self.share > 0 or (self.rows > 0 and history < _LONG)

    def mixed(self, logged: Floats, taken: Floats) -> Floats:
        """Return shares that are logged, loads included, given the shares that loads have taken in."""
        if not self.share:
            return logged
        return np.clip((1 - self.share) * logged + self.share * taken, LEAST, 1.0)


def find_batches(reports: DayCounts) -> Batches:
    """Find the batches, by day, against what such a weekday logs in the weeks around it.

    Parameters
    ----------
    reports : DayCounts
        At least one report.

    Returns
    -------
    Batches
        Without any, ``regular`` is what was given.

    Raises
    ------
    ContractError
        Nearly all was logged in batches that do not recur: no delay is known.
    """
    days = _batch_days(reports)
    if not len(days):
        return Batches(days=days, rows=0, regular=reports)
    inside = np.isin(reports.logged, days)
    rows = int(reports.rows[inside].sum())
    share, covered = _loads(reports, days)
    regular = _kept(reports, ~inside & ~_taken(reports, inside))
    if regular.rows.sum() < _FEWEST and share > _MOST:
        share, regular = 1.0, reports
    elif regular.rows.sum() < _FEWEST:
        last = pd.Timestamp(int(days[-1]), unit="D")
        raise ContractError(
            f"{rows:,} of {reports.rows.sum():,} rows were recorded on {counted(len(days), 'day', 'days')},"
            f" the last {last:%Y-%m-%d}: how long it takes to record one is not known"
        )
    return Batches(days=days, rows=rows, regular=regular, share=share, covered=covered)


def _batch_days(reports: DayCounts) -> Integers:
    first = int(reports.received.min())  # days on which nothing was logged are usual ones, too
    pairs, pair = np.unique(
        (reports.logged - first) * reports.span + reports.received - first, return_inverse=True
    )
    rows, place = np.bincount(pair, reports.rows), pairs // reports.span
    logged, squares = np.bincount(place, rows), np.bincount(place, rows**2)
    # received days that a day's reports are from, small ones counting little
    received = logged**2 / np.maximum(squares, 1)
    weeks = np.full((-(-len(logged) // _WEEK), _WEEK), np.nan)
    weeks.flat[: len(logged)] = logged
    usual = pd.DataFrame(weeks).rolling(_WINDOW, center=True, min_periods=1).quantile(_USUAL).to_numpy()
    many = logged >= _TIMES * np.maximum(usual.ravel()[: len(logged)], 1)
    return np.asarray(first + np.flatnonzero(many & (received >= _LEAST_DAYS)), dtype=np.int64)


def _taken(reports: DayCounts, inside: Flags) -> Flags:
    """Tell which reports are of days received most of whose reports are in a batch."""
    place = reports.received - reports.received.min()
    batch, whole = np.bincount(place, reports.rows * inside), np.bincount(place, reports.rows)
    return np.asarray((batch > _MOST * whole)[place])


def _kept(reports: DayCounts, kept: Flags) -> DayCounts:
    return DayCounts(
        received=reports.received[kept],
        logged=reports.logged[kept],
        rows=reports.rows[kept],
        as_of=reports.as_of,
    )


def _loads(reports: DayCounts, days: Integers) -> tuple[float, int]:
    """Return the share that waits for recurring loads, and the last day received that one has taken in."""
    lately = days[days > reports.as_of - _LATELY]
    loads = lately[np.diff(lately, append=reports.as_of + _WEEK) >= _WEEK]  # of some days, the last one
    if len(loads) < _RECURRING:
        return 0.0, 0
    spacing = int(np.median(np.diff(loads)))
    if reports.as_of - loads[-1] > _LATE * spacing:
        return 0.0, 0
    recent = np.isin(reports.logged, loads) & (reports.received > reports.logged - 2 * spacing)
    loads = np.unique(reports.logged[recent])  # a batch of old reports alone is no load
    ends = [_covered(reports, int(day), spacing) for day in loads[-_RECURRING:]]
    if len(ends) < _RECURRING or ends[0] >= ends[-1]:
        return 0.0, 0
    between = (reports.received > ends[0]) & (reports.received <= ends[-1])
    inside = np.isin(reports.logged, lately) & between
    share = float(reports.rows[inside].sum() / reports.rows[between].sum())
    return share, ends[-1]


def _covered(reports: DayCounts, load: int, spacing: int) -> int:
    """Return the last day received that a load takes in: where its reports by day received break off."""
    mine = (reports.logged == load) & (reports.received > load - 2 * spacing)
    first = int(reports.received[mine].min())
    counts = np.bincount(reports.received[mine] - first, reports.rows[mine], minlength=load - first + 1)
    before, length = np.cumsum(counts), np.arange(1, len(counts) + 1)
    after, rest = before[-1] - before, len(counts) - length
    height = before * np.log(np.maximum(before, 1) / length) + after * np.log(
        np.maximum(after, 1) / np.maximum(rest, 1)
    )
    return first + int(height.argmax())
