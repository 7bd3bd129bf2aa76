"""Quarterly paths of the economy: read, turned into drivers, and followed by the shocks of a scenario."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from riskmodels.errors import ParameterError
from riskmodels.misfits import nearest
from riskmodels.parameters.macro import MacroDriver
from riskmodels.parameters.shocks import MONTHS, Course, Shock

_MOST_BYTES = 10_000_000  # of a file of paths: those of a century have less
_YEAR = 4  # quarters


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


def with_course(shock: Shock, folder: Path, at: str) -> Shock:
    """Return a shock with the quarters of the files that it follows.

    Parameters
    ----------
    shock : Shock
        With a course, or without: then it is as it was.
    folder : Path
        Of the scenario file, from which the files are named.
    at : str
        Scenario file and dotted path of the shock, for messages.

    Raises
    ------
    ParameterError
        A file cannot be read, is of another scenario, lacks the series or quarters of it, or the shock lasts
        longer than the path; names file, dotted path and reason.
    """
    course = shock.follows
    if course is None:
        return shock
    if course.ahead or course.past or course.without:
        raise ParameterError(f"{at}.follows: leave past, ahead and without out; they are read from the files")
    path = _series(course, course.file, folder, f"{at}.follows.file", named=course.scenario)
    past = _series(course, course.history, folder, f"{at}.follows.history").loc[
        lambda one: one.index < path.index[0]
    ]
    if past.empty or past.index[-1] != path.index[0] - 1:
        raise ParameterError(
            f"{at}.follows.history: {course.history} does not end in the quarter before {path.index[0]}"
        )
    if shock.months > (longest := MONTHS * len(path)):
        raise ParameterError(
            f"{at}.months: {course.file} has {len(path)} quarters; expected at most {longest} months"
        )
    values = {"past": past, "ahead": path, "without": _without(course, past, path, folder, at)}
    read = {name: tuple(map(float, one)) for name, one in values.items()} | {"first": str(path.index[0])}
    filled = course.model_copy(update=read)
    lasting = filled.sizes[: -(-shock.months // MONTHS)]
    return shock.model_copy(update={"follows": filled, "size": shock.size * max(lasting, default=0.0)})


def _without(course: Course, past: pd.Series, path: pd.Series, folder: Path, at: str) -> pd.Series:
    """Return what a path is set against: its baseline, or the last quarter before it."""
    if course.baseline is None:
        found = pd.Series(past.iloc[-1], index=path.index)
    else:
        found = _series(course, course.baseline, folder, f"{at}.follows.baseline").reindex(path.index)
    if found.isna().any():
        lacking = found.index[found.isna()][0]
        raise ParameterError(f"{at}.follows.baseline: {course.baseline} does not know {lacking}")
    if course.measure == "per_cent" and not (pd.concat([past, path, found]) > 0).all():
        raise ParameterError(f"{at}.follows.measure: '{course.series}' is not always above zero; take points")
    return found


def _series(course: Course, file: str, folder: Path, at: str, *, named: str | None = None) -> pd.Series:
    """Return the known quarters of a course's series in one of its files, without a hole."""
    try:
        found = read_macro_path(folder / file)
    except ParameterError as error:
        raise ParameterError(f"{at}: {error}") from error
    if named is not None and found.name != named:
        raise ParameterError(f"{at}: {folder / file} is of the scenario '{found.name}'; expected '{named}'")
    if course.series not in found.table:
        near = nearest(course.series, [*map(str, found.table)])
        raise ParameterError(f"{at}: {folder / file} has no series '{course.series}'; {near}")
    column = found.table[course.series]
    values = column[column.notna().cummax()]  # a series may begin later than others
    if values.empty or not np.isfinite(values).all():
        raise ParameterError(
            f"{at}: {folder / file} lacks quarters of '{course.series}', or has some that are not finite"
        )
    return values
