"""A year rolled forward: what stood open on a day, and what has changed or come since, marked."""

from datetime import date

import numpy as np
import pandas as pd

from riskmodels.governance.ledger.records import RECORDS
from riskmodels.governance.ledger.store import Ledger

CHANGES = ("new", "changed", "carried over")
_ABOUT = ("version", "seq", "at", "actor", "stated_by", "digest")  # change with every version
_DONE = ("closed", "cancelled", "rejected", "withdrawn")


def roll_forward(ledger: Ledger, table: str, *, since: date) -> pd.DataFrame:
    """Return the records of a kind that were open on a day, or have come or changed since.

    Parameters
    ----------
    ledger : Ledger
        As it is now, or was on a later day (``Ledger.as_of``).
    table : str
        Kind of record, e.g. ``actions``.
    since : date
        The day, as at whose end (UTC) the ledger was known then: the last of a year.

    Returns
    -------
    DataFrame
        Columns of ``Ledger.frame``, and change (new, changed, carried over) and changed (names of the columns
        that differ, standing among them: what was open may be overdue now). What was done then, and has not
        changed, is left out.
    """
    key = RECORDS[table].key
    then, now = ledger.as_of(since).frame(table), ledger.frame(table)
    compared = [name for name in now.columns if name not in _ABOUT]
    before = then.set_index(key).reindex(now[key])
    differs = {name: _differs(now[name], before[name]) for name in compared if name != key}
    is_new = ~now[key].isin(then[key]).to_numpy()
    names = [" ".join(name for name, flags in differs.items() if flags[place]) for place in range(len(now))]
    changed = np.where(is_new, "", np.array(names, dtype=object))
    change = np.select([is_new, changed != ""], CHANGES[:2], CHANGES[2])
    marked = now.assign(change=pd.Series(change, dtype="str"), changed=pd.Series(changed, dtype="str"))
    was_done = now["standing"].isin(_DONE) if "standing" in now else pd.Series(data=False, index=now.index)
    return marked[~(was_done & (marked["change"] == CHANGES[2]))].reset_index(drop=True)


def _differs(now: pd.Series, before: pd.Series) -> np.ndarray:
    one, other = now.to_numpy(dtype=object), before.to_numpy(dtype=object)
    return np.asarray((one != other) & ~(pd.isna(one) & pd.isna(other)), dtype=bool)
