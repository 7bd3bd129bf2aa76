"""The risk register in figures: which risks cost most, what controls are worth, what the matrix hides."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from riskmodels.display import Listing, shown_figure, shown_portion, shown_thousands
from riskmodels.errors import ParameterError
from riskmodels.labels import commas, label, local, marked, plain_label, rating_label
from riskmodels.parameters.policy import DEFAULT, Policy
from riskmodels.parameters.risks import Risk, RiskRegister
from riskmodels.register.assessing import PARTS, RiskAssessment
from riskmodels.register.booked import made_of
from riskmodels.reporting.listings.indicators import indicator_names

_THOUSAND = 1000.0  # CNY, the unit of the listing


def list_risks(risks: RiskAssessment, register: RiskRegister, policy: Policy, most: int = 15) -> Listing:
    """List the costliest risks (``most`` of them) before and after controls, and what the figures rest on."""
    written, indicators = {risk.id: risk for risk in register.risks}, indicator_names(policy)
    assumed = (risks.table["priced_by"] == DEFAULT).any()
    priced = marked("Of it assumed: customers × price" if assumed else "Of it customers × the policy's price")
    listed = [
        {
            "Rank (90% interval)": f"{row['rank']} ({row['rank_lower']} – {row['rank_upper']})",
            "Risk": _risk_name(written.get(row["risk_id"]), row),
            "Category": plain_label(row["category"]),
            "Events a year, before → after controls": _change(row, "frequency", 1.0),
            "Cost of an event, before → after [thousand CNY]": _change(row, "impact", _THOUSAND),
            "Expected loss a year (90% interval) [thousand CNY]": _interval(row),
            "Of it from booked losses": shown_thousands(row["booked_loss"]),
            "Of it opinion": shown_thousands(row["elicited_loss"]),
            priced: shown_thousands(row["priced_loss"]),
            "Rating": rating_label(row["rating"]),
            "Figures from": _source(row, indicators),
        }
        for row in risks.table.head(most).to_dict("records")
    ]
    return Listing(sentence=f"{risks.sentence} {_basis(risks)}", frame=pd.DataFrame(listed))


def list_controls(risks: RiskAssessment, register: RiskRegister, risk_id: str) -> Listing:
    """List the controls of one risk, what they do, and what the loss of each would cost.

    Raises ParameterError where the assessment has no such risk.
    """
    rows = risks.table[risks.table["risk_id"] == risk_id]
    if rows.empty:
        raise ParameterError(
            f"'{risk_id}' is no risk of this assessment; see the column risk_id of its table"
        )
    controls = risks.controls[risks.controls["risk_id"] == risk_id]
    listed = [
        {
            "Control": local(control, "name"),
            "Kind": label(str(control["kind"])),
            "Effect where carried out": f"{control['designed']:.0%}",
            "Carried out": _carried_out(control["carried_out"]),
            "Effect": f"{control['effect']:.0%}",
            "Worth a year [thousand CNY]": shown_thousands(control["worth"]),
        }
        for _, control in controls.iterrows()
    ]
    risk = next((risk for risk in register.risks if risk.id == risk_id), None)
    sentence = _loss_sentence(_risk_name(risk, rows.iloc[0]), rows.iloc[0])
    return Listing(sentence=sentence, frame=pd.DataFrame(listed))


def list_matrix_checks(risks: RiskAssessment) -> Listing:
    """List what is wrong with the matrix, and say how often it leads astray."""
    columns = ["Check", "Passed", "Violations", "Detail"]
    if risks.lint is None:
        sentence = label("The matrix has one colour only: it distinguishes no risk from another.")
        return Listing(sentence=sentence, frame=pd.DataFrame(columns=columns))
    listed = [
        {
            "Check": label(str(row["check"])),
            "Passed": label("yes") if row["passed"] else label("no"),
            "Violations": row["violations"],
            "Detail": row["detail"],
        }
        for row in risks.lint.table.to_dict("records")
    ]
    words = label(
        "Of the pairs of risks in the register the matrix puts {misordered} in colours against their"
        " expected losses and leaves {tied} in one colour: decide by the amounts.",
        misordered=shown_portion(risks.misordered, 1),
        tied=shown_portion(risks.tied),
    )
    return Listing(sentence=f"{words} {risks.lint.sentence}", frame=pd.DataFrame(listed, columns=columns))


def _basis(risks: RiskAssessment) -> str:
    """Say what the figures rest on, and what the losses of all risks are made of."""
    whole = risks.table[["booked_loss", "elicited_loss", "priced_loss"]].sum().to_dict()
    whole["priced_by"] = risks.table["priced_by"].max()  # the same for all that have a price
    return label(
        "The number of events is counted for {counted} of {risks} risks, what an event costs in money for"
        " {booked}; the other figures are opinions ({opinion}). All risks together, thousand CNY a year:"
        " {parts}. Appetite: amber above {amber}, red above {red} thousand CNY a year for each risk"
        " ({appetite}).",
        counted=int((risks.table["frequency_from"] != "elicited").sum()),
        booked=int((risks.table["impact_from"] == "losses").sum()),
        risks=len(risks.table),
        opinion=label(risks.set_by),
        parts=made_of(whole),
        amber=shown_thousands(risks.appetite.amber),
        red=shown_thousands(risks.appetite.red),
        appetite=label(risks.appetite.set_by),
    )


def _loss_sentence(name: str, row: "pd.Series[Any]") -> str:
    shares = {part: row[f"residual_{part}"] / row["residual_loss"] for part in PARTS}
    parts = {
        "money": label("money"),
        "customers": label("customers affected"),
        "regulatory": label("regulatory"),
        "reputation": label("customers lost"),
    }
    harms = commas(f"{parts[part]} {share:.0%}" for part, share in shares.items() if share > 0)
    return label(
        "{name}: expected loss {before} thousand CNY a year before and {after} after controls ({parts}; in"
        " thousand CNY: {basis})."
        " What a control is worth is what the loss would rise by without it; controls overlap, so that"
        " this does not add up.",
        name=name,
        before=shown_thousands(row["inherent_loss"]),
        after=shown_thousands(row["residual_loss"]),
        parts=harms,
        basis=made_of(row),
    )


def _risk_name(risk: Risk | None, row: "Mapping[Any, Any] | pd.Series[Any]") -> str:
    return str(row["name_en"]) if risk is None else local(risk, "name")


def _source(row: Mapping[Any, Any], indicators: Mapping[str, str]) -> str:
    """Say what frequency and money rest on, and how many controls are measured."""
    counted_by = str(row["frequency_from"])
    words = {
        "elicited": marked("opinion"),
        "losses": marked("{events:,.0f} losses in twelve months, for money their amounts"),
    }.get(counted_by, marked("{events:,.0f} in the quarter ({indicator})"))
    events = 0 if counted_by == "elicited" else row["events"]
    source = label(words, events=events, indicator=indicators.get(counted_by, counted_by))
    measured, _, controls = str(row["controls_measured"]).partition(" of ")
    return (
        source
        + label("; ")
        + label("controls measured: {measured} of {controls}", measured=measured, controls=controls)
    )


def _carried_out(share: float) -> str:
    return label("not measured, taken as always") if pd.isna(share) else f"{share:.1%}"


def _change(row: Mapping[Any, Any], what: str, unit: float) -> str:
    before, after = (shown_figure(row[f"{when}_{what}"] / unit) for when in ("inherent", "residual"))
    return f"{before} → {after}"


def _interval(row: Mapping[Any, Any]) -> str:
    loss, lower, upper = (shown_thousands(row[f"residual_{name}"]) for name in ("loss", "lower", "upper"))
    return f"{loss} ({lower} – {upper})"
