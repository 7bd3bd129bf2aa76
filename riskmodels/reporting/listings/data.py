"""What was read, rejected and changed, and how good the data are."""

import math

import pandas as pd

from riskmodels.catalogue import find_doubts
from riskmodels.display import Listing
from riskmodels.labels import commas, label, marked, plural, space
from riskmodels.tables import DataQuality, Table, Tables, data_quality, shown_share

_MOST_FAULTS = 12  # rows; a choice: tables/ has them all
_MOST_UNMATCHED = 30  # rows; a choice: who recodes thirty has seen what is wrong


def list_quality(tables: Tables) -> Listing:
    """List what was read, accepted and rejected, table by table."""
    frame = tables.quality
    rejected, read = int(frame["rows_rejected"].sum()), int(frame["rows_read"].sum())
    frame["rejected_share"] = [f"{share:.2%}" for share in frame["rejected_share"]]
    return Listing(
        sentence=label(
            "Rows rejected: {rejected:,} of {read:,}; the data is as of {as_of}.",
            rejected=rejected,
            read=read,
            as_of=tables.as_of,
        )
        + "".join(_before(table) for table in tables.present if table.rows_before),
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


def _before(table: Table) -> str:
    return plural(
        table.rows_before,
        " {rows:,} row of {table} is of a day before {begins}, where the others begin: counts over time"
        " leave it out; observed_from in the source file says otherwise.",
        " {rows:,} rows of {table} are of days before {begins}, where the others begin: counts over time"
        " leave them out; observed_from in the source file says otherwise.",
        rows=table.rows_before,
        table=table.name,
        begins=table.begins,
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


def list_doubts(tables: Tables) -> Listing:
    """List what a person should look at before any figure is made: holes, totals, names, counts not known."""
    found = find_doubts(tables)
    if found.empty:
        return Listing(sentence=label("There is no doubt about the tables."), frame=pd.DataFrame())
    return Listing(
        sentence=label(
            "Doubts about the tables, to be decided in the source file: {count}.", count=len(found)
        ),
        frame=found.rename(columns={"table": "Table", "doubt": "Doubt"}),
    )


def list_unmatched(unmatched: pd.DataFrame) -> Listing:
    """List the names that meet nothing, those that change figures first; see ``unmatched_names``."""
    if unmatched.empty:
        words = marked(
            "No name of the policy, the scenarios or the risk register that figures depend on meets nothing."
        )
        return Listing(sentence=label(words), frame=pd.DataFrame())
    sentence = label(
        "Names that meet nothing: {count}; figures are changed by {changing} of them. recode: in the source"
        " file gives both one name.",
        count=len(unmatched),
        changing=int(unmatched["changes_figures"].sum()),
    )
    listed = [
        {
            "Kind": label(row["kind"]),
            "Where": row["where"],
            "Name": row["name"],
            "Likely match": row["likely_match"] or "–",
            "Effect": row["effect"],
        }
        for row in unmatched.head(_MOST_UNMATCHED).to_dict("records")
    ]
    if len(unmatched) > len(listed):
        sentence += space() + label("The first {shown} are listed.", shown=len(listed))
    return Listing(sentence=sentence, frame=pd.DataFrame(listed))


def check_listings(tables: Tables) -> list[Listing]:
    """List all that a check of a source shows; why nothing was accepted comes before anything else."""
    rejections = list_rejections(tables)
    scores = list_data_scores(data_quality(tables))
    others = [list_quality(tables), list_doubts(tables), list_ignored(tables), scores]
    none = [
        table.name
        for table in tables.present
        if table.provenance.rows_read and not table.provenance.rows_accepted
    ]
    if none:
        words = label("No row of {tables} was accepted; these rules were broken:", tables=commas(none))
        return [Listing(sentence=words, frame=rejections.frame), *others]
    return [others[0], rejections, *others[1:]]


def list_ignored(tables: Tables) -> Listing:
    """List the columns of the files that nothing is made from."""
    listed = [
        {"Table": table.name, "Columns not used": commas(table.provenance.ignored_columns)}
        for table in tables.present
        if table.provenance.ignored_columns
    ]
    sentence = (
        marked("Columns that nothing is made from:")
        if listed
        else marked("Every column of the files is used.")
    )
    return Listing(sentence=label(sentence), frame=pd.DataFrame(listed))


def list_data_scores(quality: DataQuality) -> Listing:
    """List the lowest score of each table in each dimension."""
    scores = quality.scores.drop(columns="source").set_index("table")
    return Listing(sentence=quality.sentence, frame=scores.map(shown_share).reset_index())


def list_data_faults(quality: DataQuality) -> Listing:
    """List where the data fails what is asked of it, worst first, with how many rows, months or totals."""
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
    words = marked(
        "Rows are counted when they happened and known when they are recorded: the last month lacks some."
    )
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
            "Columns revised": commas(changes.columns.query("revised > 0")["column"]),
        }
        for changes in tables.changes
    ]
    rewritten = sum(changes.rewritten for changes in tables.changes)
    sentence = plural(
        rewritten,
        "{rewritten:,} row of earlier deliveries was added late, revised or vanished.",
        "{rewritten:,} rows of earlier deliveries were added late, revised or vanished.",
        rewritten=rewritten,
    )
    return Listing(sentence=sentence, frame=pd.DataFrame(listed))
