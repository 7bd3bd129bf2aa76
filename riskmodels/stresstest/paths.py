"""The paths of a scenario: what is assumed on each, and complaints without it and with it."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from riskmodels.arrays import Floats
from riskmodels.errors import ParameterError
from riskmodels.forecasting import Forecast
from riskmodels.parameters.capacity import Capacity
from riskmodels.parameters.scenarios import Scenario
from riskmodels.parameters.shocks import Movement
from riskmodels.periods.quarters import MONTHS
from riskmodels.stresstest.driven import Driven, drive
from riskmodels.stresstest.losses import YEAR
from riskmodels.stresstest.mix import Mix, complaint_factors, complaint_mix
from riskmodels.stresstest.shocked import Drawn, draw_movements
from riskmodels.stresstest.teams import places_of
from riskmodels.tables import Tables

_MONTHS = 3  # a quarter, which limits are about
_TINY = 1e-9  # complaints: what none is divided by


@dataclass(frozen=True, kw_only=True, eq=False)
class Paths:
    """A scenario on the paths of an outlook.

    Attributes
    ----------
    outlook : Forecast
        Complaints without the scenario; n series, h periods.
    start : int
        Months before the scenario begins.
    drawn, year : list of Drawn
        What is assumed on each path, in the months of the outlook and in those of a year.
    mix : Mix
        Who complains.
    driven : Driven
        What paths of the economy multiply.
    factors : list of (Drawn, ndarray of shape (size, n, months))
        What each movement multiplies complaints by.
    unapplied : list of Drawn
        Movements of complaints that apply to none.
    expected, stressed : ndarray, shape (size, n, h)
        Complaints without and with the scenario; unknown where none of its movements of complaints applies.
    seed : int
        Of all that is drawn.
    """

    outlook: Forecast
    start: int
    drawn: list[Drawn]
    year: list[Drawn]
    mix: Mix
    driven: Driven
    factors: list[tuple[Drawn, Floats]]
    unapplied: list[Drawn]
    expected: Floats
    stressed: Floats
    seed: int

    @property
    def size(self) -> int:
        """Number of paths."""
        return len(self.expected)

    @property
    def length(self) -> int:
        """Months of a period."""
        return MONTHS[self.outlook.periods.freqstr[0]]

    @property
    def months(self) -> slice:
        """The quarter looked at, in months ahead."""
        return slice(self.start, self.start + _MONTHS)

    @property
    def window(self) -> slice:
        """The quarter looked at, in periods ahead."""
        return slice(self.start // self.length, (self.start + _MONTHS) // self.length)

    @property
    def is_known(self) -> bool:
        """Whether complaints under the scenario are."""
        return bool(np.isfinite(self.stressed).all())

    @property
    def ratio(self) -> Floats | None:
        """How many times as many complaints the quarter has, (size,); None where that is not known."""
        if not self.is_known:
            return None
        expected, stressed = (
            one[:, :, self.window].sum(axis=(1, 2)) for one in (self.expected, self.stressed)
        )
        return np.where(expected > 0, np.maximum(stressed, _TINY) / np.maximum(expected, _TINY), 1.0)

    def felt(self, movement: Movement) -> Floats:
        """Return the share of the quarter's complaints that feels a movement, (size,)."""
        counts = (self.stressed if self.is_known else self.expected)[:, :, self.window].sum(axis=2)
        part = self.mix.share_of(self.outlook.keys, movement)
        return np.asarray(counts @ part / np.maximum(counts.sum(axis=1), _TINY))


def draw_paths(
    tables: Tables,
    scenario: Scenario,
    severity: str,
    *,
    outlook: Forecast,
    capacity: Capacity | None,
    size: int,
    seed: int,
) -> Paths:
    """Draw the assumptions of a scenario, and complaints without and with it.

    Raises ParameterError as ``stress`` does, of severity and outlook.
    """
    level, start = scenario.level(severity), scenario.start_month - 1
    _check(outlook, start)
    ahead = len(outlook.periods) * MONTHS[outlook.periods.freqstr[0]]
    drawn, year = (
        draw_movements(scenario, level, months=months, size=size, seed=seed) for months in (ahead, YEAR)
    )
    mix = complaint_mix(tables, drawn, last=outlook.panel.periods[-1], places=places_of(capacity))
    history = outlook.panel.aggregate(["product"])
    driven = drive(drawn, tables, history, start=start, months=max(ahead, YEAR), size=size)
    factors, unapplied = complaint_factors(drawn, outlook, mix)
    factors = driven.put(factors, outlook.keys["product"].astype("str").tolist())
    expected = _common_paths(outlook, size, seed)
    times = np.ones((size, len(outlook.keys), ahead))
    for _, factor in factors:
        times *= factor
    known = np.nan if unapplied and not factors else 1.0
    return Paths(
        outlook=outlook,
        start=start,
        drawn=drawn,
        year=year,
        mix=mix,
        driven=driven,
        factors=factors,
        unapplied=unapplied,
        expected=expected,
        stressed=expected * times.reshape(*expected.shape, -1).mean(axis=3) * known,
        seed=seed,
    )


@lru_cache(maxsize=1)
def _common_paths(outlook: Forecast, size: int, seed: int) -> Floats:
    """Draw what all scenarios of a run have in common, once; not to be changed."""
    paths = outlook.sample(size, seed=seed)
    paths.flags.writeable = False
    return paths


def _check(outlook: Forecast, start: int) -> None:
    length = MONTHS.get(outlook.periods.freqstr[0], 0)  # none of days and weeks
    if "product" not in outlook.keys or not 1 <= length <= _MONTHS:
        raise ParameterError("a stress test needs a forecast by product and month or quarter")
    if start % length:
        raise ParameterError(
            f"the outlook is by quarters; the scenario begins in month {start + 1}, within one:"
            " take 1, 4, 7 …"
        )
    if len(outlook.periods) * length < start + _MONTHS:
        raise ParameterError(
            f"the outlook ends in {outlook.periods[-1]}; the scenario needs a horizon of at least"
            f" {start + _MONTHS} months"
        )
