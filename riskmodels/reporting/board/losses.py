"""Losses: what a bad year may cost, what it is made of, and which risks cost more than is accepted."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from riskmodels.assessment.figures import shown_probability
from riskmodels.display import shown_portion
from riskmodels.labels import commas, label, local, marked, plain_label, plural
from riskmodels.losses import LossAssessment
from riskmodels.register import RiskAssessment
from riskmodels.reporting.board.digits import millions, shown_sum
from riskmodels.reporting.board.saved import Saved
from riskmodels.reporting.document import Chart, PaperPage, PaperTable, Tile
from riskmodels.reporting.plots import picture, plot_contributions, plot_lossassessment

_MOST = 8  # risks; a choice
_COSTS = marked("worst plausible loss of a year: one year in {years:,.0f} costs more (booked losses)")
_UNSURE = marked(
    "An average year costs {mean}; what the worst plausible one costs is little known: {lower} to {upper}"
    " (90% interval)"
)


def cost_tile(saved: Saved) -> Iterator[Tile]:
    """Say what a bad year may cost; nothing without losses."""
    losses = saved.one("losses", LossAssessment)
    if losses is None:
        return
    yield Tile(
        question=label("What may it cost?"),
        answer=shown_sum(float(losses.distribution.table.iloc[-1]["value_at_risk"])),
        words=label(_COSTS, years=1.0 / (1.0 - losses.distribution.level)),
    )


def cost_chart(saved: Saved) -> Iterator[Chart]:
    """Draw how rare a bad year is; nothing without losses."""
    losses = saved.one("losses", LossAssessment)
    if losses is None:
        return
    row = losses.intervals.iloc[-1]
    figures = {"mean": float(losses.distribution.table.iloc[-1]["mean"])}
    figures |= {name: float(row[name]) for name in ("lower", "upper")}
    yield Chart(
        title=label(_UNSURE, {name: shown_sum(value) for name, value in figures.items()}),
        shows=label("Loss that is exceeded once in so many years, with a 90% interval"),
        image=picture(partial(_rare, losses), width=4.6, height=2.9),
    )


def _rare(losses: LossAssessment, axes: Any) -> None:
    plot_lossassessment(losses, ax=axes).set_title("")


def losses_page(saved: Saved) -> PaperPage | None:
    """Say what bad years are made of, and which risks cost most; None where neither is known."""
    charts, table = tuple(_made_of(saved)), _risks(saved)
    if not charts and table is None:
        return None
    beyond = saved.rows_of("risk_appetite")
    words = plural(
        len(beyond),
        "{name} is expected to cost more than the bank accepts of one risk",
        "{number} risks are expected to cost more than the bank accepts of one: {names}",
        number=len(beyond),
        name=_risk(beyond[0]) if beyond else "",
        names=commas(map(_risk, beyond)),
    )
    return PaperPage(
        subject=label("Losses and risks"),
        message=words if beyond else label("No risk is certain to cost more than the bank accepts of one"),
        sentences=(label(_DIFFERENT),) if charts and table else (),
        charts=charts,
        tables=(table,) if table else (),
    )


_DIFFERENT = marked(
    "The worst plausible loss on the first page counts what is in the books. The risks below also count fines"
    " by opinion, and customers affected or lost at an assumed price: the two are not added up."
)


def _risk(row: Mapping[Any, Any]) -> str:
    return str(row["subject_name"]).removeprefix(label("Risk: {name}", name=""))


def _made_of(saved: Saved) -> Iterator[Chart]:
    losses = saved.one("losses", LossAssessment)
    if losses is None or losses.contributions["share"].isna().all():
        return
    first = losses.contributions.nlargest(1, "share").iloc[0]
    yield Chart(
        title=label(
            "{share} of what bad years cost comes from {cell}",
            share=shown_portion(float(first["share"])),
            cell=plain_label(str(first["cell"])),
        ),
        shows=label("Sources of loss by their share of the bad years"),
        image=picture(partial(_contributions, losses), width=7.2, height=2.8),
    )


def _contributions(losses: LossAssessment, axes: Any) -> None:
    plot_contributions(losses, ax=axes).set_title("")
    axes.set_xlabel(label("share of what bad years cost"))


def _risks(saved: Saved) -> PaperTable | None:
    risks = saved.one("risks", RiskAssessment)
    if risks is None or risks.table.empty:
        return None
    rows: list[Any] = list(risks.table.head(_MOST).itertuples())
    return PaperTable(
        title=label("The costliest risks, after controls [million CNY a year]"),
        headings=(
            *(
                label("Risk"),
                label("Expected"),
                label("90% interval"),
                label("In the books"),
                label("By opinion"),
            ),
            *(label("Assumed"), label("Probability of more than is accepted")),
        ),
        rows=tuple(
            (
                *(local(one, "name"), millions(one.residual_loss)),
                label(
                    "{lower} to {upper}",
                    lower=millions(one.residual_lower),
                    upper=millions(one.residual_upper),
                ),
                *map(millions, (one.booked_loss, one.elicited_loss, one.priced_loss)),
                shown_probability(one.p_amber),
            )
            for one in rows
        ),
        ratings=tuple(one.rating for one in rows),
    )
