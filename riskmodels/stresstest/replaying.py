"""A past incident replayed as a scenario, and set against what happened: a backtest of the stress test."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Floats
from riskmodels.backtesting.accuracy import interval_score
from riskmodels.catalogue import indicators
from riskmodels.display import Displayed
from riskmodels.errors import ParameterError
from riskmodels.forecasting import forecast
from riskmodels.labels import label
from riskmodels.panel import Panel, build_panel
from riskmodels.parameters.policy import Policy
from riskmodels.parameters.scenarios import Scenario
from riskmodels.periods.quarters import period_of
from riskmodels.rates import overdispersion
from riskmodels.scorecard.rating import INTERVAL
from riskmodels.stresstest.mix import complaint_factors, complaint_mix
from riskmodels.stresstest.shocked import Drawn, draw_movements
from riskmodels.tables import Tables

_SIZE = 2_000  # paths, as of a stress test
_FEWEST, _JUDGED = 12, 2  # months before an incident to learn from, and months with the incident's first
_OUTSIDE = 0.1  # share of what happens that is outside the 90 % interval
_MOST = 1e3  # times the scenario's own size: more is another incident
_LEAST = 1e-9  # of a share, next to none and all


@dataclass(frozen=True, kw_only=True, eq=False)
class Replay(Displayed):
    """What a scenario, sized by an incident's first month, said of the months after it.

    Attributes
    ----------
    scenario, severity : str
        Which scenario; its shape and ranges are its own.
    what : str
        ``complaints``, or the indicator.
    scale : float
        Times the scenario's size that the first month was.
    table : DataFrame
        One row a month judged, from the second on: period, observed, lower, upper [90 % interval without the
        incident], stressed_lower, stressed_upper [with it, lasting and fading as in the scenario],
        unsure_lower, unsure_upper [with it, where nothing is known of how it fades: the share of it that is
        left from a month to the next is anything from none to all, alike], score, stressed_score,
        unsure_score [interval scores: smaller is better].
    """

    scenario: str
    severity: str
    what: str
    scale: float
    table: pd.DataFrame

    @property
    def inside(self) -> float:
        """Share of the months judged that lie inside the stressed interval."""
        return float(
            self.table["observed"].between(self.table["stressed_lower"], self.table["stressed_upper"]).mean()
        )

    @property
    def sentence(self) -> str:
        """Say how many months lay inside, and which interval was better."""
        without = self.table["observed"].between(self.table["lower"], self.table["upper"]).mean()
        return label(
            "{inside:.0%} of {months} months after the first lay inside the stressed 90% interval,"
            " {without:.0%} inside the one without the scenario; interval score {stressed:.3g} against"
            " {plain:.3g}.",
            inside=self.inside,
            months=len(self.table),
            without=without,
            stressed=self.table["stressed_score"].mean(),
            plain=self.table["score"].mean(),
        )

    def summary(self) -> pd.DataFrame:
        """Return the months."""
        return self.table


def replay_complaints(
    tables: Tables,
    scenario: Scenario,
    *,
    start: str,
    severity: str = "severe",
    months: int = 6,
    calendar: str | None = None,
    seed: int = 40,
) -> Replay:
    """Replay an incident of the past that multiplied complaints.

    Parameters
    ----------
    tables : Tables
        Complaints, before the incident and after.
    scenario : Scenario
        What the incident was: its shape, how long it lasts, and its ranges are taken; its size is not.
    start : str
        First month of the incident, e.g. ``2024-02``.
    severity : str
        One of the scenario's levels.
    months : int
        From the first, at most; those that the data know are judged.
    calendar : str, optional
        Country whose holidays the outlook knows.
    seed : int
        Of the paths.

    Returns
    -------
    Replay
        The outlook is made from the months before the incident, and the size of the scenario from its first
        month alone: the months judged are used for nothing.

    Raises
    ------
    ParameterError
        Fewer than a year of months before, or none after the first, or the scenario multiplies nothing.

    Notes
    -----
    The size is that at which the mean of the paths in the first month is what was counted; a month with fewer
    complaints than expected has the size zero. Scores: Gneiting & Raftery 2007,
    doi:10.1198/016214506000001437.
    """
    panel = build_panel(tables.counted, by=["product"], freq="M")
    place = _place(panel.periods, start)
    outlook = forecast(_until(panel, place), horizon=months, calendar=calendar)
    drawn = draw_movements(
        scenario.model_copy(update={"start_month": 1}),
        scenario.level(severity),
        months=months,
        size=_SIZE,
        seed=seed,
    )
    mix = complaint_mix(tables, drawn, last=panel.periods[place - 1])
    applied = [one for one, _ in complaint_factors(drawn, outlook, mix)[0]]
    shares = [mix.share_of(outlook.keys, one.movement) for one in applied]
    expected = outlook.sample(_SIZE, seed=seed)
    seen = float(_observed(panel)[place])
    scale = _scale(applied, shares, expected, seen)
    stressed, unsure = (
        (expected * _times(applied, shares, scale, left)).sum(axis=1)
        for left in (None, _left(months, np.random.default_rng(seed)))
    )
    actual = _observed(panel)[place : place + months]
    table = _judged(outlook.periods, actual, (expected.sum(axis=1), stressed, unsure))
    return Replay(scenario=scenario.id, severity=severity, what="complaints", scale=scale, table=table)


def replay_indicator(
    tables: Tables,
    policy: Policy,
    scenario: Scenario,
    indicator_id: str,
    *,
    start: str,
    severity: str = "severe",
    months: int = 6,
    seed: int = 40,
) -> Replay:
    """Replay an incident of the past that moved a share, such as of answers in time.

    Parameters
    ----------
    tables, policy
        Cases by month, and the indicators that are computed.
    scenario : Scenario
        Its shock that moves the indicator gives the shape.
    indicator_id : str
        A share, e.g. ``timely_response_rate``.
    start, severity, months, seed
        As of ``replay_complaints``.

    Returns
    -------
    Replay
        As of ``replay_complaints``; its scale is the first month's change.

    Raises
    ------
    ParameterError
        As of ``replay_complaints``, and where the source or the scenario lacks the indicator.

    Notes
    -----
    Before: the share of the year before. The first month's change against it, with the uncertainty of both,
    lasts and fades as the scenario's shock does. Months vary by as many cases as a month of the year before
    had, overdispersed as that year was.
    """
    given = indicators(tables, policy, freq="M").table
    rows = given[given["indicator_id"] == indicator_id].groupby("period")[["numerator", "denominator"]].sum()
    if rows.empty:
        raise ParameterError(f"the source has no '{indicator_id}' by month")
    rows.index = pd.PeriodIndex(rows.index, freq="M")
    place = _place(pd.PeriodIndex(rows.index), start)
    profile = _profile(scenario, severity, indicator_id, months)
    count, size = (rows[name].to_numpy(dtype=np.float64) for name in ("numerator", "denominator"))
    year = slice(place - _FEWEST, place)
    spread = overdispersion(count[None, year], size[None, year], proportion=True)
    rng = np.random.default_rng(seed)
    before = _drawn_share(count[year].sum(), size[year].sum(), spread, rng)
    change = _drawn_share(count[place], size[place], spread, rng) - before
    ahead = slice(place, place + months)
    courses = (np.zeros(months), profile, _left(months, rng))
    cases = np.full(months, size[year].mean())  # those of the months judged are not known then
    paths = [
        _with_cases(before[:, None] + change[:, None] * course, cases, spread, rng) for course in courses
    ]
    periods = pd.PeriodIndex(rows.index)[ahead]
    table = _judged(periods, count[ahead] / size[ahead], paths)
    return Replay(
        scenario=scenario.id, severity=severity, what=indicator_id, scale=float(change.mean()), table=table
    )


def _place(periods: pd.PeriodIndex, start: str) -> int:
    """Return the place of an incident's first month."""
    first = period_of(start, "M")
    place = int(periods.get_indexer(pd.PeriodIndex([first]))[0])
    if place < _FEWEST or place + _JUDGED > len(periods):
        raise ParameterError(
            f"an incident that begins in {first} needs {_FEWEST} months before it and one after; the data are"
            f" from {periods[0]} to {periods[-1]}"
        )
    return place


def _until(panel: Panel, place: int) -> Panel:
    """Return the months before an incident, of the products that had complaints by then."""
    past = panel.until(panel.periods[place - 1])
    there = np.nansum(past.values, axis=1) > 0
    return replace(past, keys=past.keys[there].reset_index(drop=True), values=past.values[there])


def _observed(panel: Panel) -> Floats:
    """Complaints of all products, shape (T,); unknown where one is."""
    return np.asarray(panel.values.sum(axis=0))


def _times(
    drawn: Sequence[Drawn], shares: Sequence[Floats], scale: float, left: Floats | None = None
) -> Floats:
    """Return what complaints are multiplied by, shape (size, n, h), by shocks of so many times their size.

    ``left`` is what is left of the first month's in each, (size, h); without it shocks are as they are.
    """
    found = np.ones(1)
    for one, share in zip(drawn, shares, strict=True):
        course = one.profile if left is None else one.profile[0] * left
        factor = np.maximum(0.0, 1 + scale * one.changes[:, None] * course)
        found = found * (1 + share[None, :, None] * (factor[:, None] - 1))
    return found


def _left(months: int, rng: np.random.Generator) -> Floats:
    """Draw what is left of an incident in each month, (size, months), where nothing is known of it."""
    kept = rng.uniform(size=_SIZE)  # from a month to the next
    return np.asarray(kept[:, None] ** np.arange(months))


def _scale(drawn: Sequence[Drawn], shares: Sequence[Floats], expected: Floats, seen: float) -> float:
    """Return the scale at which the mean of the first month is what was seen."""
    first = expected[:, :, :1]

    def over(scale: float) -> float:
        times = _times(drawn, shares, scale)
        return float((first * times[..., :1]).sum(axis=(1, 2)).mean() - seen)

    if not np.isfinite(seen):
        raise ParameterError("the complaints of the incident's first month are not known")
    if over(0.0) >= 0:
        return 0.0
    if over(_MOST) <= 0:
        raise ParameterError("the scenario multiplies no complaints in its first month, or far too few")
    return float(scipy.optimize.brentq(over, 0.0, _MOST))


def _profile(scenario: Scenario, severity: str, indicator_id: str, months: int) -> Floats:
    """Return how much of an indicator's change in the first month there is in each month."""
    for shock, movement in scenario.level(severity).movements:
        profile = shock.profile(months)
        if movement.indicator_id == indicator_id and profile[0] > 0:
            return np.asarray(profile / profile[0])
    raise ParameterError(
        f"scenario {scenario.id}, {severity}, does not move '{indicator_id}' in its first month"
    )


def _drawn_share(count: float, size: float, spread: float, rng: np.random.Generator) -> Floats:
    """Draw a share from its cases (Jeffreys), which count for less where months vary."""
    return rng.beta(count / spread + 0.5, (size - count) / spread + 0.5, _SIZE)


def _with_cases(share: Floats, size: Floats, spread: float, rng: np.random.Generator) -> Floats:
    """Draw shares of so many cases, shape (paths, months), overdispersed."""
    known = np.maximum(size / spread, 1.0)
    kept = np.clip(share, _LEAST, 1 - _LEAST)
    return rng.beta(kept * known, (1 - kept) * known)


def _judged(periods: pd.PeriodIndex, actual: Floats, paths: Sequence[Floats]) -> pd.DataFrame:
    """Set the months after the first beside the intervals of paths, (size, months) each.

    Without the incident, with it as in the scenario, and where nothing is known of how it fades.
    """
    kept = np.flatnonzero(np.isfinite(actual))
    kept = kept[kept > 0]
    frame = pd.DataFrame({"period": periods[kept].astype("str"), "observed": actual[kept]})
    for name, one in zip(("", "stressed_", "unsure_"), paths, strict=True):
        lower, upper = np.quantile(one[:, kept], INTERVAL, axis=0)
        frame[f"{name}lower"], frame[f"{name}upper"] = lower, upper
        frame[f"{name}score"] = interval_score(actual[kept], lower, upper, alpha=_OUTSIDE)
    return frame
