"""What differs between two documents of an assessment, figure by figure."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riskmodels.reporting.document import without_standing

COLUMNS = ["part", "subject", "figure", "before", "now"]
_LEFT_OUT = {"standing", "format", "names"}  # how it stands, how it is written, what things are called
_IDENTIFIERS = (
    *("finding_id", "alarm_id", "proposal_id", "objective_id", "scenario", "rule", "indicator_id", "unit_id"),
    *("product", "period", "month", "dimension", "table", "column", "id"),
)
_HEADLINES = {  # the parts and figures that management reads
    "": {"policy", "data_digest", "false_share", "as_of"},
    "findings": {"severity", "value", "estimate", "limit", ""},
    "watch_list": {"severity", "value", "estimate", ""},
    "indicators": {"rating", "value", "estimate"},
    "units": {"rating", "score", "rank"},
    "objectives": {"state", "value", "expected", "probability"},
    "forecast": {"mean", "lower", "upper"},
}


def document_differences(before: Path, now: Path) -> pd.DataFrame:
    """Compare two files ``assessment.json``.

    Returns
    -------
    DataFrame
        One row per figure that differs: part, subject, figure, before, now (as texts; empty where there is
        none). A finding that is new, or gone, is one row, whose figure is empty.
    """
    first, second = (json.loads(path.read_bytes()) for path in (before, now))
    rows = [
        row
        for part in dict.fromkeys((*first, *second))
        if part not in _LEFT_OUT
        for row in _of_part(part, first.get(part), second.get(part))
    ]
    return pd.DataFrame(rows, columns=COLUMNS, dtype="str")


def headline_differences(differences: pd.DataFrame) -> pd.DataFrame:
    """Return those of findings, ratings and headline figures, the findings first."""
    parts = list(_HEADLINES)
    is_read = [
        figure in _HEADLINES.get(part, ())
        for part, figure in zip(differences["part"], differences["figure"], strict=True)
    ]
    kept = differences[is_read]
    return kept.sort_values("part", key=lambda part: part.map(parts.index), kind="stable", ignore_index=True)


def _of_part(part: str, before: Any, now: Any) -> Iterator[tuple[str, str, str, str, str]]:
    if not isinstance(before, list) and not isinstance(now, list):
        if before != now:
            yield "", "", part, _text(before), _text(now)
        return
    first, second = _by_subject(before or []), _by_subject(now or [])
    for subject in dict.fromkeys((*first, *second)):
        if subject not in first or subject not in second:
            yield part, subject, "", _said(first.get(subject)), _said(second.get(subject))
            continue
        old, new = first[subject], second[subject]
        for figure in dict.fromkeys((*old, *new)):
            if old.get(figure) != new.get(figure):
                yield part, subject, figure, _text(old.get(figure)), _text(new.get(figure))


def _by_subject(records: Sequence[Any]) -> dict[str, dict[str, Any]]:
    """Name records by what identifies them; of several of one name the place counts, too."""
    seen: Counter[str] = Counter()
    named = {}
    for record in records:
        flat = dict(_flat(record))
        name = ", ".join(str(flat[one]) for one in _IDENTIFIERS if flat.get(one) not in (None, ""))
        seen[name] += 1
        named[name if seen[name] == 1 else f"{name} ({seen[name]})"] = flat
    return named


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every figure in nested values with its path."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flat(item, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list):
        named = _by_subject(value) if value and isinstance(value[0], Mapping) else dict(enumerate(value))
        for key, item in named.items():
            yield from _flat(item, f"{name}[{key}]")
    else:
        yield name, value


def _said(record: Mapping[str, Any] | None) -> str:
    """Say that a record is there, by its severity or rating where it has one."""
    if record is None:
        return ""
    return str(record.get("severity") or record.get("rating") or "given")


def _text(value: Any) -> str:
    return "" if value is None else str(value)


# ---- files of two reports ----

SAME, ALIKE, DIFFERENT = "the same bytes", "the same figures", "different"
MISSING, NEW, LOST = "missing", "new", "cannot be compared"
_PAGES = ("report.html", "board.html")
_COMPARED = ("assessment.json", *_PAGES, "results", "tables")
_DIGEST = re.compile(r"\b[0-9a-f]{16}\b")  # of a stored table, as evidence names it
_OF_TEXTS = ("results/typical_words/", "tables/typical_words")  # made of customers' words
_OF_STORE = ("results/tables/", "tables/data_rows", "tables/changes_")  # name stored tables by digest


def report_differences(
    then: Path, now: Path, *, is_reduced: bool = False
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare two reports: every file byte for byte, and where bytes differ, figure by figure.

    Parameters
    ----------
    then, now : Path
        Folders of the reports.
    is_reduced : bool
        The second was made of tables without customers' texts: what is made of them is not compared.

    Returns
    -------
    table : DataFrame
        One row per figure that differs: part (the file), subject, figure, before, now.
    files : DataFrame
        One row per file: file, state.
    """
    names = dict.fromkeys((*_files(then), *_files(now)))
    rows, states = list[tuple[str, ...]](), list[tuple[str, str]]()
    for name in names:
        found, state = _of_file(then / name, now / name, name, is_reduced=is_reduced)
        rows += [(name, *row) for row in found]
        states.append((name, state))
    table = pd.DataFrame(rows, columns=COLUMNS, dtype="str")
    return table, pd.DataFrame(states, columns=["file", "state"], dtype="str")


def _files(report: Path) -> list[str]:
    places = (path for part in _COMPARED for path in (report / part, *sorted((report / part).rglob("*"))))
    return [path.relative_to(report).as_posix() for path in places if path.is_file()]


def _of_file(then: Path, now: Path, name: str, *, is_reduced: bool) -> tuple[list[tuple[str, ...]], str]:
    if name.startswith("results/tables/") or (is_reduced and name.startswith((*_OF_TEXTS, *_OF_STORE))):
        return [], LOST if is_reduced else ALIKE  # they name folders, and nothing else
    if not then.is_file() or not now.is_file():
        return [("", "", _there(then), _there(now))], MISSING if then.is_file() else NEW
    if then.read_bytes() == now.read_bytes():
        return [], SAME
    if name in _PAGES:
        first, second = (without_standing(path.read_text("utf-8")) for path in (then, now))
        return [], SAME if first == second else LOST if is_reduced else ALIKE
    rows = [row for row in _figures(then, now) if not (is_reduced and _names_tables(row))]
    return rows, DIFFERENT if rows else ALIKE


def _names_tables(row: tuple[str, ...]) -> bool:
    """Whether all that differs are digests of stored tables, which a reduced table has others of."""
    _, figure, before, now = row
    return figure.endswith("digest") or _DIGEST.sub("", before) == _DIGEST.sub("", now)


def _figures(then: Path, now: Path) -> Iterator[tuple[str, ...]]:
    """Yield subject, figure, before and now of what differs in two files of one kind."""
    if then.name == "assessment.json":
        found = document_differences(then, now)
        for part, subject, figure, before, after in found.itertuples(index=False, name=None):
            yield ", ".join(filter(None, (str(part), str(subject)))), figure, before, after
    elif then.suffix == ".json":
        first, second = (dict(_flat(json.loads(path.read_bytes()))) for path in (then, now))
        for name in dict.fromkeys((*first, *second)):
            if not name.endswith("sha256") and first.get(name) != second.get(name):
                yield "", name, _text(first.get(name)), _text(second.get(name))
    elif then.suffix == ".parquet":
        yield from _cells(pd.read_parquet(then), pd.read_parquet(now))
    elif then.suffix == ".npy":
        yield from _values(np.load(then), np.load(now))


def _cells(before: pd.DataFrame, now: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    if before.shape != now.shape or list(map(str, before.columns)) != list(map(str, now.columns)):
        yield "", "rows × columns", " × ".join(map(str, before.shape)), " × ".join(map(str, now.shape))
        return
    for place, name in enumerate(before.columns):
        first, second = before.iloc[:, place], now.iloc[:, place]
        texts = first.astype("str").fillna("–"), second.astype("str").fillna("–")
        differs = (texts[0].to_numpy() != texts[1].to_numpy()).nonzero()[0]
        for row in differs:
            yield _row_of(now, int(row)), str(name), texts[0].iloc[row], texts[1].iloc[row]


def _row_of(frame: pd.DataFrame, row: int) -> str:
    """Name a row by what identifies it, else by its number."""
    named = [str(frame[one].iloc[row]) for one in _IDENTIFIERS if one in frame.columns]
    return ", ".join(filter(None, named)) or str(row + 1)


def _values(before: np.ndarray[Any, Any], now: np.ndarray[Any, Any]) -> Iterator[tuple[str, ...]]:
    if before.shape != now.shape:
        yield "", "shape", str(before.shape), str(now.shape)
        return
    differs = (before != now) & ~((before != before) & (now != now))  # noqa: PLR0124  NaN is NaN
    if differs.any():
        first = tuple(int(place) for place in np.argwhere(differs)[0])
        yield f"{int(differs.sum())} values", str(list(first)), str(before[first]), str(now[first])


def _there(path: Path) -> str:
    return "given" if path.is_file() else ""
