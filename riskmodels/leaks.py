"""Look for personal data in files that are to be given away: reports, stored tables, drafts."""

import html
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from bs4 import BeautifulSoup
from python_calamine import CalamineError, load_workbook

from riskmodels.errors import ParameterError
from riskmodels.labels import counted, plural
from riskmodels.privacy import find_personal_data, mask_personal_data
from riskmodels.sources.codes import IDENTIFIERS, masked_row_ids

_IMAGE = re.compile(r"data:[\w/+.-]+;base64,[\w+/=\s]*")
_UNREAD = {".npy", ".png", ".pdf", ".lock"}  # numbers and pictures
_AROUND = 20  # signs
_LONG = 10**10  # from here on whole numbers may be phones, cards or identity cards
_MOST = 0.5  # of a column's numbers, so that it is one of such numbers

Text = tuple[str, str]  # where it stands, and what it says


@dataclass(frozen=True, kw_only=True, eq=False)
class Leaks:
    """What looks like personal data in a folder.

    Attributes
    ----------
    table : DataFrame
        One row per file, place and kind: file, place (column, line or sheet), kind, times, example (masked).
    files : int
        Looked at.
    unread : int
        Files that hold no text: pictures and arrays of numbers.
    """

    table: pd.DataFrame
    files: int
    unread: int

    @property
    def sentence(self) -> str:
        """What was found, in words."""
        looked = f"{counted(self.files, 'file', 'files')} looked at, {self.unread} of them without text"
        if self.table.empty:
            return f"Nothing that looks like personal data: {looked}."
        places = len(self.table.drop_duplicates(["file", "place"]))
        pieces = plural(
            self.table["times"].sum(),
            "{times:,} piece that looks like personal data",
            "{times:,} pieces that look like personal data",
            times=self.table["times"].sum(),
        )
        return f"{pieces}, in {counted(places, 'place', 'places')}: {looked}."


def files_in(folder: Path) -> list[Path]:
    """List the files of a folder, hidden ones included, or the one file that it is.

    Raises ParameterError where there is no such folder or file.
    """
    if not folder.exists():
        raise ParameterError(f"there is no folder or file {folder}; give a report, a store or a draft")
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else [folder]


def scan(files: Iterable[Path], *, within: Path, country: str = "") -> Leaks:
    """Look for personal data in the names, texts and tables of files.

    Parameters
    ----------
    files : iterable of Path
        From ``files_in``.
    within : Path
        Their folder, which is not named again.
    country : str
        Whose phones are looked for, ISO 3166, beside those of China and North America.

    Returns
    -------
    Leaks
        What was found, masked.

    Notes
    -----
    It finds what masking finds, and names and addresses only where a word says that one follows. In columns
    that distinguish rows (``complaint_id`` and the like) numbers that may be bank cards are left out: one in
    ten long numbers is one by chance.
    """
    rows, seen, unread = [], 0, 0
    masked = partial(mask_personal_data, country=country)
    for path in files:
        seen += 1
        unread += path.suffix in _UNREAD
        name = path.relative_to(within).as_posix() if path != within else path.name
        for (place, kind), (times, example) in _found(path, name, country).items():
            rows.append((masked(name), masked(place), kind, times, example))
    return Leaks(
        table=pd.DataFrame(rows, columns=["file", "place", "kind", "times", "example"]),
        files=seen,
        unread=unread,
    )


def _found(path: Path, name: str, country: str) -> dict[tuple[str, str], tuple[int, str]]:
    """Count what looks like personal data by place and kind, with an example of each."""
    times: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], str] = {}
    masked = partial(mask_personal_data, country=country)
    for place, text in (("name of the file", name), *_texts(path, country)):
        for found in find_personal_data(text, country=country):
            at = (place, found.kind)
            times[at] += 1
            around = (text[max(0, found.start - _AROUND) : found.start], text[found.end :][:_AROUND])
            examples.setdefault(at, f"[{found.kind}]".join(map(masked, around)).strip())
    return {at: (times[at], examples[at]) for at in times}


def _texts(path: Path, country: str) -> Iterator[Text]:
    """Give what a file says, piece by piece; what cannot be read as its name says is read as text."""
    if path.suffix in _UNREAD:
        return
    try:
        ways: dict[str, Callable[[Path], Iterator[Text]]] = {
            ".parquet": partial(_of_parquet, country=country),
            ".csv": partial(_of_csv, country=country),
            ".json": _of_json,
            ".ipynb": _of_json,
            ".html": _of_html,
            ".xlsx": _of_excel,
        }
        yield from ways.get(path.suffix, _of_text)(path)
    except (pa.ArrowException, CalamineError, ValueError, OSError, RecursionError):
        yield from _of_text(path)


def _of_text(path: Path) -> Iterator[Text]:
    with path.open(encoding="utf-8", errors="replace") as lines:
        yield from ((f"line {place}", line) for place, line in enumerate(lines, start=1))


def _of_parquet(path: Path, country: str) -> Iterator[Text]:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches():
            yield from _of_columns({name: batch[name].to_pandas() for name in batch.schema.names}, country)


def _of_csv(path: Path, country: str) -> Iterator[Text]:
    for part in pd.read_csv(path, chunksize=100_000, low_memory=False, encoding_errors="replace"):
        yield from _of_columns({str(name): part[name] for name in part.columns}, country)


def _of_columns(columns: dict[str, pd.Series], country: str) -> Iterator[Text]:
    for name, values in columns.items():
        yield "names of columns", name
        known = values.dropna()
        if name in IDENTIFIERS:
            ids = pa.array(known.astype("str"), pa.string())
            yield from ((f"column {name}", text) for text in masked_row_ids(ids, country=country, key=bytes))
            continue
        if isinstance(known.dtype, pd.CategoricalDtype):
            known = known.astype(known.cat.categories.dtype)
        if known.dtype in (object, "str"):
            for text, times in known.astype("str").value_counts().items():
                yield from [(f"column {name}", str(text))] * int(times)
        elif pd.api.types.is_numeric_dtype(known.dtype) and (known % 1 == 0).all():
            yield from _of_numbers(name, known, country)


def _of_numbers(name: str, values: pd.Series, country: str) -> Iterator[Text]:
    """Give whole numbers where most of a column are phones or cards: a few are amounts by chance."""
    long = (str(int(value)) for value in values[values >= _LONG])  # one of a column with gaps is a float
    found = [text for text in long if find_personal_data(text, country=country)]
    if found and len(found) >= _MOST * len(values):
        yield from ((f"column {name}", text) for text in found)


def _of_json(path: Path) -> Iterator[Text]:
    yield from _of_values(json.loads(path.read_text(encoding="utf-8")), "")


def _of_values(value: Any, at: str) -> Iterator[Text]:
    if isinstance(value, str):
        yield at, html.unescape(_IMAGE.sub("", value))
    elif isinstance(value, list):
        for item in value:
            yield from _of_values(item, at)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield "names of values", name
            if not name.startswith("image/"):
                yield from _of_values(item, name)


def _of_html(path: Path) -> Iterator[Text]:
    page = BeautifulSoup(_IMAGE.sub("", path.read_text(encoding="utf-8")), "html.parser")
    yield from (("text", text) for text in page.find_all(string=True))
    for tag in page.find_all():
        yield from ((f"attribute {name}", str(value)) for name, value in tag.attrs.items())


def _of_excel(path: Path) -> Iterator[Text]:
    with load_workbook(path) as book:
        for sheet in book.sheet_names:
            yield "names of sheets", sheet
            for row in book.get_sheet_by_name(sheet).iter_rows():
                yield from ((f"sheet {sheet}", cell) for cell in row if isinstance(cell, str))
