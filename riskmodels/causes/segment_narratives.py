"""The narratives of a named segment, and those of the rest of its product."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import pandas as pd

from riskmodels.causes.counting import YEAR, sql_of
from riskmodels.causes.explaining import Causes
from riskmodels.causes.typical_words import TypicalWords, compare_narratives, nothing_compared
from riskmodels.parameters.policy import Policy
from riskmodels.tables import Table, Tables
from riskmodels.tables.counting import queried
from riskmodels.tables.sql import literal

_DRAWN: Final = 50_000  # narratives read of a segment's product, by a hash of them where there are more


def words_of_segment(
    causes: Causes, tables: Tables, policy: Policy, *, place: int = 0, seed: int = 0
) -> TypicalWords:
    """Find words and narratives that are typical of the complaints of a segment that was named.

    Parameters
    ----------
    causes : Causes
        Whose named segment and months are looked at.
    tables : Tables
        With narratives, which are masked where they were taken in.
    policy : Policy
        Whose certainty of gaps says how many of the words may be false.
    place : int
        Which of the segments named, the first by default.
    seed : int
        Of the draw of narratives, where there are many.

    Returns
    -------
    TypicalWords
        Against complaints of the same product in these months elsewhere, and a year before everywhere.
    """
    chance = 1 - policy.gaps.certainty
    complaints = tables.complaints
    if complaints is None or not complaints.gives("narrative"):
        return _of(nothing_compared("no_narrative", false_share=chance), tables)
    named = causes.segments[causes.segments["named"].astype(bool)]
    if not 0 <= place < len(named):
        return _of(nothing_compared("no_segment", false_share=chance), tables)
    row = named.iloc[place].to_dict()
    inside, outside = _narratives(complaints, tables, row)
    found = compare_narratives(inside, outside, false_share=chance, seed=seed)
    return replace(
        _of(found, tables), segment=str(row["segment"]), first=str(row["first"]), last=str(row["last"])
    )


def _of(found: TypicalWords, tables: Tables) -> TypicalWords:
    return replace(found, as_of=tables.as_of, data_digest=tables.digest)


def _narratives(
    complaints: Table, tables: Tables, row: Mapping[Any, Any]
) -> tuple["pd.Series[str]", "pd.Series[str]"]:
    where = json.loads(str(row["where"]))
    product = {name: value for name, value in where.items() if name == "product"}
    months = pd.period_range(str(row["first"]), str(row["last"]), freq="M")
    holes = complaints.provenance.unknown_months
    known = [one for one in months if not {str(one), str(one - YEAR)} & set(holes)]
    now, before = (_in_months([str(one - ago) for one in known]) for ago in (0, YEAR))
    query = (
        f"SELECT narrative, coalesce({now} AND ({sql_of(tables, where)}), false) AS inside FROM rows"
        f" WHERE narrative IS NOT NULL AND ({now} OR {before}) AND {sql_of(tables, product)}"
        f" ORDER BY hash(narrative), inside LIMIT {_DRAWN}"
    )
    texts = queried(complaints, query)
    is_inside = texts["inside"].astype(bool)
    return texts.loc[is_inside, "narrative"], texts.loc[~is_inside, "narrative"]


def _in_months(months: list[str]) -> str:
    return f"strftime(received_at, '%Y-%m') IN ({', '.join(map(literal, ['', *months]))})"
