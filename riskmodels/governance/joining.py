"""What a run takes from its ledger into its data: corrective actions, and answers to alarms."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from riskmodels.arrays import Flags
from riskmodels.governance.state import LedgerState
from riskmodels.labels import plural
from riskmodels.parameters.watches import Acknowledgement, Acknowledgements
from riskmodels.tables import CONTRACTS, Provenance, Table, Tables, keep, staging_folder
from riskmodels.tables.contracts import ARROW_TYPES

_ACTIONS, _KEY = "actions", "action_id"
_STRAY = "unit_id in units"  # the rule as ingestion calls it
_ALARM = r"A-[0-9a-f]{8}"


def join_actions(tables: Tables, state: LedgerState | None, *, store: str | Path) -> Tables:
    """Add the corrective actions of the ledger to those of the source.

    Parameters
    ----------
    tables : Tables
        Of the source.
    state : LedgerState or None
        None, and one without an action, changes nothing.
    store : path
        Folder of accepted tables.

    Returns
    -------
    Tables
        With a table ``actions`` that holds both; of an action that both have, as the ledger has it, which its
        ``doubts`` count. One of a unit that the source does not know is rejected. Its provenance names the
        ledger beside the source's files.
    """
    frame = pd.DataFrame() if state is None else state.frame(_ACTIONS)
    if state is None or frame.empty:
        return tables
    contract, own = CONTRACTS[_ACTIONS], tables.actions
    schema = pa.schema([(one.name, ARROW_TYPES[one.type]) for one in contract.columns])
    rows = _canonical(frame, schema)
    stray = _strange(rows, tables)
    given = schema.empty_table() if own is None else pq.read_table(own.path, columns=contract.names)
    twice = np.isin(given[_KEY].to_numpy(zero_copy_only=False), rows[_KEY].to_numpy(zero_copy_only=False))
    joined = pa.concat_tables([given.filter(pa.array(~twice)), rows.filter(pa.array(~stray))])
    joined = joined.sort_by([("opened_on", "ascending"), (_KEY, "ascending")])
    with staging_folder(Path(store), _ACTIONS) as folder:
        pq.write_table(joined, folder / "accepted.parquet", compression="zstd")
        rejected = _rejected(rows.filter(pa.array(stray)), state.place, own)
        rejected.to_parquet(folder / "rejected.parquet", index=False)
        kept = keep(folder, _provenance(tables, state, joined, rejected, int(twice.sum())))
    return replace(tables, actions=kept)


def _canonical(frame: pd.DataFrame, schema: pa.Schema) -> pa.Table:
    """Return the ledger's actions as the canonical table has them; a cancelled one was not done."""
    cancelled = frame["status"] == "cancelled"
    known = frame[~cancelled].reindex(columns=schema.names)
    texts = known.select_dtypes(["object", "str"]).columns
    known[texts] = known[texts].astype("object").where(known[texts] != "", None)
    return pa.Table.from_pandas(known, schema=schema, preserve_index=False)


def _strange(rows: pa.Table, tables: Tables) -> Flags:
    """Mark the actions of units that the source does not know; none where it has no table of units."""
    units = rows["unit_id"].to_pandas()
    if tables.units is None:
        return np.zeros(len(units), dtype=bool)
    strange = units.notna() & ~units.isin(tables.units.frame(["unit_id"])["unit_id"])
    return np.asarray(strange, dtype=bool)


def _rejected(stray: pa.Table, place: str, own: Table | None) -> pd.DataFrame:
    columns = ["file", "row", "rule", "content", "cell"]
    given = pd.DataFrame(columns=columns) if own is None else own.rejected.reindex(columns=columns)
    more = pd.DataFrame(
        {
            "file": _file(place),
            "row": np.arange(1, stray.num_rows + 1),
            "rule": _STRAY,
            "content": [f'{{"{_KEY}": "{one}"}}' for one in stray[_KEY].to_pylist()],
            "cell": None,
        }
    )
    texts = dict.fromkeys(columns, "object") | {"row": "int64"}
    return pd.concat([given.astype(texts), more.astype(texts)], ignore_index=True)


def _file(place: str) -> str:
    return f"ledger {Path(place).name}"


def _provenance(
    tables: Tables, state: LedgerState, joined: pa.Table, rejected: pd.DataFrame, twice: int
) -> Provenance:
    """Say that the table is of the ledger, too: by the digest of its actions, which other records leave."""
    digest = hashlib.sha256("\n".join(state.frame(_ACTIONS)["digest"]).encode()).hexdigest()
    doubt = plural(
        twice,
        "{twice} action stands in the source and in the ledger: as the ledger has it",
        "{twice} actions stand in the source and in the ledger: as the ledger has them",
        twice=twice,
    )
    counts = zip(joined.column_names, (column.null_count for column in joined.columns), strict=True)
    own = Provenance(
        source=tables.present[0].provenance.source,
        files={},
        as_of=tables.as_of,
        rows_read=0,
        rows_accepted=0,
        rows_rejected=0,
        holidays=tables.holidays,
        given_columns=(),
    )
    own = tables.actions.provenance if tables.actions else own
    changes = {
        "files": own.files | {_file(state.place): digest},
        "rows_read": joined.num_rows + len(rejected),
        "rows_accepted": joined.num_rows,
        "rows_rejected": len(rejected),
        "given_columns": tuple(name for name, missing in counts if missing < joined.num_rows),
        "doubts": (*own.doubts, doubt) if twice else own.doubts,
    }
    return own.model_copy(update=changes)


def join_acknowledged(given: Acknowledgements, state: LedgerState | None) -> Acknowledgements:
    """Add the ledger's answers to alarms to those of a file; of an alarm with both, the longer one."""
    if state is None:
        return given
    found = {one.alarm: one for one in given.acknowledged}
    rows = state.frame("acknowledgements")
    for row in rows[rows["alarm_id"].str.fullmatch(_ALARM)].to_dict("records"):
        until = row["until"].date()
        if row["alarm_id"] not in found or until > found[row["alarm_id"]].until:
            reason = ": ".join(filter(None, [row["answer"], row["reason"]]))
            found[row["alarm_id"]] = Acknowledgement(
                alarm=row["alarm_id"], reason=reason, by=row["stated_by"], until=until
            )
    return Acknowledgements(acknowledged=tuple(found.values()))
