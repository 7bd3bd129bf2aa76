"""What of an expected loss is in the books, what is opinion, and what is priced by the policy."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from riskmodels.display import shown_thousands
from riskmodels.labels import commas, label, marked
from riskmodels.parameters.policy import DEFAULT
from riskmodels.parameters.risks import RiskRegister

_RESTS_ON = {"booked": marked("{amount} from booked losses"), "elicited": marked("{amount} by opinion")}
_PRICED = marked("{amount} for customers affected or lost, at prices set by {who}")
_ASSUMED = marked("{amount} assumed, for customers affected or lost at prices set by {who}")


def made_of(row: "Mapping[Any, Any] | pd.Series[Any]") -> str:
    """Say what an expected loss, a row of ``RiskAssessment.table``, rests on [thousand CNY a year].

    What booked losses lead to expect, opinion, and what is priced; *assumed* where the prices are riskmodels'
    own and no bank's decision.
    """
    words = _RESTS_ON | {"priced": _ASSUMED if row["priced_by"] == DEFAULT else _PRICED}
    return commas(
        label(text, amount=shown_thousands(row[f"{part}_loss"]), who=label(str(row["priced_by"])))
        for part, text in words.items()
        if row[f"{part}_loss"] > 0
    )


def booked_by_month(register: RiskRegister, losses: pd.DataFrame) -> pd.DataFrame:
    """Sum losses by risk, type of event and month, as ``RiskAssessment.booked``.

    Each loss is in as many rows as risks have its type, in one with an empty risk_id where none has.
    """
    owners = pd.DataFrame(
        [(risk.id, kind) for risk in register.risks for kind in dict.fromkeys(risk.event_types)],
        columns=["risk_id", "event_type"],
        dtype="str",
    )
    month = losses["month"].astype("str")
    sums = losses.groupby([losses["event_type"].astype("str"), month, "counts"], observed=True)["gross_loss"]
    found = sums.agg(losses="size", gross="sum").reset_index().merge(owners, how="left", on="event_type")
    found = found.assign(risk_id=found["risk_id"].fillna("").astype("str"))
    columns = ["risk_id", "event_type", "month", "counts", "losses", "gross"]
    return found[columns].astype({"counts": bool, "losses": "int64", "gross": "float64"})
