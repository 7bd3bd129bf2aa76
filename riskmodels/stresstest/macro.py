"""Quarterly paths of the economy, and what moves with them: read, turned into drivers, put on counts."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.errors import ParameterError
from riskmodels.misfits import nearest
from riskmodels.parameters.macro import MacroDriver

_MOST_BYTES = 10_000_000  # of a file of paths: those of a century have less
_YEAR = 4  # quarters
MONTHS = 3  # of a quarter


@dataclass(frozen=True, kw_only=True, eq=False)
class MacroPath:
    """Quarterly values of economic variables, such as a supervisor's scenario.

    Attributes
    ----------
    name : str
        What it is called in its file.
    table : DataFrame
        One row a quarter (the index, a PeriodIndex without holes), one column a variable, in its own unit.
    """

    name: str
    table: pd.DataFrame

    def after(self, history: "MacroPath") -> "MacroPath":
        """Return the path with the quarters of a history before it, for drivers that look back."""
        first = self.table.index[0]
        earlier = history.table[history.table.index < first]
        if earlier.empty or earlier.index[-1] != first - 1:
            raise ParameterError(
                f"{history.name} does not end in the quarter before {first}, where {self.name} begins"
            )
        return MacroPath(name=self.name, table=pd.concat([earlier, self.table]))

    def drivers(self, chosen: tuple[MacroDriver, ...]) -> pd.DataFrame:
        """Return the drivers by quarter, one column each: unknown where a year back is not known.

        Raises
        ------
        ParameterError
            A driver's column is not in the path; the nearest is named.
        """
        return pd.DataFrame({one.id: self._driver(one) for one in chosen}, index=self.table.index)

    def _driver(self, one: MacroDriver) -> pd.Series:
        if one.column not in self.table:
            raise ParameterError(
                f"{self.name} has no '{one.column}'; {nearest(one.column, [*map(str, self.table)])}"
            )
        values = self.table[one.column]
        if one.measure == "level":
            return values
        if one.measure == "change_in_a_year":
            return values - values.shift(_YEAR)
        return (values / values.shift(_YEAR)).map(np.log) * 100


def read_macro_path(file: str | Path) -> MacroPath:
    """Read quarterly paths in the layout of the Federal Reserve's scenarios.

    Parameters
    ----------
    file : path
        A CSV file: ``Scenario Name``, ``Date`` (``2025 Q1``), and a column a variable.

    Returns
    -------
    MacroPath
        Quarters in order, without a hole.

    Raises
    ------
    ParameterError
        The file is not there, is too large, has no such columns, more than one scenario, or lacks quarters.

    Notes
    -----
    Board of Governors of the Federal Reserve System, Supervisory Scenarios, tables 1A to 3A.
    """
    place = Path(file)
    try:
        if place.stat().st_size > _MOST_BYTES:
            raise ParameterError(f"{place} has more than {_MOST_BYTES:,} bytes; expected a table of quarters")
        frame = pd.read_csv(place)
    except (OSError, ValueError) as error:
        raise ParameterError(f"{place} cannot be read as quarterly paths: {error}") from error
    lacking = [name for name in ("Scenario Name", "Date") if name not in frame]
    if lacking:
        raise ParameterError(
            f"{place} has no column '{lacking[0]}'; expected Scenario Name, Date, and variables"
        )
    names = frame["Scenario Name"].unique()
    if len(names) != 1:
        raise ParameterError(f"{place} holds {len(names)} scenarios; expected one a file")
    return MacroPath(name=str(names[0]), table=_by_quarter(frame, place))


def _by_quarter(frame: pd.DataFrame, place: Path) -> pd.DataFrame:
    try:
        quarters = pd.PeriodIndex(frame["Date"].str.replace(" ", ""), freq="Q")
        table = frame.drop(columns=["Scenario Name", "Date"]).astype("float64").set_axis(quarters)
    except (ValueError, AttributeError) as error:
        raise ParameterError(f"{place}: {error}; expected quarters such as 2025 Q1, and numbers") from error
    table = table.sort_index()
    if not table.index.equals(pd.period_range(table.index[0], table.index[-1], freq="Q")):
        raise ParameterError(
            f"{place}: quarters lack or are given twice between {table.index[0]} and {table.index[-1]}"
        )
    return table


def by_month(quarterly: Floats) -> Floats:
    """Repeat values by quarter, shape (..., q), for their months, shape (..., 3 q)."""
    return np.repeat(quarterly, MONTHS, axis=-1)
