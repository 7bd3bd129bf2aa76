"""Draft a source file for a file that nobody described yet: guesses and doubts, for a person to finish."""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from riskmodels.errors import ParameterError
from riskmodels.labels import counted, plural
from riskmodels.parameters.files import parameters_text
from riskmodels.privacy import find_personal_data, mask_personal_data
from riskmodels.sources.drafts.aggregates import added_over, called_totals, holes, sums
from riskmodels.sources.drafts.eventlogs import event_log
from riskmodels.sources.drafts.guesses import Guess, filled_in, guessed, product_codes
from riskmodels.sources.drafts.matching import Fit, Layout, best_fit
from riskmodels.sources.drafts.parts import are_figures, in_two_columns, year_columns, year_format
from riskmodels.sources.drafts.profiling import FORMATS, Profile, profile
from riskmodels.sources.drafts.sampling import Sample, take_sample
from riskmodels.sources.mapping import TO_BE_FILLED, Unpivot
from riskmodels.sources.patterns import matching
from riskmodels.tables import CONTRACTS, PERIOD_MONTHS

_LEAST_WIDE = 3  # columns that are months, or figures, to make them rows
_SHOWN = 30  # columns
_LONGEST_STEM = 60  # signs of a file's name in the source's id, which has at most 100
_CLOCKS = {"CN": "Asia/Shanghai", "US": "America/New_York"}
_PERIOD_NAME = re.compile(r"(19|20)\d{2}|\d{2}$")


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A first source file.

    Attributes
    ----------
    id : str
        Of the source.
    table : str
        Canonical table that the file fits best.
    is_good : bool
        Whether it fits at all.
    text : str
        YAML, with guesses and doubts as comments.
    doubts : list of str
        What a person has to look at.
    lacking : list of str
        Columns that have to be filled in.
    """

    id: str
    table: str
    is_good: bool
    text: str
    doubts: list[str]
    lacking: list[str]

    @property
    def sentence(self) -> str:
        """What was found, in words."""
        fits = "fits" if self.is_good else "fits no canonical table; the nearest is"
        found = f"The file {fits} {self.table}: {len(self.doubts)} doubts to look at"
        return f"{found}, to be filled in: {', '.join(self.lacking)}." if self.lacking else f"{found}."


@dataclass(kw_only=True)
class _Notes:
    """Comments by the place that they stand above."""

    comments: dict[tuple[str, ...], list[str]] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)

    def add(self, at: tuple[str, ...], guess: Guess) -> None:
        lines = [f"guess: {line}" for line in guess.reasons] + [f"DOUBT: {line}" for line in guess.doubts]
        self.comments.setdefault(at, []).extend(map(mask_personal_data, lines))
        self.doubts += [mask_personal_data(f"{at[-1]}: {line}") for line in guess.doubts]


def draft_source(
    file: str | Path,
    *,
    target: str | Path,
    table: str | None = None,
    sheet: str | None = None,
    products: Sequence[str] = (),
) -> Draft:
    """Look at some rows of a file and write a first mapping to a canonical table.

    Parameters
    ----------
    file : str or Path
        CSV, Parquet or Excel, or a folder of such files.
    target : str or Path
        Where the source file will stand: paths in it are relative to its folder. Nothing is written.
    table : str, optional
        Canonical table; default: the one that fits best.
    sheet : str, optional
        Of Excel; default: the one that fits best.
    products : sequence of str
        Codes that the policy has limits for: names that mean them are recoded to them.

    Returns
    -------
    Draft
        Its text is a source file that ``load_source`` reads.

    Raises
    ------
    ContractError
        The file is not there, empty or damaged.
    ParameterError
        There is no such table, or no such sheet with rows.
    """
    file, target = Path(file), Path(target)
    if table is not None and table not in CONTRACTS:
        raise ParameterError(f"'{table}' is no canonical table; expected one of {', '.join(CONTRACTS)}")
    samples = take_sample(file)
    chosen = [sample for sample in samples if sheet in {None, sample.sheet}]
    if not chosen:
        raise ParameterError(f"{file} has no sheet '{sheet}' with rows")
    fits = [(_fit(sample, file, table), sample) for sample in chosen]
    fit, sample = max(fits, key=lambda pair: pair[0].rank)
    notes = _Notes()
    source = _source(file, target, fit, sample, notes)
    _recode_products(source["tables"][fit.contract.table]["columns"], fit, products, notes)
    others = [other.sheet for other in samples if other is not sample]
    heading = _heading(file, fit, sample, others)
    columns = source["tables"][fit.contract.table]["columns"]
    lacking = [column for column, made in columns.items() if made.get("value") == TO_BE_FILLED]
    return Draft(
        id=source["id"],
        table=fit.contract.table,
        is_good=fit.is_good,
        text=parameters_text(source, comments=notes.comments, heading=heading),
        doubts=notes.doubts,
        lacking=lacking,
    )


# ---- what the file fits ----


def _fit(sample: Sample, file: Path, table: str | None) -> Fit:
    semicolons = sample.layout.get("delimiter") == ";"
    profiles = [
        profile(column, sample.texts(column), kind, semicolons=semicolons)
        for column, kind in sample.types.items()
        if not find_personal_data(column)  # then it is no name, but a value: the file has no header
    ]
    profiles = [_weighed(found, profiles, sample, semicolons=semicolons) for found in profiles]
    words = " ".join([file.stem, sample.sheet, *sample.types])
    return best_fit(_layouts(profiles, sample), words, table=table)


def _weighed(found: Profile, profiles: list[Profile], sample: Sample, *, semicolons: bool) -> Profile:
    """Read numbers that leave their decimal mark open by the other columns."""
    if found.numbers is None or not found.numbers.doubt:
        return found
    marks = frozenset(other.numbers.mark for other in profiles if other.numbers and other.numbers.mark)
    days = {other.dates.format[:5] for other in profiles if other.dates}
    points = semicolons or "%d.%m" in days
    kind = sample.types[found.name]
    return profile(found.name, sample.texts(found.name), kind, semicolons=points, marks=marks)


def _layouts(profiles: list[Profile], sample: Sample) -> Iterable[Layout]:
    """List the columns as they are, a year and its part as one, and months, years or all figures as rows."""
    tables = tuple(name for name, contract in CONTRACTS.items() if {"month", "period_start"} & {contract.at})
    for joined in in_two_columns(profiles, sample):
        yield Layout(profiles=joined, tables=tables)
    yield Layout(profiles=profiles)
    months = _month_columns(profiles)
    if len(months) >= _LEAST_WIDE:
        yield _unpivoted(profiles, months, ("month", "value"), tables)
    for years in year_columns(profiles):
        form = year_format([found.name for found in years])
        yield _unpivoted(profiles, years, ("year", "value"), tables, formats=(form,))
    figures = [found for found in profiles if found.is_figure]
    days = [found for found in profiles if found.dates and found not in figures]
    if len(figures) >= _LEAST_WIDE and len(days) == 1:
        yield _unpivoted(profiles, figures, ("series", "value"), ("macro",))


def _month_columns(profiles: list[Profile]) -> list[Profile]:
    """List the columns whose names are months, quarters or days."""
    named = [found for found in profiles if _PERIOD_NAME.search(found.name)]
    names = profile("month", [found.name for found in named], "VARCHAR")
    return named if names.dates and are_figures(named) else []


def _unpivoted(
    profiles: list[Profile],
    gone: list[Profile],
    names: tuple[str, str],
    tables: tuple[str, ...],
    formats: tuple[str, ...] = FORMATS,
) -> Layout:
    kept = [found for found in profiles if found not in gone]
    taken = {found.name.casefold() for found in kept}
    names_to, values_to = (name if name not in taken else f"{name}_of_columns" for name in names)
    heads = profile(names_to, [found.name for found in gone], "VARCHAR", formats=formats)
    cells: list[str | None] = [
        value for found in gone for value in [*found.kinds, *found.words, *found.maybe]
    ]
    empty = sum(found.missing - found.words.total() for found in gone)
    figures = profile(values_to, cells + [None] * empty, "VARCHAR")
    unpivot = Unpivot(
        columns=_chosen([found.name for found in gone], kept), names_to=names_to, values_to=values_to
    )
    return Layout(profiles=[*kept, heads, figures], unpivot=unpivot, tables=tables)


def _chosen(names: list[str], kept: list[Profile]) -> str | tuple[str, ...]:
    """Write names that differ in digits alone as a pattern, so that next month's column is found, too."""
    patterns = {re.sub(r"[0-9]+", lambda found: rf"\d{{{len(found[0])}}}", re.escape(name)) for name in names}
    pattern = patterns.pop()
    if patterns or matching(pattern, [found.name for found in kept]):
        return tuple(names)
    return pattern


# ---- what is written ----


def _source(file: Path, target: Path, fit: Fit, sample: Sample, notes: _Notes) -> dict[str, Any]:
    title = mask_personal_data(file.stem or file.name)
    stem = re.sub(r"[^a-z0-9]+", "_", title.casefold())[:_LONGEST_STEM].strip("_")
    country = _country(fit, sample)
    notes.add(("country",), country)
    source: dict[str, Any] = {
        "id": stem if stem[:1].isalpha() else "_".join(filter(None, ("source", fit.contract.table, stem))),
        "title": f"{title}: {fit.contract.table}",
        "country": country.made["country"],
    }
    if any(match.profile.dates and match.profile.dates.zoned for match in fit.matches.values()):
        source["timezone"] = _CLOCKS[source["country"]]
        notes.add(
            ("timezone",), Guess(doubts=["times have a time zone: is this the clock the bank goes by?"])
        )
    if fit.contract.table not in {"complaints", "complaint_counts"} or fit.contract.at not in fit.matches:
        source["as_of"] = _last_day(fit, sample)
        notes.add(
            ("as_of",), Guess(doubts=["day up to which the source knows; taken from the rows looked at"])
        )
    return source | {"tables": {fit.contract.table: _table(file, target, fit, sample, notes)}}


def _country(fit: Fit, sample: Sample) -> Guess:
    """Guess whose working days count from the writing and from the order of day and month."""
    texts = [
        *sample.types,
        *(value for match in fit.matches.values() for value in list(match.profile.kinds)[:50]),
    ]
    if any("\u4e00" <= sign <= "\u9fff" for text in texts for sign in text):
        return Guess(made={"country": "CN"}, reasons=["written in Chinese"])
    formats = {match.profile.dates.format for match in fit.matches.values() if match.profile.dates}
    if any(form.startswith("%m/%d") for form in formats) or {"zip code", "state"} & {
        c.casefold() for c in sample.types
    }:
        return Guess(made={"country": "US"}, reasons=["written as in the United States"])
    return Guess(made={"country": "CN"}, doubts=["whose working days count?"])


def _last_day(fit: Fit, sample: Sample) -> date:
    """Return the last day of the rows, at most today; of a sample, the day on which the file was written."""
    found = [
        match.profile.dates
        for at, match in fit.matches.items()
        if at == fit.contract.at and match.profile.dates
    ]
    written = datetime.fromtimestamp(sample.path.stat().st_mtime).astimezone().date()
    if not found or not sample.whole:
        return written
    months = 0 if found[0].period == "day" else PERIOD_MONTHS.get(found[0].period, 1)
    last = (pd.Timestamp(found[0].last) + pd.DateOffset(months=months, days=-1 if months else 0)).date()
    return min(last, datetime.now().astimezone().date())


def _table(file: Path, target: Path, fit: Fit, sample: Sample, notes: _Notes) -> dict[str, Any]:
    name = fit.contract.table
    at = ("tables", name)
    table: dict[str, Any] = {"file": _relative(_without_person(file), target), **sample.layout}
    if fit.unpivot:
        table["unpivot"] = fit.unpivot.model_dump()
        notes.add((*at, "unpivot"), Guess(reasons=["columns that are one figure each become rows"]))
    notes.add((*at, "file"), Guess(doubts=[*sample.doubts, *_persons(sample)]))
    if find_personal_data(sample.sheet) and "sheet" in table:
        table["sheet"] = mask_personal_data(sample.sheet)
    log = event_log(fit, sample)
    if log:
        table |= log.made
    guesses = guessed(fit, sample, log) | filled_in(fit, log)
    table["columns"] = {column: guesses[column].made for column in fit.contract.names if column in guesses}
    for column, guess in guesses.items():
        notes.add((*at, "columns", column), guess)
    for column, guess in sums(fit, sample, table["columns"]).items():
        notes.add((*at, "columns", column), guess)
    over = added_over(fit, sample, table["columns"])
    table |= over.made
    totals = called_totals(fit, sample, table["columns"], over.made.get("added_over", []))
    notes.add((*at, "columns", fit.contract.at), holes(fit, sample))
    notes.add((*at, "added_over" if over.made else "columns"), Guess(doubts=[*over.doubts, *totals]))
    used = {made.get("column") for made in table["columns"].values()} | set(over.made.get("added_over", []))
    if unused := [found.name for found in fit.unused if found.name not in used]:
        notes.comments.setdefault((*at, "columns"), []).append(f"not used: {_listed(unused)}")
    return table


def _recode_products(columns: dict[str, Any], fit: Fit, products: Sequence[str], notes: _Notes) -> None:
    """Have products called as the policy does, where the column is one that is taken as it is."""
    match = fit.matches.get("product")
    if match is None or "product" not in columns or not products:
        return
    guess = product_codes(match.profile, products)
    columns["product"] |= guess.made
    notes.add(("tables", fit.contract.table, "columns", "product"), guess)


def _persons(sample: Sample) -> list[str]:
    """Say which names of the file look like personal data: they are not written down."""
    found = [name for name in sample.types if find_personal_data(name)]
    doubts = [f"no columns, but values without a header? {_listed(found)}: left out"] if found else []
    if find_personal_data(sample.sheet):
        doubts.append("the name of the sheet looks like personal data: rename it in the file, and here")
    return doubts


def _without_person(file: Path) -> Path:
    """Write a file's name with ``?`` for the signs of personal data, where it still names that file alone."""
    people = find_personal_data(file.name)
    if not people:
        return file
    signs = list(file.name)
    for found in people:
        signs[found.start : found.end] = "?" * (found.end - found.start)
    pattern = "".join(signs)
    alone = "**" not in pattern and file.is_file() and list(file.parent.glob(pattern)) == [file]
    return file.with_name(pattern) if alone else file


def _relative(file: Path, target: Path) -> str:
    try:
        return Path(os.path.relpath(file.resolve(), target.resolve().parent)).as_posix()
    except ValueError:  # on another drive
        return file.resolve().as_posix()


def _listed(names: Iterable[str]) -> str:
    shown = [mask_personal_data(name) for name in names]
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return ", ".join(shown[:_SHOWN]) + more


def _heading(file: Path, fit: Fit, sample: Sample, others: list[str]) -> list[str]:
    many = len(sample.rows)
    whole = plural(many, "the only row was", "all {rows:,} rows were", rows=many)
    looked = whole if sample.whole else counted(many, "of its rows was", "of its rows were")
    found = (
        f"{len(fit.matches)} of the {len(fit.contract.columns)} columns of {fit.contract.table} were found"
    )
    lines = [
        (
            f"Drafted by 'riskmodels source new' from {mask_personal_data(file.name)},"
            f" of which {looked} looked at;"
        ),
        f"{found}. Look at every line with DOUBT, then: riskmodels check-data.",
    ]
    if not fit.is_good:
        lines.append(f"DOUBT: the file fits no canonical table; the nearest is {fit.contract.table}.")
    if others:
        lines.append(f"Other sheets of the file, to be drafted with --sheet: {_listed(others)}.")
    return lines
