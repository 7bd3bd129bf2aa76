"""The ledger of a run: where it is, whether it can be reached, and what stood in it when the run began."""

import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from riskmodels.errors import ParameterError
from riskmodels.results import save
from riskmodels.runner.settings import RunSettings, has_password

if TYPE_CHECKING:  # SQLAlchemy is imported by the runs that have a ledger, for start-up
    from riskmodels.governance.state import LedgerState

VARIABLE = "RISKMODELS_LEDGER"


def given_ledger(place: str) -> str:
    """Return a ledger given on the command line as settings hold it: absolute, and without a password.

    Raises ParameterError where a password was typed: a command line is seen by others.
    """
    if "://" not in place:
        return str(Path(place).resolve())
    if has_password(place) and place != os.environ.get(VARIABLE):
        raise ParameterError(
            f"a ledger's password belongs into {VARIABLE}, not into a command line or a file"
        )
    return _without_password(place)


def day_of(settings: RunSettings) -> date:
    """Return the day whose deadlines and expiries count: the first one after the quarter, unless set."""
    return settings.ledger_on or settings.day_after


def check_ledger(place: str) -> None:
    """Refuse a ledger that is not there or cannot be reached, before anything runs."""
    from riskmodels.governance.ledger import open_ledger  # here, for start-up

    with open_ledger(_with_password(place), is_made=False) as ledger:
        ledger.head()


def read_state(settings: RunSettings) -> "LedgerState | None":
    """Take what stands in the ledger of a run; None of a run without one."""
    if settings.ledger is None:
        return None
    from riskmodels.governance.ledger import open_ledger  # here, for start-up
    from riskmodels.governance.state import take_state

    with open_ledger(_with_password(settings.ledger), is_made=False) as ledger:
        return take_state(ledger, period=settings.period, day=day_of(settings))


def keep_state(settings: RunSettings, results: Path) -> None:
    """Save what stands in the ledger of a run, once, as the result that its notebooks and report read."""
    if state := read_state(settings):
        save(state, results / "ledger")


def _without_password(place: str) -> str:
    parts = urlsplit(place)
    user, _, host = parts.netloc.rpartition("@")
    name = user.partition(":")[0]
    kept = "&".join(one for one in parts.query.split("&") if not one.startswith("password="))
    return parts._replace(netloc=f"{name}@{host}" if name else host, query=kept).geturl()


def _with_password(place: str) -> str:
    """Return the URL that the environment has of this ledger, with its password; else the place itself."""
    known = os.environ.get(VARIABLE, "")
    return known if "://" in known and _without_password(known) == place else place
