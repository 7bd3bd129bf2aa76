"""Results as tables to be read: names instead of identifiers, units and per cent written out."""

import pandas as pd

from riskmodels.assessment import Findings
from riskmodels.catalogue import INDICATORS, format_value
from riskmodels.display import Listing
from riskmodels.forecasting import Forecast
from riskmodels.labels import label, local, rating_label
from riskmodels.policy import Policy
from riskmodels.proposals import Proposals
from riskmodels.scenario import Scenario
from riskmodels.scorecard import Scorecard
from riskmodels.stresstest import StressTest
from riskmodels.tables import Tables

_PER = {"doubling_of_complaints": "per doubling of complaints", "event": "in the event"}


def list_quality(tables: Tables) -> Listing:
    """List what was read, accepted and rejected, table by table."""
    frame = tables.quality
    rejected, read = int(frame["rows_rejected"].sum()), int(frame["rows_read"].sum())
    frame["rejected_share"] = [f"{share:.2%}" for share in frame["rejected_share"]]
    return Listing(
        sentence=label("{rejected:,} of {read:,} rows were rejected; the data is as of {as_of}.").format(
            rejected=rejected, read=read, as_of=tables.as_of
        ),
        frame=frame.rename(
            columns={
                "table": "Table",
                "rows_read": "Rows read",
                "rows_accepted": "Rows accepted",
                "rows_rejected": "Rows rejected",
                "rejected_share": "Rejected",
                "unknown_months": "Unknown months",
                "digest": "Digest",
            }
        ),
    )


def list_rejections(tables: Tables) -> Listing:
    """List the rules that rejected rows broke, with the number of rows and the first of them."""
    parts = [
        table.rejected.assign(table=table.name) for table in tables.present if table.provenance.rows_rejected
    ]
    if not parts:
        return Listing(sentence=label("No row was rejected."), frame=pd.DataFrame())
    broken = pd.concat(parts, ignore_index=True)
    groups = broken.groupby(["table", "rule"], sort=True)["row"].agg(["size", "min"]).reset_index()
    return Listing(
        sentence=label("Every rejected row is kept in the store with the rule it broke."),
        frame=groups.rename(
            columns={"table": "Table", "rule": "Rule broken", "size": "Rows", "min": "First row"}
        ),
    )


def list_ratings(card: Scorecard, policy: Policy, *, unit_id: str = "") -> Listing:
    """List the rated indicators of a unit, or of the whole bank, worst first."""
    rows = card.indicators[card.indicators["unit_id"] == unit_id]
    order = {"red": 0, "amber": 1, "insufficient": 2, "green": 3, "": 4}
    rows = rows.sort_values("rating", key=lambda ratings: ratings.map(order), kind="stable")
    listed = [
        {
            "Indicator [unit]": f"{local(policy.indicator(row['indicator_id']), 'name')}"
            f" [{label(INDICATORS[row['indicator_id']].unit)}]",
            "Rating": rating_label(row["rating"]) if row["rating"] else label("no limit"),
            "Value": format_value(row["indicator_id"], row["value"]),
            "90% interval": _interval(row["indicator_id"], row["lower"], row["upper"]),
            "Amber": format_value(row["indicator_id"], row["amber"]),
            "Red": format_value(row["indicator_id"], row["red"]),
            "Limits by": label(policy.indicator(row["indicator_id"]).limits_set_by),
        }
        for row in rows.to_dict("records")
    ]
    counts = rows["rating"].value_counts()
    return Listing(
        sentence=label(
            "{red} red, {amber} amber, {green} green; {insufficient} without enough evidence for a rating."
        ).format(**{rating: counts.get(rating, 0) for rating in order if rating}),
        frame=pd.DataFrame(listed),
    )


def list_units(card: Scorecard, *, most: int = 15) -> Listing:
    """List the riskiest units."""
    listed = [
        {
            "Rank": row["rank"],
            "Unit": row["unit_id"],
            "Name": row["name"],
            "Rating": rating_label(row["rating"]),
            "Score [points]": f"{row['score']:.0f}",
            "90% interval": f"{row['lower']:.0f} – {row['upper']:.0f}",
            "Rank interval": f"{row['rank_lower']} – {row['rank_upper']}",
            "Indicators": row["indicators"],
        }
        for row in card.table.head(most).to_dict("records")
    ]
    return Listing(sentence=card.sentence, frame=pd.DataFrame(listed))


def list_unavailable(card: Scorecard, policy: Policy) -> Listing:
    """List the indicators of the policy that the source cannot give, and why."""
    listed = [
        {
            "Indicator": local(policy.indicator(row["indicator_id"]), "name"),
            "Why it is not given": row["reason"],
        }
        for row in card.unavailable.to_dict("records")
    ]
    return Listing(
        sentence=label(
            "{lacking} of {asked} indicators of the policy cannot be computed from this source; nothing is"
            " assumed in their place."
        ).format(lacking=len(listed), asked=len(policy.indicators)),
        frame=pd.DataFrame(listed),
    )


def list_scores(outlook: Forecast) -> Listing:
    """List how the forecasting methods did at the last origins, best first."""
    scores = outlook.scores
    sentence = label("The forecast uses the method {method}.").format(method=outlook.method)
    if "wql" not in scores:
        return Listing(sentence=sentence, frame=pd.DataFrame())
    frame = pd.DataFrame(
        {
            "Method": scores["method"],
            "Weighted quantile loss": [f"{value:.3f}" for value in scores["wql"]],
            "95% interval covers": [f"{value:.0%}" for value in scores["coverage_95"]],
            "Above 97.5%": [f"{value:.1%}" for value in scores["exceedance_975"]],
            "Bias": [f"{value:+.1%}" for value in scores["bias"]],
            "Forecasts": [f"{value:,.0f}" for value in scores["forecasts"]],
        }
    )
    return Listing(sentence=sentence, frame=frame)


def list_outlook(outlook: Forecast) -> Listing:
    """List the expected complaints of the next three months and of the whole horizon, series by series."""
    keys = list(outlook.keys.columns)
    parts = [outlook] if len(outlook.keys) == 1 else [outlook, outlook.aggregate()]
    listed = []
    for part in parts:
        names = [" · ".join(str(value) for value in key) for key in part.keys.itertuples(index=False)]
        lower, upper = part.quantiles[..., 0], part.quantiles[..., -1]
        for place, series in enumerate(names):
            listed.append(
                {"Series": label(series)}
                | {
                    str(period): f"{part.mean[place, ahead]:,.0f}"
                    f" ({lower[place, ahead]:,.0f} – {upper[place, ahead]:,.0f})"
                    for ahead, period in enumerate(part.periods[:6])
                }
            )
    levels = f"{outlook.levels[0]:.1%} – {outlook.levels[-1]:.1%}"
    return Listing(
        sentence=label("Expected complaints a month by {keys}, with the {levels} interval.").format(
            keys=", ".join(keys), levels=levels
        ),
        frame=pd.DataFrame(listed),
    )


def list_scenario(scenario: Scenario, severity: str, policy: Policy) -> Listing:
    """List what a scenario assumes at one severity, with the basis of each range."""
    level = scenario.level(severity)
    names = _names(policy)
    listed = [
        {
            "Moves": label("complaints about {product}").format(product=surge.product),
            "Change": label("× {multiplier:g} for {months} months").format(
                multiplier=surge.multiplier, months=surge.months
            ),
            "Range": "–",
            "Basis": label("the scenario itself"),
        }
        for surge in level.surges
    ]
    listed += [
        {
            "Moves": names.get(effect.indicator, effect.indicator),
            "Change": f"{effect.change.mode:+.4g} {label(_PER[effect.per])}",
            "Range": f"{effect.change.low:+.4g} … {effect.change.high:+.4g}",
            "Basis": effect.change.basis,
        }
        for effect in level.effects
    ]
    return Listing(
        sentence=f"{local(scenario, 'name')} ({label(severity)}): {local(scenario, 'description')}",
        frame=pd.DataFrame(listed),
    )


def list_stress(test: StressTest, policy: Policy) -> Listing:
    """List the indicators that a scenario moves, before and after."""
    listed = [
        {
            "Indicator": local(policy.indicator(row["indicator_id"]), "name"),
            "Before": format_value(row["indicator_id"], row["before"]),
            "After": format_value(row["indicator_id"], row["after"]),
            "90% interval": _interval(row["indicator_id"], row["lower"], row["upper"]),
            "Rating before": rating_label(row["rating_before"]) if row["rating_before"] else "–",
            "Rating after": rating_label(row["rating"]) if row["rating"] else "–",
            "Probability of red": f"{row['p_red']:.0%} ± {row['p_red_error']:.1%}" if row["rating"] else "–",
        }
        for row in test.table.to_dict("records")
    ]
    return Listing(sentence=test.sentence, frame=pd.DataFrame(listed))


def list_omitted(test: StressTest, policy: Policy) -> Listing:
    """List what the scenario assumes but these data cannot show."""
    if test.omitted.empty:
        return Listing(
            sentence=label("Everything the scenario assumes could be applied."), frame=pd.DataFrame()
        )
    names = _names(policy)
    frame = pd.DataFrame(
        {"Left out": [names.get(item, item) for item in test.omitted["item"]], "Why": test.omitted["reason"]}
    )
    sentence = label("{count} assumptions of the scenario could not be applied.").format(count=len(frame))
    return Listing(sentence=sentence, frame=frame)


def list_findings(found: Findings, *, evidence: bool = False) -> Listing:
    """List the findings: what to do about each, or what each rests on."""
    columns = {"finding_id": "No.", "severity": "Severity", "subject": "Subject", "condition": "Condition"}
    if evidence:
        columns |= {"criterion": "Criterion", "evidence": "Evidence"}
    else:
        columns |= {"cause": "Cause", "corrective_action": "Corrective action", "owner": "Owner"}
    frame = found.table[list(columns)].rename(columns=columns)
    frame["Severity"] = [rating_label(severity) for severity in frame["Severity"]]
    return Listing(sentence=found.sentence, frame=frame)


def list_policy(policy: Policy) -> Listing:
    """List the indicators of a policy with their limits and who set them."""
    areas = {area.id: local(area, "name") for area in policy.areas}
    listed = [
        {
            "Area": areas[indicator.area],
            "Indicator": local(indicator, "name"),
            "Standard": indicator.standard,
            "Amber": format_value(indicator.id, indicator.limits.amber) if indicator.limits else "–",
            "Red": format_value(indicator.id, indicator.limits.red) if indicator.limits else "–",
            "Limits by": indicator.limits_set_by,
            "Source": indicator.source,
        }
        for indicator in policy.indicators
    ]
    return Listing(
        sentence=f"{local(policy, 'title')}, {policy.valid_from}: {policy.approval}",
        frame=pd.DataFrame(listed),
    )


def list_proposals(changes: Proposals) -> Listing:
    """List the proposals for a decision."""
    names = ["No.", "Line of the policy", "Now", "Proposed", "Reason", "Measured by", "Finding", "Decision"]
    frame = changes.summary()
    frame.columns = pd.Index(names)
    return Listing(sentence=changes.sentence, frame=frame)


def _names(policy: Policy) -> dict[str, str]:
    return {indicator.id: local(indicator, "name") for indicator in policy.indicators}


def _interval(indicator_id: str, lower: float, upper: float) -> str:
    return f"{format_value(indicator_id, lower)} – {format_value(indicator_id, upper)}"
