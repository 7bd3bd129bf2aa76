"""Every model of the inventory checked, with a verdict that a validator can sign."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from riskmodels.display import Displayed
from riskmodels.labels import commas, label, marked, plural, space
from riskmodels.parameters.models import Model, Models
from riskmodels.validation.checks import checks_of
from riskmodels.validation.evidence import Outcome, Saved, run
from riskmodels.validation.model import models_without_row

VERDICTS: dict[str, str] = {
    "unfit": marked("Not fit for use"),
    "unvalidated": marked("Not validated"),
    "limits": marked("Fit with limits"),
    "fit": marked("Fit for use"),
}  # the worst first
_MODEL_COLUMNS = [
    *("model", "name_en", "name_zh", "owner_en", "owner_zh", "tier", "verdict"),
    *("is_tested", "passed", "limit", "failed", "unknown", "last_validation", "due", "overdue"),
]
_CHECK_COLUMNS = ["model", "kind", "check", "state", "value", "limit", "worst", "is_share", "said"]
_TESTS = ("backtest", "rival")  # kinds of checks that set outcomes or other methods against a model
_STATES = ("passed", "limit", "failed", "unknown")
Watched = Callable[[Sequence[Model]], Iterable[Model]]


@dataclass(frozen=True, kw_only=True, eq=False)
class ValidationPack(Displayed):
    """What was found of each model.

    Attributes
    ----------
    table : DataFrame
        One row per model, the worst verdict first, then by tier: ``model``, ``name_en``, ``name_zh``,
        ``owner_en``, ``owner_zh``, ``tier``, ``verdict`` (a key of ``VERDICTS``); ``is_tested`` (a backtest
        or a rival is known); ``passed``, ``limit``,
        ``failed``, ``unknown`` [number of checks]; ``last_validation`` [ISO day, "" never], ``due`` [ISO day
        of the next one, "" at once], ``overdue``.
    checks : DataFrame
        One row per check: ``model``, ``kind``, ``check`` (its English text), ``state``, ``value``, ``limit``
        (from which it is a limitation) and ``worst`` (from which the model is not fit; infinite: none),
        ``is_share``, ``said`` (why nothing is known, as facts).
    inventory : DataFrame
        One row per model: ``model``, ``purpose``, ``assumptions``, ``limits``, ``page``, ``functions``.
    without_row : tuple of str
        Public functions that are models and that the inventory does not name.
    report : str
        The report that was looked at.
    day : date
        On which it was looked at, and validations are due or not.
    is_full : bool
        Whether backtests were computed again.
    set_by : str
        Who answers for the inventory.
    data_digest : str
        Digest of the report's tables.
    """

    table: pd.DataFrame
    checks: pd.DataFrame
    inventory: pd.DataFrame
    without_row: tuple[str, ...]
    report: str
    day: date
    is_full: bool
    set_by: str
    data_digest: str

    @property
    def verdict(self) -> str:
        """The verdict over all: the worst, but not validated only for one of tier 1 or without a row."""
        found = {*self.table["verdict"]}
        decisive = self.table.loc[self.table["tier"] == 1, "verdict"]
        if "unfit" in found:
            return "unfit"
        if self.without_row or decisive.empty or (decisive == "unvalidated").any():
            return "unvalidated"
        return "fit" if found == {"fit"} else "limits"

    @property
    def sentence(self) -> str:
        """Say how many models there are with each verdict, and which are not fit."""
        count = self.table["verdict"].value_counts()
        parts = [
            label("{verdict}: {models}", verdict=label(VERDICTS[one]), models=int(count[one]))
            for one in VERDICTS
            if one in count
        ]
        said = plural(
            len(self.table),
            "{models} model. {parts}.",
            "{models} models. {parts}.",
            models=len(self.table),
            parts=commas(parts),
        )
        unfit = self.table.loc[self.table["verdict"] == "unfit", "name_en"]
        if len(unfit):
            said += space() + label("Not fit for use: {names}.", names=commas(unfit))
        if self.without_row:
            said += space() + label(
                "Without a row in the inventory: {names}.", names=commas(self.without_row)
            )
        return said

    def summary(self) -> pd.DataFrame:
        """Verdict of each model, with the number of its checks."""
        return self.table[["name_en", "tier", "verdict", *_STATES]]

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        return {"validated_models": self.table, "validation_checks": self.checks}


def validate_models(
    models: Models,
    saved: Saved,
    *,
    day: date,
    report: str = "",
    is_full: bool = False,
    watched: Watched = iter,
) -> ValidationPack:
    """Check every model of an inventory on the saved results of a report.

    Parameters
    ----------
    models : Models
        The inventory.
    saved : mapping
        Results by the names of their folders; ``stress`` is a tuple of all stress tests; what only a full
        validation computes is in it where that was done.
    day : date
        On which validations are due or not.
    report : str
        What the results are of.
    is_full : bool
        Whether backtests were computed again.
    watched : callable
        Gives the models one after the other, e.g. with a progress bar.

    Returns
    -------
    ValidationPack
        A model is *not fit* where a check fails, *not validated* where none says anything, *fit with limits*
        where a check finds a limitation, a backtest or rival that it has is not known, or one of tier 1 has
        none; else *fit for use*.
    """
    rows, checks = [], []
    for model in watched(models.models):
        outcomes = [run(check, saved) for check in checks_of(model.id)]
        rows.append(_row(model, outcomes, models.interval(model.tier), day))
        checks += [_check(model.id, outcome) for outcome in outcomes]
    table = pd.DataFrame(rows, columns=_MODEL_COLUMNS)
    order = table["verdict"].map(list(VERDICTS).index)
    tables = saved.get("tables")
    return ValidationPack(
        table=table.assign(order=order).sort_values(["order", "tier"], kind="stable", ignore_index=True)[
            _MODEL_COLUMNS
        ],
        checks=pd.DataFrame(checks, columns=_CHECK_COLUMNS),
        inventory=_inventory(models),
        without_row=tuple(models_without_row(models)),
        report=report,
        day=day,
        is_full=is_full,
        set_by=models.set_by,
        data_digest="" if tables is None else tables.digest,
    )


def _is_tested(outcomes: Sequence[Outcome]) -> bool:
    """Say whether anything that happened, or another method, was set against a model."""
    return any(one.state != "unknown" and one.check.kind in _TESTS for one in outcomes)


def _verdict(outcomes: Sequence[Outcome], tier: int) -> str:
    states = {one.state for one in outcomes}
    if "failed" in states:
        return "unfit"
    if not states & {"passed", "limit"}:
        return "unvalidated"
    untested = any(one.state == "unknown" and one.check.kind in _TESTS for one in outcomes)
    untested |= tier == 1 and not _is_tested(outcomes)
    return "limits" if untested or "limit" in states else "fit"


def _row(model: Model, outcomes: Sequence[Outcome], months: int, day: date) -> dict[str, object]:
    last = model.last_validation
    due = None if last is None else (pd.Timestamp(last) + pd.DateOffset(months=months)).date()
    states = [str(one.state) for one in outcomes]
    return {
        "model": model.id,
        "name_en": model.name_en,
        "name_zh": model.name_zh,
        "owner_en": model.owner_en,
        "owner_zh": model.owner_zh,
        "tier": model.tier,
        "verdict": _verdict(outcomes, model.tier),
        "is_tested": _is_tested(outcomes),
        **{state: states.count(state) for state in _STATES},
        "last_validation": "" if last is None else last.isoformat(),
        "due": "" if due is None else due.isoformat(),
        "overdue": due is None or due < day,
    }


def _check(model_id: str, outcome: Outcome) -> tuple[object, ...]:
    check = outcome.check
    figures = (float(outcome.value), float(outcome.limit), float(outcome.worst))
    return model_id, check.kind, check.name, outcome.state, *figures, check.is_share, outcome.said


def _inventory(models: Models) -> pd.DataFrame:
    rows = [
        {
            "model": one.id,
            "purpose": one.purpose,
            "assumptions": "; ".join(one.assumptions),
            "limits": "; ".join(one.limits),
            "page": one.page,
            "functions": ", ".join(one.functions),
        }
        for one in models.models
    ]
    return pd.DataFrame(rows, columns=["model", "purpose", "assumptions", "limits", "page", "functions"])
