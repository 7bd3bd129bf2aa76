"""Findings: what is wrong by the policy, why, what follows, and what to do about it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from riskmodels.catalogue import format_value
from riskmodels.display import Displayed
from riskmodels.forecasting import Forecast
from riskmodels.labels import label, local, rating_label
from riskmodels.policy import IndicatorPolicy, Policy
from riskmodels.risks import RiskRegister
from riskmodels.scorecard import Scorecard
from riskmodels.stresstest import StressTest
from riskmodels.tables import Tables

_RISE = 0.10
_MOST_NAMED = 5
_BOUNDS = ("lower", "upper")
_MONTHS = 3
_DRAWS = 4000
_SEED = 50


class Finding(NamedTuple):
    """One finding; ``value`` and ``limit`` are in the indicator's unit, NaN where there is none."""

    kind: Literal["indicator", "unit", "forecast", "stress", "data"]
    severity: Literal["red", "amber"]
    subject: str
    indicator_id: str
    criterion: str
    condition: str
    cause: str
    consequence: str
    corrective_action: str
    owner: str
    evidence: str
    value: float
    limit: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Findings(Displayed):
    """All findings of one assessment, red ones first.

    Attributes
    ----------
    table : DataFrame
        One row a finding: finding_id, kind, severity, subject, indicator_id, criterion (what the policy
        asks), condition (what was found), cause, consequence, corrective_action, owner, evidence (which
        figures), value, limit [unit of the indicator].
    period : str
        The quarter assessed.
    as_of, policy : date
        Day up to which the data knows; day from which the policy is valid.
    data_digest : str
        Digest of the tables.
    """

    table: pd.DataFrame
    period: str
    as_of: date
    policy: date
    data_digest: str

    @property
    def sentence(self) -> str:
        """Say how many findings there are."""
        counts = self.table["severity"].value_counts()
        return label("{period}: {red} red and {amber} amber findings.").format(
            period=self.period, red=counts.get("red", 0), amber=counts.get("amber", 0)
        )

    def summary(self) -> pd.DataFrame:
        """What was found, and what to do."""
        return self.table[["finding_id", "severity", "subject", "condition", "corrective_action", "owner"]]


def assess(
    policy: Policy,
    *,
    data: Tables,
    scorecard: Scorecard,
    risks: RiskRegister,
    forecast: Forecast | None = None,
    stress: Sequence[StressTest] = (),
) -> Findings:
    """Draw findings from the results of one quarter.

    Parameters
    ----------
    policy : Policy
        What is asked.
    data : Tables
        For rejected rows and holes.
    scorecard : Scorecard
        Rated indicators and units.
    risks : RiskRegister
        Where causes, consequences, actions and owners come from.
    forecast : Forecast, optional
        Complaints ahead.
    stress : sequence of StressTest
        Scenarios.

    Returns
    -------
    Findings
        A rating of red or amber for the bank, red for a unit, a likely rise of complaints, an indicator
        that a scenario turns red, rejected rows, holes and lacking indicators are each a finding.

    Notes
    -----
    Causes are those that the risk register names for the indicator: presumed, until somebody confirms
    them. A finding about one of many units needs more certainty than its rating: the probability of an
    error is shared among the units.
    """
    found = [
        *_bank_findings(scorecard, policy, risks),
        *_unit_indicator_findings(scorecard, policy, risks),
        *_local_findings(scorecard, policy, risks),
        *_unit_findings(scorecard, policy),
        *(_forecast_findings(forecast, policy) if forecast is not None else ()),
        *(finding for test in stress for finding in _stress_findings(test, policy, risks)),
        *_data_findings(data, policy),
        *_lacking_findings(scorecard),
    ]
    found.sort(key=lambda finding: ("red", "amber").index(finding.severity))
    table = pd.DataFrame(found, columns=Finding._fields)
    table.insert(0, "finding_id", [f"F{number:03d}" for number in range(1, len(found) + 1)])
    return Findings(
        table=table,
        period=scorecard.period,
        as_of=data.as_of,
        policy=policy.valid_from,
        data_digest=data.digest,
    )


def _bank_findings(scorecard: Scorecard, policy: Policy, risks: RiskRegister) -> Iterator[Finding]:
    rows = scorecard.bank
    for row in rows[rows["rating"].isin(["red", "amber"])].to_dict("records"):
        yield _about_indicator(row, label("Whole bank"), policy, risks)


def _unit_indicator_findings(scorecard: Scorecard, policy: Policy, risks: RiskRegister) -> Iterator[Finding]:
    """Yield one finding a unit and indicator rated red."""
    rows = scorecard.indicators
    names = scorecard.table.set_index("unit_id")["name"]
    for row in rows[_certain_among_units(rows, "red", policy)].to_dict("records"):
        unit = str(row["unit_id"])
        yield _about_indicator(row, _unit_name(unit, str(names.get(unit, unit))), policy, risks)


def _certain_among_units(rows: pd.DataFrame, severity: str, policy: Policy) -> pd.Series:
    """Tell which ratings of units are certain although many units are looked at.

    The probability of an error is divided by the number of units rated on the indicator (Bonferroni), so
    that for each indicator less than one finding in 1 / (1 - certainty) is expected to be chance.
    """
    units = rows["unit_id"] != ""
    rated = rows[units].groupby("indicator_id")["rating"].size().reindex(rows["indicator_id"]).to_numpy(float)
    needed = 1 - (1 - policy.rating.certainty) / rated
    return units & (rows["rating"] == severity) & (rows[f"p_{severity}"] >= needed)


def _unit_name(unit_id: str, name: str) -> str:
    return unit_id if name == unit_id else f"{name} ({unit_id})"


def _about_indicator(row: Mapping[Any, Any], subject: str, policy: Policy, risks: RiskRegister) -> Finding:
    indicator = policy.indicator(str(row["indicator_id"]))
    severity: Literal["red", "amber"] = "red" if row["rating"] == "red" else "amber"
    value, limit = float(str(row["value"])), float(str(row[severity]))
    shown = {
        name: format_value(indicator.id, float(str(row[name]))) for name in ("value", severity, *_BOUNDS)
    }
    return Finding(
        kind="indicator",
        severity=severity,
        subject=subject,
        indicator_id=indicator.id,
        criterion=_criterion(indicator, severity, shown[severity]),
        condition=label("{name} is {value}, beyond the {severity} limit of {limit}").format(
            name=local(indicator, "name"),
            value=shown["value"],
            severity=rating_label(severity).lower(),
            limit=shown[severity],
        ),
        evidence=label(
            "{numerator:,.0f} over {denominator:,.4g}; 90% interval {lower} to {upper}; probability beyond the"
            " limit {probability:.0%}"
        ).format(**{**row, **shown}, probability=row[f"p_{severity}"]),
        value=value,
        limit=limit,
        **_from_register(indicator.id, risks),
    )


def _criterion(indicator: IndicatorPolicy, severity: str, limit: str) -> str:
    return label("{name}: {severity} beyond {limit} (set by {who}); standard: {standard}").format(
        name=local(indicator, "name"),
        severity=rating_label(severity).lower(),
        limit=limit,
        who=indicator.limits_set_by,
        standard=indicator.standard,
    )


def _local_findings(scorecard: Scorecard, policy: Policy, risks: RiskRegister) -> Iterator[Finding]:
    """Yield one finding an indicator that is certainly amber in some units while the bank is not."""
    rows = scorecard.indicators
    beyond = set(scorecard.bank.loc[scorecard.bank["rating"].isin(["red", "amber"]), "indicator_id"])
    certain = _certain_among_units(rows, "amber", policy) & ~rows["indicator_id"].isin(beyond)
    for indicator_id, part in rows[certain].groupby("indicator_id", sort=False):
        indicator = policy.indicator(str(indicator_id))
        worst = part.sort_values("p_amber", ascending=False, kind="stable")
        units = ", ".join(worst["unit_id"].head(_MOST_NAMED)) + (" …" if len(part) > _MOST_NAMED else "")
        limit = float(worst["amber"].iloc[0])
        yield Finding(
            kind="unit",
            severity="amber",
            subject=label("Units: {units}").format(units=units),
            indicator_id=indicator.id,
            criterion=_criterion(indicator, "amber", format_value(indicator.id, limit)),
            condition=label("{name} is beyond the amber limit (units: {count}), the worst at {value}").format(
                name=local(indicator, "name"),
                count=len(part),
                value=format_value(indicator.id, float(worst["value"].iloc[0])),
            ),
            evidence=label("probability beyond the limit {low:.0%} to {high:.0%}").format(
                low=worst["p_amber"].iloc[-1], high=worst["p_amber"].iloc[0]
            ),
            value=float(worst["value"].iloc[0]),
            limit=limit,
            **_from_register(indicator.id, risks),
        )


def _from_register(indicator_id: str, risks: RiskRegister) -> dict[str, str]:
    """Cause, consequence, corrective action and owner of an indicator's risk."""
    risk = risks.signalled_by(indicator_id)
    if risk is None:
        unknown = label("not in the risk register")
        return dict.fromkeys(("cause", "consequence", "corrective_action", "owner"), unknown)
    controls = [local(control, "name") for control in risk.controls if control.kind == "corrective"]
    return {
        "cause": label("Presumed: {cause}").format(cause=local(risk, "cause")),
        "consequence": local(risk, "consequence"),
        "corrective_action": "; ".join(controls) or local(risk.controls[0], "name"),
        "owner": local(risk, "owner"),
    }


def _unit_findings(scorecard: Scorecard, policy: Policy) -> Iterator[Finding]:
    """Yield one finding a unit whose score is red or amber."""
    rows = scorecard.table
    for row in rows[rows["rating"].isin(["red", "amber"])].to_dict("records"):
        severity: Literal["red", "amber"] = "red" if row["rating"] == "red" else "amber"
        limit = policy.rating.score_red if severity == "red" else policy.rating.score_amber
        yield Finding(
            kind="unit",
            severity=severity,
            subject=_unit_name(str(row["unit_id"]), str(row["name"])),
            indicator_id="",
            criterion=label("Unit score: {severity} from {limit:.0f} points").format(
                severity=rating_label(severity).lower(), limit=limit
            ),
            condition=label("The unit scores {score:.0f} points ({lower:.0f} to {upper:.0f})").format_map(
                row
            ),
            cause=label("Several indicators together; see the unit's ratings"),
            consequence=label("Service risk of the unit is above what the policy accepts"),
            corrective_action=label("Review the unit's worst indicators with its management"),
            owner=label("Head of the unit"),
            evidence=label("{indicators} indicators rated; rank {rank_lower} to {rank_upper}").format_map(
                row
            ),
            value=float(row["score"]),
            limit=limit,
        )


def _forecast_findings(forecast: Forecast, policy: Policy) -> Iterator[Finding]:
    """Yield a finding where the next months very likely bring more complaints than the last ones."""
    months = min(_MONTHS, len(forecast.periods))
    last = forecast.panel.values[:, -months:].sum()
    ahead = forecast.sample(_DRAWS, seed=_SEED)[:, :, :months].sum(axis=(1, 2))
    limit = (1 + _RISE) * last
    probability = float((ahead > limit).mean())
    if not np.isfinite(last) or probability < policy.rating.certainty:
        return
    lower, upper = np.quantile(ahead, (0.05, 0.95))
    yield Finding(
        kind="forecast",
        severity="amber",
        subject=label("Whole bank"),
        indicator_id="",
        criterion=label("Complaints rise by no more than {rise:.0%} (set by riskmodels default)").format(
            rise=_RISE
        ),
        condition=label(
            "{mean:,.0f} complaints are expected in the next {months} months, after {last:,.0f} in the last"
        ).format(mean=ahead.mean(), months=months, last=last),
        cause=label("Trend and season of the past; see the outlook"),
        consequence=label("Handling capacity may not be enough"),
        corrective_action=label("Plan capacity for the upper end of the interval"),
        owner=label("Customer service department"),
        evidence=label("90% interval {lower:,.0f} to {upper:,.0f}; probability {probability:.0%}").format(
            lower=lower, upper=upper, probability=probability
        ),
        value=float(ahead.mean()),
        limit=float(limit),
    )


def _stress_findings(test: StressTest, policy: Policy, risks: RiskRegister) -> Iterator[Finding]:
    """Yield one finding an indicator that the scenario turns red."""
    rows = test.table[(test.table["rating"] == "red") & (test.table["rating_before"] != "red")]
    scenario = f"{local(test.scenario, 'name')} ({label(test.severity)})"
    for row in rows.to_dict("records"):
        indicator = policy.indicator(str(row["indicator_id"]))
        shown = {
            name: format_value(indicator.id, float(row[name]))
            for name in ("before", "after", "red", *_BOUNDS)
        }
        shown["name"] = local(indicator, "name")
        yield Finding(
            kind="stress",
            severity="amber",
            subject=label("Scenario: {scenario}").format(scenario=scenario),
            indicator_id=indicator.id,
            criterion=label("{name} stays inside the red limit of {red}").format(**shown),
            condition=label("{name} would go from {before} to {after}").format(**shown),
            evidence=label("90% interval {lower} to {upper}; probability of red {p_red:.0%}").format(
                **shown, p_red=row["p_red"]
            ),
            value=float(row["after"]),
            limit=float(row["red"]),
            **_from_register(indicator.id, risks),
        )


def _data_findings(data: Tables, policy: Policy) -> Iterator[Finding]:
    """Yield one finding a table with too many rejected rows, and one a table with a hole."""
    limits = policy.data_quality
    for row in data.quality.to_dict("records"):
        share = float(row["rejected_share"])
        if share > limits.rejected_amber:
            red = share > limits.rejected_red
            limit = limits.rejected_red if red else limits.rejected_amber
            yield _about_data(
                row,
                "red" if red else "amber",
                label("At most {limit:.2%} of the rows are rejected").format(limit=limit),
                label("{rows_rejected:,} of {rows_read:,} rows were rejected").format_map(row),
                (share, limit),
            )
        if row["unknown_months"]:
            yield _about_data(
                row,
                "amber",
                label("Every month of the history is known"),
                label("Months that the source does not know: {unknown_months}").format_map(row),
                (float("nan"), float("nan")),
            )


def _about_data(
    row: Mapping[Any, Any],
    severity: Literal["red", "amber"],
    criterion: str,
    condition: str,
    measured: tuple[float, float],
) -> Finding:
    return Finding(
        kind="data",
        severity=severity,
        subject=label("Data: {table}").format(table=row["table"]),
        indicator_id="",
        criterion=criterion,
        condition=condition,
        cause=label("To be found out with the owner of the source"),
        consequence=label("Figures that rest on these rows may be biased; unknown is not counted as zero"),
        corrective_action=label("Correct the source or its mapping and run again"),
        owner=label("Owner of the source"),
        evidence=label("table {table}, digest {digest}").format_map(row),
        value=measured[0],
        limit=measured[1],
    )


def _lacking_findings(scorecard: Scorecard) -> Iterator[Finding]:
    """Yield one finding for all indicators of the policy that the source cannot give."""
    lacking = scorecard.unavailable
    if lacking.empty:
        return
    yield Finding(
        kind="data",
        severity="amber",
        subject=label("Data: indicators"),
        indicator_id="",
        criterion=label("Every indicator of the policy is measured"),
        condition=label("Indicators of the policy that cannot be computed: {count}").format(
            count=len(lacking)
        ),
        cause=label("The source lacks what they need"),
        consequence=label("These risks are not assessed; nothing is assumed in their place"),
        corrective_action=label("Supply the tables and columns, or take the indicators out of the policy"),
        owner=label("Owner of the source"),
        evidence="; ".join(f"{row['indicator_id']}: {row['reason']}" for row in lacking.to_dict("records")),
        value=float(len(lacking)),
        limit=0.0,
    )
