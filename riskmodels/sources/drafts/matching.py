"""Which canonical table a file's columns fit, and which column becomes which."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from riskmodels.sources.drafts.profiling import Profile
from riskmodels.sources.drafts.synonyms import domain_value, grade, is_status, name_score, table_score, truth
from riskmodels.sources.mapping import Unpivot
from riskmodels.sources.numerals import ENOUGH
from riskmodels.sources.periods import is_period
from riskmodels.tables import CONTRACTS, Column, Contract

_USABLE = 0.35  # a lower score is no match
_REQUIRED_FIRST = 1.2  # of two equal matches the required column gets it
_STRANGE = 0.65  # what values are worth that a person has to recode
_LONG, _SHORT_TEXT = 80, 30  # characters
_PLACES = ("unit_id", "region_id")
_MOST_POINTS = 5  # of a rating
_OPTIONAL, _HINT = 0.4, 1.2  # what an optional column and a table's own words weigh
_VIRTUAL = 0.5  # what a column that unpivot: makes is worth, since it fits by its name at once
_DISTINCT = ((ENOUGH, 1.0), (0.5, 0.6), (0.0, 0.3))  # share of values that differ, what it is worth
_LACKING = {"code": 0.4, "text": 0.4}  # one value for all rows may do; dates and figures cannot be invented
_LACKING_FIGURE = 1.2  # points that a table loses for a figure it lacks: more than for a name; a choice


@dataclass(frozen=True, kw_only=True)
class Match:
    """A column of the file that becomes a canonical one, and how sure that is, 0 (content alone) to 1."""

    profile: Profile
    score: float


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How a file fits a canonical table.

    Attributes
    ----------
    contract : Contract
        The table.
    matches : dict of str to Match
        Canonical column -> column of the file.
    unused : list of Profile
        Columns of the file that nothing is made from.
    score : float
        Higher is better.
    is_named : bool
        Whether words of the file or its columns speak of the table.
    unpivot : Unpivot or None
        Columns that become rows before.
    """

    contract: Contract
    matches: dict[str, Match]
    unused: list[Profile]
    score: float
    is_named: bool
    unpivot: Unpivot | None = None

    @property
    def lacking(self) -> list[Column]:
        """Essential columns that no column of the file fits."""
        return [column for column in essential(self.contract) if column.name not in self.matches]

    @property
    def is_good(self) -> bool:
        """Whether the file has what cannot be filled in: days of periods, figures, two columns by name."""
        invented = {column.name for column in self.lacking if column.type not in _LACKING}
        named = sum(match.score > _VIRTUAL for match in self.matches.values())
        named += self.unpivot is not None and self.is_named
        clear = not (self.unpivot and self.contract.counted) or self.is_named  # complaints or accounts?
        return invented <= {"recorded_on"} and named > 1 and clear and not self.has_days_for_months

    @property
    def rank(self) -> tuple[bool, float]:
        """What the best of several fits has most of; where none is good, what it lacks does not count."""
        found = sum(match.score for match in self.matches.values()) + _HINT * self.is_named
        return self.is_good, self.score if self.is_good else found

    @property
    def has_days_for_months(self) -> bool:
        """Whether rows must be of months or quarters, and are of days."""
        match = self.matches.get(self.contract.at)
        starts = any("day 1" in rule.name for rule in self.contract.rules)
        return bool(starts and match and match.profile.dates and match.profile.dates.period == "day")


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The columns of a file as they are, or after some of them became rows."""

    profiles: list[Profile]
    unpivot: Unpivot | None = None
    tables: tuple[str, ...] = field(default=tuple(CONTRACTS))


def best_fit(layouts: Iterable[Layout], words: str, *, table: str | None = None) -> Fit:
    """Return the fit with the highest score; ``words`` are those of the file's name and columns."""
    fits = [
        _fit(CONTRACTS[name], layout, words)
        for layout in layouts
        for name in layout.tables
        if table in {None, name}
    ]
    return max(fits, key=lambda fit: fit.rank)


def essential(contract: Contract) -> list[Column]:
    """List the columns without which a table's rows say nothing: the required ones, and what is counted."""
    return [column for column in contract.columns if column.required or column.name == contract.counted]


def identifier(contract: Contract) -> str | None:
    """Return the column that distinguishes the rows of a table on its own, such as complaint_id."""
    return contract.key[0] if len(contract.key) == 1 and contract.table != "units" else None


def _fit(contract: Contract, layout: Layout, words: str) -> Fit:
    matches = _matched(contract, layout)
    taken = {match.profile.name for match in matches.values()}
    unused = [profile for profile in layout.profiles if profile.name not in taken]
    needed = {column.name for column in essential(contract)}
    score = sum(match.score * (1.0 if name in needed else _OPTIONAL) for name, match in matches.items())
    score -= sum(_price(contract, column) for column in essential(contract) if column.name not in matches)
    return Fit(
        contract=contract,
        matches=matches,
        unused=unused,
        score=score + _HINT * table_score(contract.table, words),
        is_named=table_score(contract.table, words) > 0,
        unpivot=layout.unpivot,
    )


def _price(contract: Contract, column: Column) -> float:
    """What it costs a table not to have a column."""
    if column.name in {identifier(contract), "recorded_on", "name_en", "period"}:
        return 0.1  # made from something else
    return _LACKING.get(column.type, _LACKING_FIGURE)


def _matched(contract: Contract, layout: Layout) -> dict[str, Match]:
    """Give each canonical column the file's column that fits it best, the surest pairs first."""
    pairs = {
        (column.name, profile.name): _pair_score(contract, column, profile, layout.unpivot)
        for column in contract.columns
        for profile in layout.profiles
    }
    needed = {column.name for column in essential(contract)}
    profiles = {profile.name: profile for profile in layout.profiles}
    matches: dict[str, Match] = {}
    taken: set[str] = set()
    for (canonical, given), score in sorted(
        pairs.items(), key=lambda pair: -pair[1] * (_REQUIRED_FIRST if pair[0][0] in needed else 1.0)
    ):
        if (
            score >= _USABLE * (_VIRTUAL if layout.unpivot else 1)
            and canonical not in matches
            and given not in taken
        ):
            matches[canonical] = Match(profile=profiles[given], score=score)
            taken.add(given)
    return matches | _by_content(contract, matches, [p for p in layout.profiles if p.name not in taken])


def _pair_score(contract: Contract, column: Column, profile: Profile, unpivot: Unpivot | None) -> float:
    score = name_score(contract.table, column.name, profile.name)
    if unpivot:
        counted = contract.counted or "value"
        if profile.name in {unpivot.names_to, unpivot.values_to}:
            score = _VIRTUAL if column.name in {counted, contract.at} else _VIRTUAL * score
        elif column.name == counted:  # a total beside the periods is no figure of one
            score = 0.0
    return score * suitability(contract, column, profile)


def _by_content(contract: Contract, matches: Mapping[str, Match], left: list[Profile]) -> dict[str, Match]:
    """Take the only column of days for the day of the rows, whatever its name."""
    days = [
        profile
        for profile in left
        if profile.dates and (contract.cell or not is_period(profile.dates.format))
    ]
    if contract.at and contract.at not in matches and len(days) == 1:
        return {contract.at: Match(profile=days[0], score=0.0)}
    return {}


def suitability(contract: Contract, column: Column, profile: Profile) -> float:
    """Say how well the values of a file's column fit a canonical column's type and domain, 0 to 1."""
    if column.type in {"code", "text"}:
        return _as_words(contract, column, profile)
    if not profile.filled:
        return 0.6
    if column.type in {"timestamp", "date"}:
        if not contract.cell and profile.dates and is_period(profile.dates.format):
            return 0.0  # a case has a day
        return max(profile.dates.share, ENOUGH) if profile.dates else 0.0
    if column.type == "boolean":
        return float(all(truth(value) for value in profile.kinds))
    return _as_figure(column, profile)


def _as_figure(column: Column, profile: Profile) -> float:
    if profile.decorated:
        return 0.5
    if not profile.is_figure:
        return 0.9 * all(grade(value) for value in profile.kinds) * (column.maximum == _MOST_POINTS)
    whole = profile.numbers is not None and profile.numbers.whole
    return 1.0 if whole or column.type == "number" else 0.5


def _as_words(contract: Contract, column: Column, profile: Profile) -> float:
    if not profile.filled:
        return 1.0
    if column.type == "text":
        return 0.1 if profile.is_figure else 1.0 if profile.length > _SHORT_TEXT else 0.6
    if column.name == identifier(contract):
        return next(worth for least, worth in _DISTINCT if len(profile.kinds) >= least * profile.filled)
    if column.domain:
        known = sum(domain_value(column.domain, value) is not None for value in profile.kinds)
        least = _STRANGE if column.required else 0.4
        return 0.0 if profile.dates else max(least, known / len(profile.kinds))
    if column.name in _PLACES and all(map(is_status, profile.kinds)):  # the state of a case
        return 0.1
    is_other = profile.length > _LONG or profile.dates or profile.decorated
    return 0.3 if is_other or (profile.numbers and not profile.numbers.whole) else 1.0
