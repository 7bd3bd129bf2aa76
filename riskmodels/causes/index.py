"""The satisfaction index (CSI) of bank, regions, units and channels by quarter, and how far it moved."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import scipy

from riskmodels.causes.answers import handled_complaints, survey_answers
from riskmodels.causes.ordinal import FEWEST_CLUSTERS
from riskmodels.display import Displayed
from riskmodels.errors import ParameterError
from riskmodels.labels import commas, counted, label, local, space
from riskmodels.parameters.policy import Policy
from riskmodels.parameters.satisfaction import IndexPart, IndexRules
from riskmodels.periods.quarters import check_quarter
from riskmodels.tables import Tables

SCOPES = {"bank": None, "region": "region_id", "unit": "unit_id", "channel": "channel"}
_LEVEL = 0.9  # of the intervals, as everywhere
# answers with the bank's own spread that each figure has beside its own: five equal answers are no certainty
_SPREAD_OF_BANK = 2.0
_GROUP = ["scope", "subject", "quarter"]
_FIGURES = ["index", "standard_error", "lower", "upper", "change", "change_lower", "change_upper"]


@dataclass(frozen=True, kw_only=True, eq=False)
class SatisfactionIndex(Displayed):
    """The index, from 0 to 100, with its parts' weights.

    Attributes
    ----------
    table : DataFrame
        One row per subject and quarter that has answers: scope [bank, region, unit or channel], subject
        [empty for the bank], period, answers [number]; index [0 to 100], standard_error, lower, upper;
        change, change_lower, change_upper [points, from the quarter before]. All but the first four are
        missing where a part has fewer answers than the policy asks for, or the quarter before has.
    parts : DataFrame
        One row per part of the policy's index: part, name_en, name_zh, weight [of the policy], used [share of
        the index; 0 where the source has no such answers], answers [in the last quarter], mean [points, 0 to
        100, of the bank in the last quarter].
    period : str
        The last quarter.
    set_by : str
        Who set the weights.
    design_effect : float
        How many times more the bank's answers vary than if those of a unit were independent; at least 1.
    as_of, policy : date
        Day up to which the data knows; day from which the policy is valid.
    data_digest : str
        Digest of the tables.
    """

    table: pd.DataFrame
    parts: pd.DataFrame
    period: str
    set_by: str
    design_effect: float
    as_of: date
    policy: date
    data_digest: str
    level: float = _LEVEL

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        return {"satisfaction_index": self.table}

    @property
    def latest(self) -> pd.DataFrame:
        """The rows of the last quarter."""
        return self.table[self.table["period"] == self.period]

    @property
    def bank(self) -> list[dict[Any, Any]]:
        """The bank's row of the last quarter; none where there are too few answers."""
        rows = self.latest[(self.latest["scope"] == "bank") & self.latest["index"].notna()]
        return rows.to_dict("records")

    @property
    def sentence(self) -> str:
        """Say the bank's index, how sure it is, and how far it moved."""
        if not self.bank:
            return label("{period}: there are too few answers for a satisfaction index.", period=self.period)
        row = self.bank[0]
        text = label(
            "{period}: the satisfaction index is {index:.1f} of 100 ({chance:.0%} interval {lower:.1f} to"
            " {upper:.1f}), from {count}; {weights} ({set_by}).",
            row,
            chance=self.level,
            count=counted(row["answers"], "answer", "answers"),
            weights=self._weights,
            set_by=label(self.set_by),
        )
        if pd.notna(row["change"]):
            text += space() + label(
                "From the quarter before it moved by {change:+.1f} points ({change_lower:+.1f} to"
                " {change_upper:+.1f}).",
                row,
            )
        return text

    def summary(self) -> pd.DataFrame:
        """The bank, regions and channels in the last quarter."""
        return self.latest[self.latest["scope"] != "unit"].drop(columns=["period", "standard_error"])

    @property
    def _weights(self) -> str:
        used = self.parts[self.parts["used"] > 0].itertuples()
        return commas(f"{local(part, 'name')} {part.used:.0%}" for part in used)


def satisfaction_index(
    tables: Tables, policy: Policy, *, period: str, quarters: int = 8
) -> SatisfactionIndex:
    """Add up answers of customers to the policy's index.

    Parameters
    ----------
    tables : Tables
        Accepted rows: answers of surveys by their day, ratings of complaints by the day of receipt.
    policy : Policy
        ``satisfaction_index``: parts, weights, what each rating counts for.
    period : str
        The last quarter, e.g. ``2026Q3``.
    quarters : int
        How many quarters are listed, at least 1; eight show a year beside the one before.

    Returns
    -------
    SatisfactionIndex
        The index is between the points of the lowest and the highest rating, and the weighted mean of its
        parts' means. Parts of which the source has no answers give their weight to the others.

    Raises
    ------
    ParameterError
        The period is no quarter, or quarters are less than one.

    Notes
    -----
    Intervals are Student's, of the variance between units (what a bootstrap of units simulates; a movement is
    compared unit by unit) where there are ten of them; else of that between answers, times the bank's design
    effect where it is not of one unit. Each figure's spread has two answers of the bank's own beside its own.
    Fails where those who answer are others than in the quarter before; the youngest complaints are not yet
    closed, and so not yet rated.
    """
    last = check_quarter(period)
    if quarters < 1:
        raise ParameterError(f"quarters: expected at least 1, got {quarters}")
    rules = policy.satisfaction_index
    span = pd.period_range(end=last, periods=quarters + 1, freq="Q")  # the first of them for its movement
    cells = _cells(tables, rules, span)
    weights = cell_weights(cells, rules)
    table, effect = index_table(cells, weights, rules)
    table = table[table["quarter"] > span[0].ordinal]
    names = dict(zip(span.asi8, span.astype("str"), strict=True))
    table.insert(2, "period", table["quarter"].map(names).astype("str"))
    return SatisfactionIndex(
        table=table.drop(columns="quarter").reset_index(drop=True),
        parts=_parts(cells, weights, rules, last),
        period=period,
        set_by=rules.set_by,
        design_effect=effect,
        as_of=tables.as_of,
        policy=policy.valid_from,
        data_digest=tables.digest,
    )


def _cells(tables: Tables, rules: IndexRules, span: pd.PeriodIndex) -> pd.DataFrame:
    """Count answers, and add up their points and squares, by part, quarter, unit, region and channel."""
    asked = {part.asks for part in rules.parts}
    answers = {
        "surveys": survey_answers(tables, span) if "surveys" in asked else None,
        "complaints": handled_complaints(tables, span) if "complaints" in asked else None,
    }
    keys = ["part", "quarter", "unit_id", "region_id", "channel"]
    frames = [
        pointed_answers(rows, part, rules) for part in rules.parts if (rows := answers[part.asks]) is not None
    ]
    if not frames:
        return pd.DataFrame(columns=[*keys, "answers", "sum", "squares"])
    return pd.concat(frames).groupby(keys, dropna=False, sort=True).sum().reset_index()


def pointed_answers(rows: pd.DataFrame, part: IndexPart, rules: IndexRules) -> pd.DataFrame:
    """Give each answer of a part its points."""
    chosen = rows["points"].notna() & (rows["channel"].isin(part.channels) if part.channels else True)
    rows = rows[chosen]
    points = np.array(rules.points)[rows["points"].to_numpy(np.int64) - 1]
    quarter = pd.PeriodIndex(rows["day"], freq="Q").asi8
    frame = rows[["unit_id", "region_id", "channel"]].assign(part=part.id, quarter=quarter, answers=1)
    return frame.assign(sum=points, squares=points**2)


def cell_weights(cells: pd.DataFrame, rules: IndexRules) -> dict[str, float]:
    """Return the shares of the parts of which there are answers."""
    there = set(cells["part"])
    given = {part.id: part.weight for part in rules.parts if part.id in there}
    return {name: weight / sum(given.values()) for name, weight in given.items()}


def _parts(
    cells: pd.DataFrame, weights: dict[str, float], rules: IndexRules, last: pd.Period
) -> pd.DataFrame:
    """List the parts of the index, with their share of it and their mean of the last quarter."""
    sums = cells[cells["quarter"] == last.ordinal].groupby("part")[["answers", "sum"]].sum()
    answers = [int(sums["answers"].get(part.id, 0)) for part in rules.parts]
    rows = {
        "part": [part.id for part in rules.parts],
        "name_en": [part.name_en for part in rules.parts],
        "name_zh": [part.name_zh for part in rules.parts],
        "weight": [part.weight for part in rules.parts],
        "used": [weights.get(part.id, 0.0) for part in rules.parts],
        "answers": answers,
        "mean": [
            float(sums["sum"][part.id] / number) if number else np.nan
            for part, number in zip(rules.parts, answers, strict=True)
        ],
    }
    return pd.DataFrame(rows).astype({"part": "str", "name_en": "str", "name_zh": "str", "mean": "float64"})


def index_table(
    cells: pd.DataFrame, weights: dict[str, float], rules: IndexRules
) -> tuple[pd.DataFrame, float]:
    """Compute the index of every subject and quarter; also return the bank's design effect."""
    if cells.empty:
        empty = dict.fromkeys(_FIGURES, pd.Series(dtype="float64"))
        keys = dict.fromkeys(["scope", "subject"], pd.Series(dtype="str"))
        whole = dict.fromkeys(["quarter", "answers"], pd.Series(dtype="int64"))
        return pd.DataFrame({**keys, **whole, **empty}), 1.0
    long = pd.concat([_scoped(cells, scope, column) for scope, column in SCOPES.items()])
    sums = long.groupby([*_GROUP, "part", "unit_id"])[["answers", "sum", "squares"]].sum()
    parts = _part_means(sums, weights)
    groups = parts.groupby(level=_GROUP)
    found = groups.agg(index=("share", "sum"), within=("within", "sum"), answers=("answers", "sum"))
    enough = (groups.size() == len(weights)) & (groups["answers"].min() >= rules.fewest_answers)
    unit = _by_unit(sums, parts)
    squares = unit.pow(2).groupby(level=_GROUP).agg(["sum", "size"])
    units = squares["size"]
    between: pd.Series = squares["sum"] * units / np.maximum(units - 1, 1)
    effect = _design_effect(found, between, units, enough)
    many = units >= FEWEST_CLUSTERS
    own = np.where(found.index.get_level_values("scope") == "unit", 1.0, effect)
    found["variance"] = np.where(many, between, found["within"] * own)
    found["degrees"] = np.where(many, units - 1, found["answers"] - len(weights))
    found.loc[~enough, ["index", "variance"]] = np.nan
    found = found.join(_changes(found, unit, many))
    return _with_intervals(found, rules).reset_index(), effect


def _scoped(cells: pd.DataFrame, scope: str, column: str | None) -> pd.DataFrame:
    rows = cells if column is None else cells[cells[column].notna()]
    return rows.assign(scope=scope, subject="" if column is None else rows[column].astype("str"))


def _part_means(sums: pd.DataFrame, weights: dict[str, float]) -> pd.DataFrame:
    """Return by group and part: mean, weight, share of the index, variance of that by answers."""
    parts = sums.groupby(level=[*_GROUP, "part"]).sum()
    names = parts.index.get_level_values("part")
    bank = parts.loc["bank"].groupby(level="part").sum()
    spread = (bank["squares"] - bank["sum"] ** 2 / bank["answers"]) / np.maximum(bank["answers"] - 1, 1)
    number, mean = parts["answers"], parts["sum"] / parts["answers"]
    own = np.maximum(parts["squares"] - number * mean**2, 0.0)
    variance = (own + _SPREAD_OF_BANK * names.map(spread)) / (number - 1 + _SPREAD_OF_BANK)
    weight = names.map(weights).to_numpy(np.float64)
    return parts.assign(mean=mean, weight=weight, share=weight * mean, within=weight**2 * variance / number)


def _by_unit(sums: pd.DataFrame, parts: pd.DataFrame) -> pd.Series:
    """Return what each unit adds to the index of its group: these sum to zero."""
    rows = sums.join(parts[["mean"]].assign(worth=parts["weight"] / parts["answers"]))
    added = rows["worth"] * (rows["sum"] - rows["mean"] * rows["answers"])
    return added.groupby(level=[*_GROUP, "unit_id"]).sum()


def _design_effect(found: pd.DataFrame, between: pd.Series, units: pd.Series, enough: pd.Series) -> float:
    """Return how many times more the bank's index varies between units than its answers do; at least 1."""
    bank = (found.index.get_level_values("scope") == "bank") & enough & (units >= FEWEST_CLUSTERS)
    ratios = (between / found["within"])[bank & (found["within"] > 0)]
    return max(1.0, float(ratios.mean())) if len(ratios) else 1.0


def _changes(found: pd.DataFrame, unit: pd.Series, many: pd.Series) -> pd.DataFrame:
    """Return the movement from the quarter before: change, its variance and degrees of freedom."""
    later = _a_quarter_on(found.index)
    before = found.set_axis(later).reindex(found.index)
    pairs = pd.concat({"now": unit, "then": unit.set_axis(_a_quarter_on(unit.index))}, axis=1)
    squares = (pairs["now"].fillna(0.0) - pairs["then"].fillna(0.0)).pow(2)
    moved = squares.groupby(level=_GROUP).agg(["sum", "size"]).reindex(found.index)
    paired = many & many.set_axis(later).reindex(found.index, fill_value=False)
    variance = np.where(
        paired,
        moved["sum"] * moved["size"] / np.maximum(moved["size"] - 1, 1),
        found["variance"] + before["variance"],
    )
    return pd.DataFrame(
        {
            "change": found["index"] - before["index"],
            "change_variance": variance,
            "change_degrees": np.fmin(found["degrees"], before["degrees"]),
        },
        index=found.index,
    )


def _a_quarter_on(index: pd.Index) -> pd.MultiIndex:
    """Return an index of groups whose quarters are the next ones."""
    frame = index.to_frame(index=False)
    return pd.MultiIndex.from_frame(frame.assign(quarter=frame["quarter"] + 1))


def _with_intervals(found: pd.DataFrame, rules: IndexRules) -> pd.DataFrame:
    """Put Student's intervals about index and change, the former within the index's bounds."""
    error = np.sqrt(found["variance"])
    half = error * scipy.special.stdtrit(np.maximum(found["degrees"], 1), (1 + _LEVEL) / 2)
    reach = scipy.special.stdtrit(np.maximum(found["change_degrees"], 1), (1 + _LEVEL) / 2)
    reach = reach * np.sqrt(found["change_variance"])
    found = found.assign(
        standard_error=error,
        lower=np.maximum(found["index"] - half, rules.points[0]),
        upper=np.minimum(found["index"] + half, rules.points[-1]),
        change_lower=found["change"] - reach,
        change_upper=found["change"] + reach,
    )
    return found[["answers", *_FIGURES]]
