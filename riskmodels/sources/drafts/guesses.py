"""How a canonical column is made from one of a file that nobody described, why, and what is doubtful."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import pyarrow as pa

from riskmodels.display import CURRENCY, shown_few
from riskmodels.labels import counted
from riskmodels.privacy import find_personal_data, mask_personal_data
from riskmodels.sources.column_maps import ROW_NUMBER
from riskmodels.sources.drafts.code_words import SURE, code_likeness, likely_code
from riskmodels.sources.drafts.eventlogs import EventLog
from riskmodels.sources.drafts.matching import Fit, Match, identifier, suitability
from riskmodels.sources.drafts.profiling import Dates, Profile, moment
from riskmodels.sources.drafts.sampling import Sample
from riskmodels.sources.drafts.synonyms import domain_value, grade, name_score, truth
from riskmodels.sources.mapping import TO_BE_FILLED
from riskmodels.sources.numerals import currency_in, unit_in
from riskmodels.sources.periods import is_period, without_remarks, year_from
from riskmodels.tables import Column, Contract
from riskmodels.tables.sql import small_connection
from riskmodels.tables.yearly_sums import FLOWS

_SURE, _MAYBE = 0.8, 0.5  # scores of a match that is not doubted, and of one that is offered; a choice
_SHOWN = 6  # values, in a comment
USUAL = {"thousands": None, "decimal": ".", "grouping": "threes", "negative": "sign"}  # of a source file
_LENGTH = 40  # of a value in a comment, characters
_CUMULATIVE = re.compile(r"(?i)累计|累計|(?:^|[\W_])ytd(?:$|[\W_])|year.?to.?date|cumul|acumul|kumul")
_FISCAL = re.compile(r"(?i)fiscal|financial|\bFY|财年|財年")
_MOST_VALUES = 60  # of a code that is recoded


@dataclass(frozen=True, kw_only=True)
class Guess:
    """How a value is made, the reasons for it, and what a person should look at."""

    made: dict[str, Any] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    def __add__(self, other: "Guess") -> "Guess":
        return Guess(
            made=self.made | other.made,
            reasons=self.reasons + other.reasons,
            doubts=self.doubts + other.doubts,
        )


def guessed(fit: Fit, sample: Sample, log: EventLog | None = None) -> dict[str, Guess]:
    """Return how canonical columns are made that one of the file fits; ``log``: several rows per case."""
    matches, doubts = _in_order_of_time(fit, sample)
    guesses = {}
    for column in fit.contract.columns:
        if match := matches.get(column.name):
            guess = _from_column(fit.contract, column, match, sample.title)
            if log and match.profile.name == log.column:
                guess = Guess(made=guess.made, reasons=guess.reasons, doubts=[log.words])
            guesses[column.name] = guess + Guess(doubts=doubts.get(column.name, []))
    return guesses


def filled_in(fit: Fit, log: EventLog | None = None) -> dict[str, Guess]:
    """Return what stands for essential columns that none of the file fits; ``log``: several rows per case."""
    guesses = {column.name: _instead(fit, column, log) for column in fit.lacking}
    if "period" in fit.contract.names and not {"period"} & {*fit.matches, *guesses}:
        period, at = _period(fit), fit.matches.get(fit.contract.at)
        if period.made != {"value": "month"}:
            is_said = at and at.profile.dates and is_period(at.profile.dates.format)
            doubts = [] if is_said else ["or is each of one month of it? Then leave this line out"]
            guesses["period"] = period + Guess(doubts=doubts)
    return guesses


# ---- from a column of the file ----


def _from_column(contract: Contract, column: Column, match: Match, title: str = "") -> Guess:
    found = match.profile
    if not found.filled:
        return Guess(made={"column": found.name}, doubts=["by its name; empty in all rows looked at"])
    joined = {"joined_with": list(found.joined)} if found.joined else {}
    guess = Guess(made={"column": found.name} | joined) + _why(column, match)
    if column.type in {"timestamp", "date"} and found.dates:
        guess += _dates(contract, column, found, found.dates)
    elif column.type in {"integer", "number"}:
        guess += _numbers(contract, column, found, title)
    elif column.type == "boolean":
        guess += Guess(made=_recode({value: str(truth(value)) for value in found.kinds}))
    elif column.domain:
        guess += _domain(column, found)
    elif column.name == identifier(contract) and len(found.kinds) < found.filled:
        rows = counted(found.filled - len(found.kinds), "row repeats", "rows repeat")
        guess += Guess(doubts=[f"{rows} an earlier one's: to be rejected"])
    guess += _words(found) + _placeholders(column, found)
    missing = found.missing - (found.placeholders.total() if column.required else 0)
    if column.required and missing:
        remedy = "; if_missing: names what it means" if column.type == "code" else ""
        rows = f"{missing:,} of {counted(found.filled + found.missing, 'row', 'rows')}"
        none = "has none" if missing == 1 else "have none"
        guess += Guess(doubts=[f"{rows} {none}: to be rejected{remedy}"])
    return guess


def _words(found: Profile) -> Guess:
    """Take words that stand for no value for none, and doubt those that may."""
    made, doubts = {}, []
    if found.words:
        form = ", not in this format" if found.dates or found.numbers else ""
        made = {"missing": list(found.words)}
        doubts.append(
            f"{found.words.total() / found.rows:.1%} of the rows hold {_some(found.words)}{form}:"
            " read as missing"
        )
    if found.maybe:
        doubts.append(
            f"{found.maybe.total() / found.rows:.1%} of the rows hold {_some(found.maybe)}: a value?"
            f" If it stands for none, declare missing: [{_some(found.maybe)}]"
        )
    return Guess(made=made, doubts=doubts)


def _placeholders(column: Column, found: Profile) -> Guess:
    """Take days such as 9999-12-31 for none where a row may lack its day; elsewhere ask."""
    if not found.placeholders:
        return Guess()
    held = f"{found.placeholders.total() / found.rows:.1%} of the rows hold {_some(found.placeholders)}"
    if column.required:
        remedy = f"missing: [{_some(found.placeholders)}] rejects them, else they are counted as such days"
        return Guess(doubts=[f"{held}, far from all others: does it stand for no day? Then {remedy}"])
    missing = [*found.words, *found.placeholders]
    return Guess(made={"missing": missing}, doubts=[f"{held}, far from all others: read as missing"])


def _some(values: Iterable[str]) -> str:
    return shown_few([_short(value) for value in values], _SHOWN)


def _why(column: Column, match: Match) -> Guess:
    shown = _examples(column, match.profile)
    if match.score >= _SURE:
        return Guess(reasons=[f"by its name{shown}"])
    if match.score >= _MAYBE:
        return Guess(reasons=[f"its name may mean this{shown}"])
    how = "its name hardly says so" if match.score else "by its content alone"
    return Guess(doubts=[f"{how}{shown}"])


def _examples(column: Column, found: Profile) -> str:
    """Show some values; none of free text and none of a column that distinguishes people, as names do."""
    if column.type == "text" or not (found.dates or _is_category(found)):
        return ""
    return f"; e.g. {', '.join(_short(value) for value in list(found.kinds)[:3])}"


def _is_category(found: Profile) -> bool:
    """Tell whether a column has few values, which come again and again."""
    return len(found.kinds) <= _MOST_VALUES and len(found.kinds) * 2 <= found.filled


def _dates(contract: Contract, column: Column, found: Profile, dates: Dates) -> Guess:
    doubts = []
    if dates.rivals:
        doubts.append(
            f"read as {dates.format or 'ISO'}, but every value fits {' and '.join(dates.rivals)} as well"
        )
    if dates.share < 1:
        doubts.append(
            f"{1 - dates.share:.1%} of the rows with a value are not in this format: they will be rejected"
        )
    if is_period(dates.format) and (many := _with_remark(found)):
        rows = counted(many, "row has a remark behind its", "rows have a remark behind their")
        doubts.append(f"{rows} period: read without it; final figures?")
    starts = column.name == contract.at and any("day 1" in rule.name for rule in contract.rules)
    if starts:
        doubts += _fiscal(dates, found)
    if starts and dates.period == "day":
        doubts.append(
            "each must be the first day of a month or quarter, and these are days: rows on other days will be"
            " rejected; add them up by month first"
        )
    made = {"format": dates.format} if dates.format else {}
    return Guess(made=made, reasons=[f"{dates.first} to {dates.last}"], doubts=doubts)


def _with_remark(found: Profile) -> int:
    """Count the rows with a remark behind their period."""
    plain = without_remarks(found.kinds)
    return sum(many for (text, many), bare in zip(found.kinds.items(), plain, strict=True) if bare != text)


def _fiscal(dates: Dates, found: Profile) -> list[str]:
    """Ask from which month years count that are not the calendar's, or may not be."""
    if year_from(dates.format):
        asked = "from which month does it count? format: year from 07"
        return [f"a year such as 2022-23 is taken to begin in April: {asked}"]
    if any(map(_FISCAL.search, [found.name.replace("_", " "), *islice(found.kinds, _SHOWN)])):
        asked = "from which month does a year count, and is it named after its first or its last day?"
        return [f"read as the calendar's, but called fiscal: {asked}"]
    return []


def _numbers(contract: Contract, column: Column, found: Profile, title: str) -> Guess:
    if found.decorated:
        return Guess(
            doubts=["the numbers have a currency or per cent sign and cannot be read: ask for bare numbers"]
        )
    if found.numbers is None:
        return Guess(made=_recode({value: str(grade(value)) for value in found.kinds}))
    written = {key: getattr(found.numbers, key) for key in USUAL}
    made: dict[str, Any] = {key: how for key, how in written.items() if how != USUAL[key]}
    doubts = [found.numbers.doubt] if found.numbers.doubt else []
    scale, words = _scale(contract, column, found, title)
    if scale != 1:
        made["scale"] = scale
        doubts.append(words)
    currency = currency_in(found.name) or currency_in(title)
    if column.unit == CURRENCY and currency not in (None, CURRENCY):
        doubts.append(
            f"given in {currency}, and limits are in {CURRENCY}: multiply scale by the rate,"
            f" or every amount is taken for {CURRENCY}"
        )
    if found.numbers.share < 1:
        doubts.append(
            f"{1 - found.numbers.share:.1%} of the rows with a value have no such number:"
            " they will be rejected"
        )
    if contract.table in FLOWS and column.name in contract.figures and _CUMULATIVE.search(found.name):
        made["cumulative"] = "year"
        doubts.append(
            "its name speaks of sums since the beginning of the year:"
            " the count of each period is made from them; from which month does the year count (cumulative:"
            " year from 04)? Without cumulative each is taken as it is"
        )
    if column.type == "integer" and not found.numbers.whole:
        doubts.append("must be whole numbers: rows with others will be rejected")
    return Guess(made=made, doubts=doubts)


def _scale(contract: Contract, column: Column, found: Profile, title: str) -> tuple[float, str]:
    """Return by what numbers are multiplied, for the unit of their name or else of the title, and why."""
    if found.scale != 1:
        return found.scale, f"its name gives a unit: multiplied by {found.scale:,.0f}"
    unit = unit_in(title)
    is_counted = column.unit == CURRENCY or (column.name == contract.counted and not currency_in(title))
    if unit is None or not is_counted:
        return 1.0, ""
    word, scale = unit
    return scale, f"the title gives a unit ({word}): multiplied by {scale:,.0f}; is this column in it?"


def _domain(column: Column, found: Profile) -> Guess:
    known = {value: domain_value(column.domain, value) for value in found.kinds}
    recode = {value: canonical for value, canonical in known.items() if canonical}
    strange = [value for value, canonical in known.items() if canonical is None]
    doubts = []
    if strange:
        listed = _some(strange) if _is_category(found) else f"{len(strange)} of them"
        doubts.append(
            f"recode these to one of {', '.join(column.domain)}, or their rows will be rejected: {listed}"
        )
    return Guess(made=_recode(recode), doubts=doubts)


def product_codes(found: Profile, products: Sequence[str]) -> Guess:
    """Recode names of products to the policy's codes; doubt what is unsure, and what is none of them."""
    named = {value: likely_code(value, products) for value in found.kinds if value not in products}
    recode = {value: code for value, code in named.items() if code}
    made = _recode(recode)
    if not made:
        recode = {}
    unsure = [f"{_short(old)} = {new}" for old, new in recode.items() if code_likeness(old, new) < SURE]
    others = [value for value in named if value not in recode]
    reasons, doubts = [], []
    if recode:
        reasons.append("recoded to the products that the policy has limits for")
    if unsure:
        doubts.append(f"is each of these the policy's product? {_some(unsure)}")
    if others:
        listed = _some(others) if _is_category(found) else f"{len(others)} of them"
        doubts.append(
            f"the policy has limits for {', '.join(products)};"
            f" the general limits are used for others: {listed}"
        )
    return Guess(made=made, reasons=reasons, doubts=doubts)


def _recode(values: dict[str, str]) -> dict[str, Any]:
    changed = {old: new for old, new in values.items() if old != new and not find_personal_data(old)}
    return {"recode": changed} if changed and len(changed) <= _MOST_VALUES else {}


def _short(value: str) -> str:
    masked = mask_personal_data(value)  # before it is cut: a part of a number is not recognised
    return masked if len(masked) <= _LENGTH else f"{masked[:_LENGTH]}…"


# ---- without a column of the file ----


def _instead(fit: Fit, column: Column, log: EventLog | None) -> Guess:
    """Make an essential column from another one, from the number of the row, or leave it to be filled in."""
    if column.name == identifier(fit.contract):
        return _no_identifier(log)
    if column.name == "period":
        return _period(fit)
    instead = {"recorded_on": ("occurred_on",), "name_en": ("name_zh", "unit_id")}.get(column.name, ())
    for other in instead:
        if match := fit.matches.get(other):
            again = _from_column(fit.contract, column, match)
            return Guess(made=again.made, doubts=[f"nothing found; taken from the column of {other}"])
    able = [
        found.name
        for found in fit.unused
        if found.filled
        and suitability(fit.contract, column, found) >= _SURE
        and len(found.kinds) * 2 < found.filled
    ]
    hint = f"; by its values it might be {' or '.join(able[:_SHOWN])}" if able else ""
    then = " One value for all rows may do" if column.type == "code" else " Until then no row is accepted"
    return Guess(made={"value": TO_BE_FILLED}, doubts=[f"nothing found for it ({column.words}){hint}.{then}"])


def _no_identifier(log: EventLog | None) -> Guess:
    if log:
        return Guess(made={"column": log.column}, doubts=[log.words])
    return Guess(
        made={"column": ROW_NUMBER},
        doubts=[
            "no column distinguishes the rows: their number stands in; a case that comes twice counts twice"
        ],
    )


def _period(fit: Fit) -> Guess:
    match = fit.matches.get(fit.contract.at)
    period = match.profile.dates.period if match and match.profile.dates else "day"
    if match and period == "period":
        joined = {"joined_with": list(match.profile.joined)} if match.profile.joined else {}
        inside = "where one lies in another (a quarter in its half-year), the rows are counted twice"
        return Guess(
            made={"column": match.profile.name} | joined | {"format": "period"},
            doubts=[f"periods of several lengths stand in one column: {inside}; leave one of them out"],
        )
    if period == "day":
        return Guess(
            made={"value": "month"}, doubts=["the rows are of no months, quarters, half-years or years"]
        )
    return Guess(
        made={"value": period}, reasons=[f"every date is the first day of a {period.replace('_', '-')}"]
    )


# ---- times in their order ----


def _in_order_of_time(fit: Fit, sample: Sample) -> tuple[dict[str, Match], dict[str, list[str]]]:
    """Put the column of the rows' day before that of their record, if two may be meant or names mislead."""
    first, second = fit.contract.at, fit.contract.recorded
    match, later = fit.matches.get(first), fit.matches.get(second)
    if not second or match is None or fit.unpivot:
        return fit.matches, {}
    rivals = [later.profile] if later else []
    rivals += [p for p in fit.unused if p.dates and name_score(fit.contract.table, first, p.name) >= _MAYBE]
    for rival in rivals:
        pair = (rival, match.profile)
        if not _is_earlier(*pair, sample):
            pair = (match.profile, rival)
            if later or not _is_earlier(*pair, sample):
                continue
        doubt = f"'{pair[0].name}' is never later than '{pair[1].name}', so it is taken for what comes first"
        ordered = {
            key: Match(profile=found, score=_MAYBE) for key, found in zip((first, second), pair, strict=True)
        }
        return fit.matches | ordered, {first: [doubt], second: [doubt]}
    return fit.matches, {}


def _is_earlier(first: Profile, second: Profile, sample: Sample) -> bool:
    """Tell whether one column's time is never after another's in the sample, and sometimes before it."""
    if first.dates is None or second.dates is None:
        return False
    pairs = pa.table({"one": sample.texts(first.name), "other": sample.texts(second.name)})
    times = f"{moment(first.dates.format, 'one')} AS early, {moment(second.dates.format, 'other')} AS late"
    with small_connection() as connection:
        connection.register("pairs", pairs)
        found = connection.execute(
            f"SELECT bool_and(early <= late), bool_or(early < late) FROM (SELECT {times} FROM pairs)"
        ).fetchall()[0]
    return bool(found[0] and found[1])
