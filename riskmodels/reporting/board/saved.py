"""The saved results of a run, as the pages of the board paper ask for them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from riskmodels.assessment import Findings
from riskmodels.labels import local
from riskmodels.parameters.policy import Policy
from riskmodels.results import load, load_all
from riskmodels.scorecard import Scorecard

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, kw_only=True, eq=False)
class Saved:
    """The results in a folder, and the policy that they were made with."""

    results: Path
    policy: Policy
    _loaded: dict[str, list[object]] = field(default_factory=dict, repr=False)

    def all_of(self, pattern: str, kind: type[ResultT]) -> list[ResultT]:
        """Return the results whose names match; what a bank has too little for is not among them."""
        if pattern not in self._loaded:  # several pages ask for the same
            self._loaded[pattern] = load_all(self.results, pattern, object)
        return [one for one in self._loaded[pattern] if isinstance(one, kind)]

    def one(self, name: str, kind: type[ResultT]) -> ResultT | None:
        """Return a result; None where there is none."""
        return next(iter(self.all_of(name, kind)), None)

    @cached_property
    def found(self) -> Findings:
        """What was found."""
        return load(self.results / "findings", Findings)

    @cached_property
    def findings(self) -> pd.DataFrame:
        """The findings with their words, and ``more``: their figures."""
        return _with_figures(self.found.table)

    @cached_property
    def watched(self) -> pd.DataFrame:
        """The watch list, in the same way."""
        return _with_figures(self.found.watch_list)

    @cached_property
    def card(self) -> Scorecard:
        """The ratings."""
        return load(self.results / "scorecard", Scorecard)

    def name_of(self, indicator_id: str) -> str:
        """Name an indicator, as the policy does."""
        return self._indicators.get(indicator_id, indicator_id)

    @cached_property
    def _indicators(self) -> Mapping[str, str]:
        return {one.id: local(one, "name") for one in self.policy.indicators}

    def rows_of(self, *rules: str) -> list[dict[Any, Any]]:
        """Return the findings by these rules, red ones first."""
        return self.findings[self.findings["rule"].isin(rules)].to_dict("records")

    def checked(self, rule: str) -> list[dict[Any, Any]]:
        """Return what was checked by a rule, findings or not, without words."""
        facts = self.found.facts
        return _with_figures(facts[facts["rule"] == rule]).to_dict("records")


def _with_figures(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(more=[json.loads(one) for one in rows["figures"]])
