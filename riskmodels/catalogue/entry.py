"""What one entry of the catalogue says."""

from dataclasses import dataclass
from typing import Literal

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
    eligible, value, weight : str
        SQL over the columns of a row: whether it counts; what it adds to the numerator; and to the
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
    def sql(self) -> str:
        """All the SQL of the entry, to see which columns it uses."""
        return f"{self.eligible} {self.value} {self.weight} {self.censored}"

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
        if self.eligible != "true":
            rows += f" where {self.eligible}"
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
