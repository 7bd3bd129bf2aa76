"""Forecast again from earlier periods, with what was known then, and score it on what then happened."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import get_args

import numpy as np
import pandas as pd
from joblib import Parallel, cpu_count, delayed
from rich.console import Console
from rich.progress import track

from riskmodels.arrays import Floats, Integers
from riskmodels.backtesting.as_of import AsOf, aligned
from riskmodels.backtesting.scoreboard import Scoreboard
from riskmodels.backtesting.scores import Sums, size_classes, sum_scores
from riskmodels.display import Displayed
from riskmodels.errors import ParameterError
from riskmodels.forecasting import DEFAULT_LEVELS, Method
from riskmodels.forecasting.forecasts import forecast_by
from riskmodels.grouping import number_series
from riskmodels.labels import counted
from riskmodels.panel import Panel
from riskmodels.periods.quarters import period_of

Job = tuple[tuple[Method, ...], int, AsOf | None]  # methods, periods until the origin, what was known then

_IN_PROCESSES = ("ets",)  # it goes through its series in Python, where threads wait for each other
_FITS_WORTH_PROCESSES = 200  # about 12 seconds of them; to start two processes takes four


@dataclass(frozen=True, kw_only=True, eq=False)
class Backtest(Displayed):
    """How well methods predicted what happened after several origins.

    Attributes
    ----------
    table : DataFrame
        One row per method, the lowest wQL first: ``method``;
        ``wql``: sum of twice the mean pinball loss over sum of outcomes (no unit, lower is better);
        ``coverage_95``, ``coverage_80``: share of outcomes in the central interval, limits included;
        ``exceedance_975``, ``below_025``: share of outcomes above and below these quantiles (of a perfect
        forecast of small counts less than 2.5 %: whole numbers cannot be exactly at a level);
        ``pit_above_975``, ``pit_below_025``: share of randomised PIT beyond these levels (2.5 % of a perfect
        forecast, whatever the counts), and with ``_se`` its standard error, by drawing target months again;
        ``rmsse``: root mean squared error over the history's root mean squared change from one period to the
        next, mean over series and origins; ``mase``: mean absolute error over the history's mean absolute
        change over a year, likewise (no unit; 1 is as far off as the history changes);
        ``bias``: sum of means less sum of outcomes, over sum of outcomes;
        ``forecasts``: number of known outcomes scored;
        ``rmsse_left_out``, ``mase_left_out``: series and origins without such a score, as the history has
        no known change.
    by_horizon : DataFrame
        The same by ``method`` and ``horizon`` [periods].
    by_size : DataFrame
        The same by ``method`` and ``size``, the mean monthly count of a series before the first origin, with
        the number of its series, ``size_series``.
    by_origin : DataFrame
        The total of all series that have a known outcome: ``method``, ``origin``, ``period``, ``horizon``,
        ``outcome`` (NaN where a part is unknown), ``mean``, ``lower_025``, ``upper_975`` [the panel's unit],
        ``pit``.
    totals : DataFrame
        Whether the totals are calibrated: ``method``, ``horizons``, ``totals`` tested (of origins at least
        the horizon apart), how many are ``outside`` the central 95 % of their forecast (by the randomised
        PIT), ``share_outside_95``, and the two-sided binomial ``p_value``. The row of all horizons counts
        every total; its p-value is the smallest of the others times their number (Bonferroni), which holds
        however they depend on each other.
    pit_histogram : DataFrame
        ``method``, ``lower``, ``upper``, ``outcomes``, ``share``: 20 bins of the randomised PIT, each 5 % of
        a perfect forecast.
    origins : PeriodIndex
        Last periods of the histories.
    horizon : int
        Periods ahead that were forecast.
    levels : tuple of float
        Levels of the quantiles that ``wql`` scores.
    as_known_then : bool
        Whether the histories are those known at the origins, not those known today.
    seed : int
        Seed of the randomised PIT and of the standard errors.
    """

    table: pd.DataFrame
    by_horizon: pd.DataFrame
    by_size: pd.DataFrame
    by_origin: pd.DataFrame
    totals: pd.DataFrame
    pit_histogram: pd.DataFrame
    origins: pd.PeriodIndex
    horizon: int
    levels: tuple[float, ...]
    as_known_then: bool
    seed: int

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        return {
            "forecast_scores": self.table,
            "forecast_scores_by_horizon": self.by_horizon,
            "forecast_totals": self.by_origin,
        }

    @property
    def sentence(self) -> str:
        """Say which method was best, and how often it was exceeded."""
        best = self.table.iloc[0]
        count, first, last = len(self.origins), self.origins[0], self.origins[-1]
        when = f"{counted(count, 'origin', 'origins')}, {first if count == 1 else f'{first} to {last}'}"
        known = ", each with what was known then" if self.as_known_then else ""
        if not np.isfinite(best["wql"]):
            return f"{when}{known}: nothing can be scored, as no outcome is known or all are zero."
        return (
            f"{when}{known}, up to {counted(self.horizon, 'period', 'periods')} ahead:"
            f" {best['method']} is best with a weighted quantile loss of {best['wql']:.3f};"
            f" {best['exceedance_975']:.1%} of {best['forecasts']:,} outcomes were above its 97.5% quantile."
        )

    def summary(self) -> pd.DataFrame:
        """Return the table without what is left out of it."""
        return self.table.drop(columns=["rmsse_left_out", "mase_left_out"])


def backtest(
    panel: Panel,
    *,
    horizon: int,
    origins: int | Sequence[str | pd.Period],
    methods: Sequence[Method],
    as_of_panels: Mapping[pd.Period, AsOf] | None = None,
    levels: Sequence[float] = DEFAULT_LEVELS,
    calendar: str | None = None,
    seed: int = 0,
    workers: int | None = None,
    progress: bool = False,
) -> Backtest:
    """Forecast from rolling origins, each time knowing nothing after the origin, and score what happened.

    Parameters
    ----------
    panel : Panel
        History and outcomes; should end where counts are final, as late ones are not added to outcomes.
    horizon : int
        Periods ahead, 1 to 60.
    origins : int or sequence of str or Period
        The last periods of the histories, after each of which the panel goes on; or how many, of the last
        ones that have ``horizon`` periods after them (all, where there are fewer).
    methods : sequence of str
        Methods of ``forecast``.
    as_of_panels : mapping of Period to AsOf, optional
        What was known at each origin (see ``panels_as_of``); else the panel until then. A series that was
        not there yet has zero counts in it, and unknown amounts.
    levels : sequence of float
        Levels of the quantiles that are scored, rising, in (0, 1).
    calendar : str, optional
        Country of the holidays, as in ``forecast``.
    seed : int
        Of the randomised PIT and of the standard errors; not negative.
    workers : int, optional
        Jobs at a time, one job being an origin, whose methods share what they start from: in threads, ``ets``
        in processes. By default one (threads were measured to gain nothing and to take more memory), but for
        ``ets`` one a processor where it is long.
    progress : bool
        Whether to show a bar on the terminal; nothing is shown elsewhere, e.g. in a notebook.

    Returns
    -------
    Backtest
        The same for any number of workers and order of rows.

    Raises
    ------
    ParameterError
        An argument is not as above, or no period is early enough.

    Notes
    -----
    An outcome is left out where it is unknown, where nothing is known of its series by the origin, where its
    unit is not in business, and where the definition of its series changed between the origin and it. An
    exposure is known until the origin; the last known one goes on. That a unit closes is known from the
    period of its last day on.

    Examples
    --------
    >>> months = pd.period_range("2022-01", periods=30, freq="M")
    >>> panel = Panel.from_long(pd.DataFrame({"month": months, "n": 7}), keys=[], period="month", value="n")
    >>> made = backtest(panel, horizon=2, origins=3, methods=["seasonal_naive", "empirical24"])
    >>> made.table[["bias", "forecasts"]].to_dict("list")
    {'bias': [0.0, 0.0], 'forecasts': [6, 6]}
    """
    _check(methods, horizon, workers)
    lengths = _lengths(panel, horizon, origins)
    places = pd.PeriodIndex([panel.periods[length - 1] for length in lengths])
    panel = _in_order(panel)
    known = _known_then(as_of_panels, panel, places)
    sizes = size_classes(panel.until(places[0]).since_breaks())
    work = partial(
        _score, panel, horizon=horizon, levels=tuple(levels), calendar=calendar, sizes=sizes, seed=seed
    )
    alone = tuple(method for method in methods if method in _IN_PROCESSES)
    together = tuple(method for method in methods if method not in _IN_PROCESSES)
    jobs: list[Job] = [
        (part, length, known.get(origin))
        for part in (together, alone)
        for length, origin in zip(lengths, places, strict=True)
        if part
    ]
    done = _each(work, jobs, workers, len(panel.keys))
    console = Console(stderr=True)
    shown = track(
        done, "backtest", total=len(jobs), console=console, disable=not (progress and sys.stderr.isatty())
    )
    found = {
        (method, length): sums
        for (part, length, _), each in shown
        for method, sums in zip(part, each, strict=True)
    }
    board = Scoreboard(
        {method: [found[method, length] for length in lengths] for method in methods}, places, seed=seed
    )
    return _result(
        board, sizes, horizon=horizon, levels=tuple(levels), as_known_then=as_of_panels is not None
    )


def _result(
    board: Scoreboard, sizes: Integers, *, horizon: int, levels: tuple[float, ...], as_known_then: bool
) -> Backtest:
    table = board.table()
    best_first = table["method"].tolist()
    return Backtest(
        table=table,
        by_horizon=board.by_horizon(best_first),
        by_size=board.by_size(best_first, sizes),
        by_origin=board.by_origin(best_first),
        totals=board.totals(best_first),
        pit_histogram=board.pit_histogram(best_first),
        origins=board.origins,
        horizon=horizon,
        levels=levels,
        as_known_then=as_known_then,
        seed=board.seed,
    )


def _check(methods: Sequence[str], horizon: int, workers: int | None) -> None:
    allowed = get_args(Method)
    wrong = [method for method in methods if method not in allowed]
    if wrong or not len(methods) or len({*methods}) < len(methods):
        raise ParameterError(
            f"methods are {', '.join(methods) or 'none'}; expected some of {', '.join(allowed)}, each once"
        )
    if horizon < 1:
        raise ParameterError(f"horizon is {horizon}; expected at least 1 period")
    if workers is not None and workers < 1:
        raise ParameterError(f"workers is {workers}; expected at least 1")


def _lengths(panel: Panel, horizon: int, origins: int | Sequence[str | pd.Period]) -> list[int]:
    """Return how many periods are known at each origin, rising."""
    length = len(panel.periods)
    if isinstance(origins, int | np.integer):
        last = length - horizon
        if origins < 1 or last < 1:
            raise ParameterError(
                f"{length} periods are too few to score {horizon} ahead of {origins} origins"
            )
        return list(range(max(1, last - int(origins) + 1), last + 1))
    asked = [period_of(origin, panel.periods.freqstr) for origin in origins]
    places = np.asarray(panel.periods.get_indexer(pd.PeriodIndex(asked, freq=panel.periods.freq)))
    if not asked or len({*asked}) < len(asked) or not ((places >= 0) & (places < length - 1)).all():
        span = f"{panel.periods[0]} to {panel.periods[-1]}"
        raise ParameterError(
            f"origins are {', '.join(map(str, asked)) or 'none'}; expected periods of the panel ({span}),"
            " each once, and not the last"
        )
    return sorted((places + 1).tolist())


def _in_order(panel: Panel) -> Panel:
    """Return the panel in the order of its keys, so that no draw or sum depends on that of its rows."""
    numbers, _ = number_series(panel.keys, list(panel.keys.columns))
    order = np.argsort(numbers, kind="stable")
    return replace(
        panel,
        keys=panel.keys.iloc[order].reset_index(drop=True),
        values=panel.values[order],
        exposure=None if panel.exposure is None else panel.exposure[order],
        days=None if panel.days is None else panel.days[order],
    )


def _known_then(
    as_of_panels: Mapping[pd.Period, AsOf] | None, panel: Panel, origins: pd.PeriodIndex
) -> dict[pd.Period, AsOf]:
    if as_of_panels is None:
        return {}
    given = {period_of(origin, panel.periods.freqstr): known for origin, known in as_of_panels.items()}
    lacking = [str(origin) for origin in origins if origin not in given]
    if lacking:
        raise ParameterError(f"as_of_panels has no panel for the origins {', '.join(lacking)}")
    return {origin: given[origin] for origin in origins}


def _each(
    work: Callable[..., list[Sums]], jobs: Sequence[Job], workers: int | None, n: int
) -> Iterator[tuple[Job, list[Sums]]]:
    """Do the jobs, some at a time, and yield each with its result."""
    for backend in ("threading", "loky"):
        here = [job for job in jobs if (job[0][0] in _IN_PROCESSES) == (backend == "loky")]
        worth = backend == "loky" and n * len(here) >= _FITS_WORTH_PROCESSES
        number = workers or (cpu_count() if worth else 1)
        run = Parallel(n_jobs=max(1, min(number, len(here))), backend=backend, return_as="generator")
        results = run(delayed(work)(*job) for job in here)
        yield from zip(here, results, strict=True)


def _score(
    panel: Panel,
    methods: tuple[Method, ...],
    length: int,
    known: AsOf | None,
    *,
    horizon: int,
    levels: tuple[float, ...],
    calendar: str | None,
    sizes: Integers,
    seed: int,
) -> list[Sums]:
    """Forecast from what was known at one origin by each method, and score it."""
    origin = panel.periods[length - 1]
    then = AsOf(panel.until(origin)) if known is None else aligned(known, panel, origin)
    made = forecast_by(
        methods,
        then.panel,
        horizon=horizon,
        levels=levels,
        calendar=calendar,
        completeness=then.completeness,
    )
    outcome = _outcomes(panel.in_business(), length, horizon)
    outcome[np.isnan(then.panel.in_business().since_breaks().values).all(axis=1)] = np.nan
    draws = _seed_of(seed, origin)
    return [sum_scores(one, outcome, levels=levels, sizes=sizes, seed=draws) for one in made]


def _outcomes(panel: Panel, length: int, horizon: int) -> Floats:
    """Values after an origin, shape (n, h); unknown from the next break of their series on."""
    values = np.full((len(panel.keys), horizon), np.nan)
    ahead = panel.values[:, length : length + horizon]
    values[:, : ahead.shape[1]] = ahead
    for change in panel.breaks:
        whole = int((panel.periods.end_time < pd.Timestamp(change.month)).sum())  # periods before the break
        if panel.place_of(change) >= length:
            values[panel.concerns(change), max(whole - length, 0) :] = np.nan
    return values


def _seed_of(seed: int, origin: pd.Period) -> int:
    """Return the seed of an origin, the same whatever other origins there are."""
    return int(np.random.SeedSequence([seed, abs(origin.ordinal)]).generate_state(1)[0])
