"""How numbers are written: separators, signs, the units that names give; readings that rival one another."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from riskmodels.sources.headers import plain
from riskmodels.sources.written import SUPPRESSED

ENOUGH = 0.9  # share of values from which on a column counts as dates, or numbers
NOTHING_KNOWN = "since nothing else is known"
Form = tuple[str | None, str, str]  # separator of thousands, decimal mark, grouping

_BODIES: dict[Form, str] = {  # of a number, behind its sign
    (None, ".", "threes"): r"(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?",
    (",", ".", "threes"): r"(\d+|\d{1,3}(,\d{3})+)(\.\d*)?",
    (None, ",", "threes"): r"\d+(,\d*)?",
    (".", ",", "threes"): r"(\d+|\d{1,3}(\.\d{3})+)(,\d*)?",
    (",", ".", "indian"): r"(\d+|\d{1,2}(,\d{2})*,\d{3})(\.\d*)?",
    **{
        (sign, mark, "threes"): rf"(\d+|\d{{1,3}}({sign}\d{{3}})+)([{mark}]\d*)?"
        for sign in (" ", "\u00a0", "\u202f", "\u2009", "'", "’")
        for mark in (".", ",")
    },
}
_NUMBERS = {form: re.compile(f"[+-]?{body}") for form, body in _BODIES.items()}
_HIDDEN = re.compile(SUPPRESSED)
# what a name says a figure is counted in
_UNITS = (
    (r"亿", 1e8),
    (r"千万", 1e7),
    (r"百万", 1e6),
    (r"十万", 1e5),
    (r"万", 1e4),
    (r"千[元户笔件人个美欧港]|[(（]千[)）]", 1e3),
    (r"\bcrores?\b|(₹|\brs\.?|\binr)\s?cr\b", 1e7),
    (r"\b(lakh|lac)s?\b", 1e5),
    (r"\b(bn|billions?|mrd|milliarden|milliards?)\b|[£$€¥]\s?bn?\b", 1e9),
    (r"\b(millions?|millionen|millones|milh[oõ]es|mio|mln|mn)\b|[£$€¥]\s?m\b|\bm[£$€¥]", 1e6),
    (r"\b(thousands?|tsd|tausend|milliers)\b|(?<!\d)000s?\b|r\$\s?mil\b", 1e3),
    (r"[£$€¥]\s?k\b|\b[tk](eur|usd|gbp|chf|cny|rmb|[£$€¥])(?!\w)|\b(eur|usd|gbp|chf)\s?k\b", 1e3),
)
_RATE = re.compile(r"\bper\b|\bpro\b|每|/\s*1[,.]?0|‰")
_CURRENCIES = {  # of which names and titles speak; a dollar may be of many countries
    "INR": r"₹|\b(rs\.?|inr|rupees?|lakhs?|lacs?|crores?)(?!\w)",
    "EUR": r"€|\b[tkm]?(eur|euros?)\b",
    "GBP": r"£|\b[tkm]?gbp\b",
    "CHF": r"\b[tkm]?chf\b",
    "BRL": r"r\$|\bbrl\b",
    "MXN": r"\b(mxn|mn\$)",
    "AUD": r"\ba\$|\baud\b",
    "USD": r"\$|\b[tkm]?usd\b",
    "CNY": r"元|¥|￥|\b[tkm]?(cny|rmb)\b",
}


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """How the numbers of a column are written.

    Attributes
    ----------
    thousands, decimal, grouping, negative
        As in a source file.
    share : float
        Of the rows with a value that is such a number.
    whole : bool
        Whether all are whole numbers.
    mark : str
        Decimal mark that the values leave no doubt of; empty where they do.
    doubt : str
        What else they may mean; empty where nothing.
    """

    thousands: str | None
    decimal: str
    share: float
    whole: bool
    grouping: str = "threes"
    negative: str = "sign"
    mark: str = ""
    doubt: str = ""


def numbers_in(
    kinds: Counter[str], *, semicolons: bool, marks: frozenset[str] = frozenset()
) -> Numbers | None:
    """Find how the values of a column are written as numbers; None where they are not.

    ``kinds`` says how often each value is there; ``semicolons`` part the cells of its file; ``marks`` are the
    decimal marks of its other columns.
    """
    filled = kinds.total()
    hidden = sum(many for value, many in kinds.items() if _HIDDEN.fullmatch(value))
    negative, bare = _unsigned(kinds)
    forms = list(_NUMBERS)
    if semicolons:  # where a comma is the decimal mark, cells are parted by semicolons
        forms = [forms[0], forms[2], forms[3], forms[1], *forms[4:]]
    shares = {
        form: sum(many for value, many in bare.items() if _NUMBERS[form].fullmatch(value)) / max(filled, 1)
        for form in forms
    }
    best = max(shares, key=lambda form: shares[form])
    if filled == hidden or shares[best] * filled < ENOUGH * (filled - hidden):
        return None
    best, doubt = _weighed(best, bare, semicolons=semicolons, marks=marks)
    thousands, decimal, grouping = best
    return Numbers(
        thousands=thousands,
        decimal=decimal,
        grouping=grouping,
        negative=negative,
        share=shares[best],
        whole=not any(value.partition(decimal)[2].strip("0") for value in bare),
        mark=decimal if not doubt and any(decimal in value for value in bare) else "",
        doubt=doubt,
    )


def _unsigned(kinds: Counter[str]) -> tuple[str, Counter[str]]:
    """Tell how negative numbers are written, and the values with their sign in front."""
    for negative, pattern in (("parentheses", r"\(\s*+([\d.,].*)\)"), ("trailing", r"([\d.,].*)-")):
        found = {value: re.fullmatch(pattern, value) for value in kinds}
        if any(found.values()):
            bare: Counter[str] = Counter()
            for value, match in found.items():
                bare[f"-{match[1].rstrip()}" if match else value] += kinds[value]
            return negative, bare
    return "sign", kinds


def _weighed(best: Form, kinds: Counter[str], *, semicolons: bool, marks: frozenset[str]) -> tuple[Form, str]:
    """Choose between thousands and three decimals where each value with the sign fits both; say so."""
    sign = next((sign for sign in ".," if _is_open(sign, kinds)), None)
    if sign is None:
        return best, ""
    other = "," if sign == "." else "."
    figures = [value.lstrip("+-") for value in kinds]
    large = any(value.isdigit() and len(value) > 3 for value in figures)  # noqa: PLR2004  digits
    small = any(value.isdigit() for value in figures)
    if marks & {sign, other} in ({sign}, {other}):
        parts, why = other in marks, "as in other columns"
    elif semicolons and sign == ".":
        parts, why = not large, "as where semicolons part the cells, or days are written 31.12.2025"
    elif large or small:
        parts, why = (
            not large,
            f"since numbers of four digits are there {'without it, too' if large else 'with it only'}",
        )
    else:
        parts, why = sign == "," and not semicolons, NOTHING_KNOWN
    example = next(value for value in kinds if sign in value)
    chosen: Form = (sign, other, "threes") if parts else (None, sign, "threes")
    words = "parts thousands" if parts else "is the decimal mark"
    doubt = (
        f"'{sign}' {words} ({why}), and could as well {'be the decimal mark' if parts else 'part thousands'}:"
        f" is {example} {'more' if parts else 'less'} than a thousand?"
    )
    return chosen, doubt


def _is_open(sign: str, kinds: Counter[str]) -> bool:
    """Tell whether a sign may part thousands and may be the decimal mark in all values."""
    having = [value for value in kinds if sign in value]
    group = re.compile(rf"[+-]?[1-9]\d{{0,2}}[{sign}]\d{{3}}")
    whole = re.compile(r"[+-]?\d+")
    fits = [value for value in having if group.fullmatch(value)]
    rest = [value for value in kinds if sign not in value]
    return (
        len(fits) >= ENOUGH * len(having)
        and len(fits) == sum(value.count(sign) == 1 and value[0] != "0" for value in having)
        and bool(fits)
        and sum(bool(whole.fullmatch(value)) for value in rest) >= ENOUGH * len(rest)
    )


# ---- units ----


def unit_in(words: str) -> tuple[str, float] | None:
    """Return the unit that a name or a title gives, and by what its numbers are to be multiplied.

    >>> unit_in("Gross loss (£000)"), unit_in("金额（万元）"), unit_in("complaints per thousand accounts")
    (('000', 1000.0), ('万', 10000.0), None)
    """
    text = f"{words.casefold().replace('_', ' ')} | {plain(words)}"
    if _RATE.search(text):
        return None
    return next(_units(text), None)


def _units(text: str) -> Iterator[tuple[str, float]]:
    for pattern, scale in _UNITS:
        if found := re.search(pattern, text):
            yield found[0], scale


def currency_in(words: str) -> str | None:
    """Return the currency that a column's name or a title gives, by its code; None where it gives none.

    >>> currency_in("Gross Loss (Rs. in lakh)"), currency_in("金额（万元）"), currency_in("Amount [TEUR]")
    ('INR', 'CNY', 'EUR')
    """
    text = words.casefold()
    return next((code for code, pattern in _CURRENCIES.items() if re.search(pattern, text)), None)


# ---- words for missing ----

_ALWAYS = frozenset(  # in any column
    (
        *("null", "(null)", "<null>", "[null]", "\\n", "nan", "-nan", "nat", "n/a", "n.a.", "<na>"),
        *("#n/a", "#n/a n/a", "#na", "#n/v", "#null!", "#value!", "#ref!", "#div/0!", "#name?", "#num!"),
        *("1.#qnan", "1.#ind", "-1.#ind", "-", "--", "---", "—", "–", "?", "??", "."),
        *("(blank)", "(empty)", "(空白)"),
    )
)
_MAYBE = frozenset(  # a value, where others are words
    (
        *("na", "none", "nil", "unknown", "not known", "not available", "not applicable", "not recorded"),
        *("missing", "blank", "empty", "undefined", "pending", "tbd", "tbc", "/"),
        *("k.a.", "k. a.", "unbekannt", "s/d", "s.d."),
        *("未知", "不详", "不明", "空", "暂无", "无", "无数据", "未填", "未提供", "待定"),
    )
)


def words_for_missing(kinds: Counter[str], *, unsure: bool) -> Counter[str]:
    """Return the values that stand for none; with ``unsure`` those, too, that may be values among words."""
    known = _ALWAYS | _MAYBE if unsure else _ALWAYS
    return Counter({value: many for value, many in kinds.items() if value.casefold() in known})
