"""The first page of a report: the figures and sentences that management reads."""

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from riskmodels.assessment import Findings
from riskmodels.forecasting import Forecast, Nowcast
from riskmodels.labels import label, local
from riskmodels.parameters.policy import Policy
from riskmodels.reporting.document import FrontMatter, KeyFigure, SummaryItem
from riskmodels.reporting.listings import quality_note
from riskmodels.results import load, load_all
from riskmodels.scorecard import Scorecard
from riskmodels.stresstest import StressTest
from riskmodels.tables import DataQuality, Tables
from riskmodels.tables.coverage import lacking_sentence

_MONTHS = 3
_MOST_NAMED = 5
_DRAWS, _SEED = 4000, 1


def summarise(results: Path, *, title: str, policy: Policy) -> FrontMatter:
    """Make the first page from the saved results of a run; nothing is computed anew but counts and sums."""
    tables, card = load(results / "tables", Tables), load(results / "scorecard", Scorecard)
    found, outlook = load(results / "findings", Findings), load(results / "outlook", Forecast)
    tests, quality = load_all(results, "stress-*", StressTest), load(results / "quality", DataQuality)
    return FrontMatter(
        title=title,
        subtitle=label("What is red, what will happen, what to decide"),
        period=found.period,
        as_of=tables.as_of.isoformat(),
        facts=(
            (label("Source"), ", ".join(sorted({table.provenance.source for table in tables.present}))),
            (label("Data digest"), tables.digest),
            (label("Data quality"), quality_note(card, quality).partition(": ")[2]),
            (label("Policy"), f"{policy.valid_from} – {local(policy, 'title')} ({policy.approval})"),
            (label("Forecast method"), outlook.method),
            *_logged(load_all(results, "nowcast", Nowcast)),
            *_lacking(card),
            (label("Software"), f"riskmodels {version('riskmodels')}"),
        ),
        key_figures=(*_findings(found), *_beyond_limits(card), _expected(outlook), *_turned_red(tests)),
        summary=tuple(_sentences(found)),
    )


def _findings(found: Findings) -> list[KeyFigure]:
    red, amber = ((found.table["severity"] == severity).sum() for severity in ("red", "amber"))
    return [
        KeyFigure(label=label("Red findings"), value=str(red), rating="red" if red else ""),
        KeyFigure(label=label("Amber findings"), value=str(amber), rating="amber" if amber else ""),
    ]


def _logged(nowcasts: list[Nowcast]) -> list[tuple[str, str]]:
    """Say how complete the last month is, where the source can tell."""
    return [
        (
            label("Complaints logged so far"),
            label("{share:.0%} of those of {month}; the outlook allows for the others").format(
                share=known.completeness[-1], month=known.periods[-1]
            ),
        )
        for known in nowcasts
    ]


def _lacking(card: Scorecard) -> list[tuple[str, str]]:
    """Say which months of the quarter are not known; nothing where all are."""
    partly = lacking_sentence(card.incomplete, card.period)
    return [(label("The quarter"), partly)] if partly else []


def _beyond_limits(card: Scorecard) -> list[KeyFigure]:
    """Count the indicators of the bank, and the units, that are amber or red."""
    return [
        KeyFigure(
            label=label("Indicators of the bank beyond a limit"), value=_share_beyond(card.bank["rating"])
        ),
        KeyFigure(
            label=label("Units whose score is beyond a limit"), value=_share_beyond(card.table["rating"])
        ),
    ]


def _share_beyond(ratings: pd.Series) -> str:
    rated = ratings[ratings != ""]
    return label("{beyond} of {rated}").format(beyond=rated.isin(["red", "amber"]).sum(), rated=len(rated))


def _expected(outlook: Forecast) -> KeyFigure:
    ahead = min(outlook.panel.covering(_MONTHS), len(outlook.periods))
    words = label("Complaints expected, {first} to {last} (90% interval)").format(
        first=outlook.periods[0], last=outlook.periods[ahead - 1]
    )
    if outlook.periods_known < ahead:
        return KeyFigure(label=words, value=label("the history is shorter than that"))
    paths = outlook.sample(_DRAWS, seed=_SEED)[:, :, :ahead].sum(axis=(1, 2))
    lower, upper = np.quantile(paths, (0.05, 0.95))
    return KeyFigure(
        label=words,
        value=f"{paths.mean():,.0f} ({lower:,.0f}\u00a0–\u00a0{upper:,.0f})",  # kept on one line
    )


def _turned_red(tests: list[StressTest]) -> list[KeyFigure]:
    """Name the scenario that turns most indicators red, and those that did not apply."""
    figures = []
    if moving := [test for test in tests if len(test.table)]:
        worst = max(moving, key=lambda test: test.turned)
        scenario = f"{local(worst.scenario, 'name')}, {label(worst.severity)}"
        figures.append(
            KeyFigure(
                label=label("Indicators turning red: {scenario}").format(scenario=scenario),
                value=label("{turned} of {moved}").format(turned=worst.turned, moved=len(worst.table)),
            )
        )
    if idle := [test for test in tests if not test.applied or test.unapplied]:
        names = ", ".join(local(test.scenario, "name") for test in idle)
        figures.append(
            KeyFigure(
                label=label("Scenarios that did not apply, or only in part"),
                value=label("{count} of {all}: {names}").format(count=len(idle), all=len(tests), names=names),
            )
        )
    return figures


def _sentences(found: Findings) -> Iterator[SummaryItem]:
    """Yield one sentence a finding; findings of many units about one thing become one sentence."""
    groups = found.table.groupby(
        ["severity", "kind", found.table["subject"].where(found.table["kind"] != "unit"), "criterion"],
        sort=False,
        dropna=False,
    )
    for (severity, _, _, criterion), rows in groups:
        subjects = rows["subject"].tolist()
        sentence = f"{subjects[0]}: {rows['condition'].iloc[0]}"
        if len(rows) > 1:
            named = ", ".join(subjects[:_MOST_NAMED]) + (" …" if len(rows) > _MOST_NAMED else "")
            sentence = label("{count} units – {criterion}: {named}").format(
                count=len(rows), criterion=criterion, named=named
            )
        yield SummaryItem(severity="red" if severity == "red" else "amber", sentence=sentence)
