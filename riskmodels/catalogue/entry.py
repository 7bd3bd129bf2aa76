"""What one entry of the catalogue says."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from riskmodels.labels import Said
from riskmodels.tables import CONTRACTS, Tables
from riskmodels.tables.sql import literal

COUNTS, SUPPLIED = "complaint_counts", "observations"  # tables of figures, not of cases
Family = Literal["proportion", "rate", "mean", "availability", "measured"]

_EXPOSURE = {"accounts": "(Σ exposure.accounts ÷ 12)", "time": "number of quarters"}


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """How one indicator is computed.

    Attributes
    ----------
    table, at : str
        Canonical table, and its column whose period a row belongs to (the cohort).
    needs : tuple of str
        Columns without which it cannot be computed.
    only : tuple of str
        Of a table with rows of several kinds: the column that says which, and the kinds it is made of.
    eligible, value, weight : str
        SQL over the columns of a row of these: whether it counts; what it adds to the numerator; and to the
        denominator.
        A complaint also has ``working_days_to_response``, ``working_days_to_resolution`` (until today where
        it has not happened) and ``working_days_old``, a row of ``observations`` the ``months`` that it
        covers; ``now`` is the end of the as-of day.
    exposure : str
        Where the denominator is not of the rows counted: account-years, or quarters of time.
    stock : bool
        Each row is a snapshot of (almost) the same people, so of a period only the last known month of
        each unit counts; needs a column ``unit_id``.
    horizon : int
        Above zero: ``value`` is a duration in whole days, and the indicator its mean restricted to so many
        of them, by Kaplan–Meier.
    censored : str
        SQL, for such a duration: its end has not been seen.
    family : str
        ``proportion``, ``rate`` (counts over exposure) and ``mean`` have sampling error; ``availability``
        varies by incidents and their length; ``measured`` is known exactly (money, persons).
    scale : float
        The value is numerator / denominator x scale.
    """

    id: str
    table: str
    at: str
    unit: str
    definition_en: str
    definition_zh: str
    needs: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    eligible: str = "true"
    value: str = "1"
    weight: str = "1"
    exposure: Literal["", "accounts", "time"] = ""
    stock: bool = False
    horizon: int = 0
    censored: str = "false"
    family: Family = "proportion"
    scale: float = 1.0

    @property
    def is_proportion(self) -> bool:
        """Whether it is the share of cases for which something holds."""
        return self.family == "proportion"

    @property
    def is_rate(self) -> bool:
        """Whether it is a count of events over what they are measured against."""
        return self.family == "rate"

    @property
    def is_count(self) -> bool:
        """Whether it counts cases: what is uncertain about it is that of a count."""
        return self.is_proportion or self.is_rate

    @property
    def is_share(self) -> bool:
        """Whether its value lies between none and all, and is written in per cent."""
        return self.unit.startswith("share")

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that it is counted from."""
        return (self.table, "exposure") if self.exposure == "accounts" else (self.table,)

    def dimensions(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return those of some columns that all its tables have, so that it can be broken down by them."""
        return tuple(one for one in columns if all(one in CONTRACTS[table].names for table in self.tables))

    def why_not(self, tables: Tables, by: Sequence[str] = ()) -> str:
        """Say why it cannot be computed from some tables, by some columns; nothing where it can."""
        for table in self.tables:
            if tables.get(table) is None:
                return Said("the source has no table '{table}'", table=table)
        for needed in self.needs:
            owner, _, column = needed.rpartition(".")
            if not tables.require(owner or self.table).gives(column):
                return Said("the source gives no {column}", column=f"{owner or self.table}.{column}")
        known = () if self.exposure == "time" else self.dimensions(by)
        if self.table == COUNTS:
            known = tuple(one for one in known if tables.require(COUNTS).gives(one))
        lacking = ", ".join(one for one in by if one not in known)
        return Said("it has no breakdown by {columns}", columns=lacking) if lacking else ""

    @property
    def of_kind(self) -> str:
        """SQL for the rows that it is made of, whether they count or not; 'true' where it is all."""
        column, *kinds = self.only or ("",)
        if len(kinds) > 1:
            return f"{column} IN ({', '.join(map(literal, kinds))})"
        return f"{column} = {literal(kinds[0])}" if kinds else "true"

    @property
    def counted(self) -> str:
        """SQL for the rows that count: of its kind, and eligible."""
        return " AND ".join(one for one in (self.of_kind, self.eligible) if one != "true") or "true"

    @property
    def sql(self) -> str:
        """All the SQL of the entry, to see which columns it uses."""
        return f"{self.counted} {self.value} {self.weight} {self.censored}"

    @property
    def formula(self) -> str:
        """The formula in plain symbols, of the parts that are computed; [x > 4] is 1 where it holds, else 0.

        Examples
        --------
        >>> Indicator(id="i", table="t", at="day", unit="", definition_en="", definition_zh="", value="x > 4",
        ...           eligible="x IS NOT NULL").formula
        'rows of t where x IS NOT NULL: Σ [x > 4] ÷ number'
        """
        rows = f"rows of {self.table}"
        if self.counted != "true":
            rows += f" where {self.counted}"
        if self.stock:
            rows += f", last known {self.at} of each unit in the period"
        return f"{rows}: {self._quotient}" + (f" × {self.scale:,g}" if self.scale != 1 else "")

    @property
    def _quotient(self) -> str:
        if self.horizon:
            return (
                f"S(0) + S(1) + … + S({self.horizon - 1}), S(t) the Kaplan–Meier estimate of the share with"
                f" {self.value} > t, censored where {self.censored}"
            )
        top = "number" if self.value == "1" else f"Σ [{self.value}]"
        bottom = "number" if self.weight == "1" else f"Σ [{self.weight}]"
        return f"{top} ÷ {_EXPOSURE.get(self.exposure, bottom)}"
