"""Commands of one stage each: indicators, forecast, stress test, the policy in force."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple, cast

import typer

from riskmodels.cli.options import (
    POLICIES,
    STORE,
    FileOptions,
    Period,
    Policies,
    PolicyOn,
    SourceFile,
    Store,
    policy_in_force,
    take_in,
)
from riskmodels.cli.terminal import print_table

_FREQ: dict[str, Literal["D", "W"]] = {"day": "D", "week": "W"}  # of the others the data decide


class Every(StrEnum):
    """Lengths of a period that a forecast can be asked for."""

    day = "day"
    week = "week"
    month = "month"

    @property
    def freq(self) -> Literal["D", "W"] | None:
        """The same as a panel names it; none of months, where the data may have longer periods."""
        return _FREQ.get(self.value)


class Ahead(NamedTuple):
    """How far a forecast looks: the length of a period, and their number where it is asked for."""

    every: Every
    number: int | None


_AHEAD = {Every.day: 28, Every.week: 13, Every.month: 6}  # periods, where no number is asked for


if TYPE_CHECKING:  # pandas is imported by the commands that need it, for start-up
    from riskmodels.display import Listing
    from riskmodels.forecasting import Forecast, Method, Nowcast
    from riskmodels.tables import Tables


def indicators(
    source: SourceFile,
    *,
    period: Period,
    unit: Annotated[str, typer.Option(help="One unit; default: the whole bank.")] = "",
    file: FileOptions = None,
    store: Store = STORE,
    policies: Policies = POLICIES,
    policy_on: PolicyOn = None,
) -> None:
    """Compute and rate the indicators of a quarter."""
    from riskmodels.reporting.listings import list_ratings, list_unavailable  # here, for start-up
    from riskmodels.scorecard import score_quarter  # here, for start-up

    policy = policy_in_force(policies, policy_on)
    card, _ = score_quarter(take_in(source, file, store), policy, period=period)
    if unit:
        card.check_unit(unit)
    for listing in (list_ratings(card, policy, unit_id=unit), list_unavailable(card, policy)):
        print_table(listing.sentence, listing.frame)


def forecast(
    source: SourceFile,
    *,
    by: Annotated[
        str, typer.Option(help="Columns that name a series, with commas, e.g. product,unit_id.")
    ] = "product",
    every: Annotated[
        Every, typer.Option(help="Length of a period: day, week, or month (longer, where the data are).")
    ] = Every.month,
    horizon: Annotated[
        int | None,
        typer.Option(
            min=1, max=60, help="Months ahead, in periods of the data (default 6); or days (28), weeks (13)."
        ),
    ] = None,
    last: Annotated[
        str | None,
        typer.Option(help="Last month or quarter of the history; with --every day or week, or a day."),
    ] = None,
    method: Annotated[
        str, typer.Option(help="auto, counts, theta, seasonal_naive, empirical24 or ets.")
    ] = "auto",
    calendar: Annotated[
        str | None, typer.Option(help="Country of the holidays, e.g. CN, or none; default: the source's.")
    ] = None,
    backtest: Annotated[
        bool, typer.Option("--backtest/--no-backtest", help="Say how good the forecasts have been.")
    ] = True,
    file: FileOptions = None,
    store: Store = STORE,
) -> None:
    """Forecast complaints, with intervals; say what the forecast is made of and what changed in three months.

    Months, weeks or days that are not complete yet are corrected, and it is said how. The backtest makes the
    forecasts of the last twelve months (or weeks) again, each from what was known then, and compares them
    with what happened; it is what takes most of the time. Of days, it is said what changed in four weeks.
    """
    tables = take_in(source, file, store)
    keys = [column.strip() for column in by.split(",") if column.strip()]
    country = None if calendar == "none" else calendar or tables.country
    chosen, ahead = cast("Method", method), Ahead(every, horizon)
    outlook, known = _outlook(tables, keys, last, chosen, country, ahead)
    listed = _of_outlook(outlook, known, tables, every)
    listed += _of_record(outlook, known, tables, last, every) if backtest else []
    for listing in listed:
        print_table(listing.sentence, listing.frame)


def stress(
    source: SourceFile,
    scenario: Annotated[Path, typer.Argument(help="Scenario file.")],
    *,
    severity: Annotated[str, typer.Option(help="moderate, severe or extreme.")] = "severe",
    last: Annotated[str | None, typer.Option(help="Last quarter of the history.")] = None,
    file: FileOptions = None,
    store: Store = STORE,
    policies: Policies = POLICIES,
    policy_on: PolicyOn = None,
) -> None:
    """Carry a scenario through to complaints and indicators."""
    from riskmodels.catalogue import SHARES  # here, for start-up
    from riskmodels.parameters.scenarios import check_indicators, load_scenario
    from riskmodels.reporting.listings import list_omitted, list_scenario, list_stress
    from riskmodels.stresstest import stress

    policy, assumed = policy_in_force(policies, policy_on), load_scenario(scenario)
    check_indicators(assumed, SHARES, where=scenario)
    tables = take_in(source, file, store)
    ahead = Ahead(Every.month, assumed.start_month + 5)
    outlook, _ = _outlook(tables, ["product"], last, "auto", tables.country, ahead)
    result = stress(tables, assumed, policy, outlook=outlook, severity=severity)
    listings = (
        list_scenario(assumed, severity, policy),
        list_stress(result, policy),
        list_omitted(result, policy),
    )
    for listing in listings:
        print_table(listing.sentence, listing.frame)


def _outlook(
    tables: "Tables", by: list[str], last: str | None, method: "Method", calendar: str | None, ahead: Ahead
) -> "tuple[Forecast, Nowcast | None]":
    """Forecast complaints as they will be once all are logged; and say how complete they are, where known."""
    from riskmodels.forecasting import forecast, nowcast_where_logged  # here, for start-up
    from riskmodels.panel import build_panel

    complaints = tables.counted
    panel = build_panel(complaints, by=by, last=last, units=tables.units, freq=ahead.every.freq)
    known = nowcast_where_logged(complaints, last=last)
    share = None if known is None else known.for_periods(panel.periods)
    horizon = ahead.number or _AHEAD[ahead.every]
    periods = panel.covering(horizon) if ahead.every == Every.month else horizon
    return forecast(panel, horizon=periods, method=method, calendar=calendar, completeness=share), known


def _of_outlook(
    outlook: "Forecast", known: "Nowcast | None", tables: "Tables", every: Every
) -> "list[Listing]":
    """List an outlook, what it is made of, what has changed, and what is not complete yet."""
    from riskmodels.backtesting import outlook_before  # here, for start-up
    from riskmodels.forecasting import explain
    from riskmodels.reporting import listings

    explained = explain(outlook, outlook_before(tables.counted, outlook))
    return [
        listings.list_outlook(outlook),
        listings.list_factors(explained),
        listings.list_explanation(explained),
        listings.list_nowcast(known) if every == Every.month else listings.list_unfinished(outlook),
    ]


def _of_record(
    outlook: "Forecast", known: "Nowcast | None", tables: "Tables", last: str | None, every: Every
) -> "list[Listing]":
    """List how good forecasts like this one have been."""
    from riskmodels.backtesting import track_record  # here, for start-up
    from riskmodels.reporting import listings

    record = track_record(
        tables.counted,
        by=list(outlook.keys.columns),
        last=last,
        nowcast=known,
        method=outlook.method,
        freq=every.freq,
        calendar=outlook.calendar,
        progress=True,
    )
    return [listings.list_scores(record), listings.list_totals(record)]
