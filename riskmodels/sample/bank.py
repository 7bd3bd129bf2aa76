"""The synthetic bank as a whole."""

from dataclasses import dataclass
from typing import Final

import pandas as pd

from riskmodels.sample.actions import actions_table
from riskmodels.sample.arrivals import drawn_counts, expected_before_actions
from riskmodels.sample.complaints import complaints_table
from riskmodels.sample.enquiries import enquiries_table
from riskmodels.sample.incidents import incidents_table
from riskmodels.sample.inspections import inspections_table
from riskmodels.sample.losses import losses_table
from riskmodels.sample.macro import macro_table
from riskmodels.sample.network import accounts_by_cell, exposure_table, units_table
from riskmodels.sample.observations import observations_table
from riskmodels.sample.surveys import surveys_table
from riskmodels.sample.truth import Truth, truth_of
from riskmodels.tables.canonical import CONTRACTS
from riskmodels.tables.contracts import ColumnType, Contract

PANDAS_TYPES: Final[dict[ColumnType, str]] = {
    "code": "str",
    "text": "str",
    "timestamp": "datetime64[us]",
    "date": "datetime64[us]",
    "integer": "Int64",
    "number": "float64",
    "boolean": "boolean",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class SampleBank:
    """A synthetic bank: its canonical tables, and the truth that made them.

    Attributes
    ----------
    tables : dict of str to DataFrame
        One frame for each canonical table, with the columns of its contract in their order.
    truth : Truth
        Rates, effects, gaps and holes, with their sizes, ids and months.
    """

    tables: dict[str, pd.DataFrame]
    truth: Truth

    def summary(self) -> pd.DataFrame:
        """Count the rows of each table."""
        rows = [(name, len(frame)) for name, frame in self.tables.items()]
        return pd.DataFrame(rows, columns=["table", "rows"])

    def _repr_html_(self) -> str:
        return str(self.summary().to_html(index=False))


def sample_bank(*, seed: int = 2026) -> SampleBank:
    """Draw the synthetic bank of 60 branches and 48 months that ends on 2026-09-30.

    Parameters
    ----------
    seed : int
        Seed of all random streams, 0 or more; the plan of the bank does not depend on it.

    Returns
    -------
    SampleBank
        The canonical tables, each keeping its contract, and the truth behind them; the same seed
        gives the same bank.

    Notes
    -----
    Nothing but the complaints is made to depend on anything else: indicators, surveys, inspections, calls and
    macro-economic series have no effect on complaints, nor outages.

    Examples
    --------
    >>> bank = sample_bank(seed=2026)
    >>> len(bank.tables["units"]), bank.truth.bad_branch.rate_factor
    (60, 2.5)
    """
    accounts = accounts_by_cell(seed)
    counts, actions = drawn_counts(expected_before_actions(accounts), seed=seed)
    complaints, personal_data = complaints_table(counts, seed=seed)
    losses, incidents = losses_table(complaints, accounts, seed=seed), incidents_table(seed=seed)
    frames = {
        "units": units_table(seed),
        "complaints": complaints,
        "exposure": exposure_table(accounts),
        "observations": observations_table(accounts, losses, incidents, seed=seed),
        "surveys": surveys_table(accounts, seed=seed),
        "inspections": inspections_table(seed=seed),
        "losses": losses,
        "incidents": incidents,
        "actions": actions_table(actions, seed=seed),
        "enquiries": enquiries_table(seed=seed),
        "macro": macro_table(seed=seed),
    }
    tables = {name: _conformed(frame, CONTRACTS[name]) for name, frame in frames.items()}
    return SampleBank(tables=tables, truth=truth_of(counts, accounts, actions, personal_data, seed=seed))


def _conformed(frame: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """Keep the contract's columns in its order, as its types; the region comes from the units."""
    types = {column.name: PANDAS_TYPES[column.type] for column in contract.columns if column.name in frame}
    return frame[list(types)].astype(types)
