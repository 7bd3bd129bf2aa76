"""Results as tables to be read: names instead of identifiers, units and per cent written out."""

import math

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
from riskmodels.tables import DataQuality, Tables, shown_share

_MOST_FAULTS = 12
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
    first = broken.sort_values(["file", "row"], kind="stable").groupby(["table", "rule"], sort=True)
    groups = first.agg(rows=("row", "size"), file=("file", "first"), row=("row", "first")).reset_index()
    return Listing(
        sentence=label("Every rejected row is kept in the store with the rule it broke."),
        frame=groups.rename(
            columns={
                "table": "Table",
                "rule": "Rule broken",
                "rows": "Rows",
                "file": "File",
                "row": "First row",
            }
        ),
    )


def list_ignored(tables: Tables) -> Listing:
    """List the columns of the files that nothing is made from."""
    listed = [
        {"Table": table.name, "Columns not used": ", ".join(table.provenance.ignored_columns)}
        for table in tables.present
        if table.provenance.ignored_columns
    ]
    sentence = "Columns that nothing is made from:" if listed else "Every column of the files is used."
    return Listing(sentence=label(sentence), frame=pd.DataFrame(listed))


def list_data_scores(quality: DataQuality) -> Listing:
    """List the lowest score of each table in each dimension."""
    scores = quality.scores.drop(columns="source").set_index("table")
    return Listing(sentence=quality.sentence, frame=scores.map(shown_share).reset_index())


def list_data_faults(quality: DataQuality) -> Listing:
    """List where the data fails what is asked of it, the worst first, with how many rows, months or totals."""
    rows = quality.table[quality.table["failed"] > 0].sort_values("score", kind="stable").head(_MOST_FAULTS)
    listed = [
        {
            "Dimension": label(row["dimension"]),
            "Table": row["table"],
            "Column": row["column"] or label("(whole table)"),
            "Checked": row["checked"],
            "Failed": row["failed"],
            "Score": shown_share(row["score"]),
        }
        for row in rows.to_dict("records")
    ]
    sentence = quality.sentence if listed else label("Nothing that was checked failed.")
    return Listing(sentence=sentence, frame=pd.DataFrame(listed))


def list_delays(quality: DataQuality) -> Listing:
    """List how much of a month is recorded by its end, and so what the last month still lacks."""
    shares = {table: quality.recorded_by_month_end(table) for table in quality.scores["table"]}
    listed = [
        {"Table": table, "Recorded by the month's end": f"{share:.1%}", "Still to come": f"{1 - share:.1%}"}
        for table, share in shares.items()
        if not math.isnan(share)
    ]
    words = "Rows are counted when they happened and known when they are recorded: the last month lacks some."
    sentence = label(words) if listed else label("The source does not say when its rows were recorded.")
    return Listing(sentence=sentence, frame=pd.DataFrame(listed))


def list_changes(tables: Tables) -> Listing:
    """List what changed since the last delivery, table by table."""
    if not tables.changes:
        sentence = label(
            "This is the first delivery of the source to this store: there is none to compare with."
        )
        return Listing(sentence=sentence, frame=pd.DataFrame())
    listed = [
        {
            "Table": changes.name,
            "Last delivery as of": changes.before_as_of.isoformat(),
            "Added": int(changes.table["added"].sum()),
            "of them late": int(changes.table["late"].sum()),
            "Completed": int(changes.table["completed"].sum()),
            "Revised": int(changes.table["revised"].sum()),
            "Vanished": int(changes.table["vanished"].sum()),
            "Rewritten": shown_share(changes.share) if changes.rewritten else "0%",
            "Columns revised": ", ".join(changes.columns.query("revised > 0")["column"]),
        }
        for changes in tables.changes
    ]
    sentence = label("{rewritten:,} rows of earlier deliveries were added late, revised or vanished.").format(
        rewritten=sum(changes.rewritten for changes in tables.changes)
    )
    return Listing(sentence=sentence, frame=pd.DataFrame(listed))


def indicator_quality(quality: DataQuality, indicator_id: str) -> float:
    """Return the lowest known score of the tables and columns that an indicator is made from, NaN without one."""
    indicator = INDICATORS[indicator_id]
    used = {indicator.table: [indicator.at]}
    for needed in indicator.needs:
        table, _, column = needed.rpartition(".")
        used.setdefault(table or indicator.table, []).append(column)
    scores = [quality.score(table, columns) for table, columns in used.items()]
    return min((score for score in scores if not math.isnan(score)), default=math.nan)


def quality_note(card: Scorecard, quality: DataQuality) -> str:
    """Say in one line how good the tables are that the indicators of a scorecard are made from."""
    return quality.note(*{INDICATORS[indicator_id].table for indicator_id in card.indicators["indicator_id"]})


def _quality(quality: DataQuality | None, indicator_id: str) -> dict[str, str]:
    """Return the cell that stands beside an indicator's value; none where the quality is not given."""
    return {} if quality is None else {"Data quality": shown_share(indicator_quality(quality, indicator_id))}


def list_ratings(
    card: Scorecard, policy: Policy, *, unit_id: str = "", quality: DataQuality | None = None
) -> Listing:
    """List the rated indicators of a unit, or of the whole bank, worst first; with the quality of their data."""
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
            **_quality(quality, row["indicator_id"]),
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


def list_units(card: Scorecard, *, most: int = 15, quality: DataQuality | None = None) -> Listing:
    """List the riskiest units; with the lowest quality of the data that a unit's indicators are made from."""
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
            **_unit_quality(quality, card, row["unit_id"]),
        }
        for row in card.table.head(most).to_dict("records")
    ]
    return Listing(sentence=card.sentence, frame=pd.DataFrame(listed))


def _unit_quality(quality: DataQuality | None, card: Scorecard, unit_id: str) -> dict[str, str]:
    if quality is None:
        return {}
    used = card.indicators.loc[card.indicators["unit_id"] == unit_id, "indicator_id"]
    scores = [indicator_quality(quality, indicator_id) for indicator_id in used]
    return {"Data quality": shown_share(min((s for s in scores if not math.isnan(s)), default=math.nan))}


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


def list_outlook(outlook: Forecast, *, quality: DataQuality | None = None) -> Listing:
    """List the expected complaints of the next months, series by series; with the quality of their data."""
    data = (
        {} if quality is None else {"Data quality": shown_share(quality.score("complaints", ["received_at"]))}
    )
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
                | data
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


def list_stress(test: StressTest, policy: Policy, *, quality: DataQuality | None = None) -> Listing:
    """List the indicators that a scenario moves, before and after; with the quality of their data."""
    listed = [
        {
            "Indicator": local(policy.indicator(row["indicator_id"]), "name"),
            "Before": format_value(row["indicator_id"], row["before"]),
            "After": format_value(row["indicator_id"], row["after"]),
            "90% interval": _interval(row["indicator_id"], row["lower"], row["upper"]),
            "Rating before": rating_label(row["rating_before"]) if row["rating_before"] else "–",
            "Rating after": rating_label(row["rating"]) if row["rating"] else "–",
            "Probability of red": f"{row['p_red']:.0%} ± {row['p_red_error']:.1%}" if row["rating"] else "–",
            **_quality(quality, row["indicator_id"]),
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
