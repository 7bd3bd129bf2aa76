"""What a run writes of itself: with what it was made, how long it took, and the sha256 of every file."""

import hashlib
import json
import platform
import re
from collections import defaultdict
from importlib.metadata import requires, version
from pathlib import Path
from typing import Any

from riskmodels.assessment import outlook, units
from riskmodels.backtesting import Backtest, judging
from riskmodels.causes import Causes, Leads, TypicalWords
from riskmodels.comparisons import Orders
from riskmodels.effects import IncidentReview
from riskmodels.forecasting import nowcasting
from riskmodels.governance.state import LedgerState
from riskmodels.losses import experience
from riskmodels.manifests import MANIFEST, digests, results_digest
from riskmodels.privacy import mask_values
from riskmodels.register import RiskAssessment
from riskmodels.results import load, load_all
from riskmodels.runner.kept_parameters import PARAMS
from riskmodels.runner.plan import Plan
from riskmodels.scorecard import rating, scores, sensitivity
from riskmodels.scratch import write_text
from riskmodels.shipped import shipped_folder
from riskmodels.stresstest import StressTest
from riskmodels.surveillance import Objectives, levels
from riskmodels.tables import Tables, file_sha256

PARTS = ("report.html", "board.html", "assessment.json", "source.json", "results", "tables")
_SHOWN = 16  # hexadecimal digits of a part's digest
SEEDS = {  # of what is drawn with the same one in every run
    "nowcast": nowcasting.SEED,
    "losses": experience.SEED,
    "scorecard-values": rating.SEED,
    "scorecard-scores": scores.SEED,
    "sensitivity": sensitivity.SEED,
    "findings-units": units.SEED,
    "findings-outlook": outlook.SEED,
    "review": judging.SEED,
    "alarms": levels.SEED,
}


def write_manifest(plan: Plan, folder: Path, *, seconds: dict[str, float]) -> None:
    """Write what was run with what, how long it took, and the sha256 of every file."""
    tables = load(folder / "results" / "tables", Tables)
    manifest = {
        "settings": json.loads(plan.settings.model_dump_json()),
        "policy_valid_from": plan.policy_valid_from.isoformat(),
        "tables": {table.name: json.loads(table.provenance.model_dump_json()) for table in tables.present},
        "data_digest": tables.digest,
        "stored": {table.name: table.digest for table in tables.present},
        "previous": _identified(plan.previous),
        "earlier": _identified(plan.earlier),
        "ledger": _ledger(folder / "results"),
        "seeds": SEEDS | _seeds(folder / "results"),
        "code": code_of(code_folders()),
        "versions": versions(),
        "seconds": {name: round(value, 1) for name, value in seconds.items()},
        "files": digests(folder, (*PARTS, PARAMS)),
        "notebooks": digests(folder, ("notebooks",)),  # with times of their own: no two runs write the same
    }
    text = json.dumps(mask_values(manifest), indent=1, ensure_ascii=False)
    write_text(folder / MANIFEST, f"{text}\n")


def _ledger(results: Path) -> dict[str, str] | None:
    """Return which ledger the run had, and how it stood then; null for none."""
    for state in load_all(results, "ledger", LedgerState):
        return {name: str(getattr(state, name)) for name in ("place", "day", "head", "problem")}
    return None


def _seeds(results: Path) -> dict[str, int]:
    """Return the seeds that results were drawn with."""
    kinds: dict[str, type[Any]] = {"backtest": Backtest, "orders": Orders, "risks": RiskAssessment}
    kinds |= {"objectives": Objectives, "causes": Causes, "incidents": IncidentReview}
    kinds |= {"leads": Leads, "typical_words": TypicalWords}
    seeds = {
        name: found.seed
        for name, kind in kinds.items()
        for found in load_all(results, name, object)
        if isinstance(found, kind)  # nothing was drawn where a bank has too little
    }
    tests = load_all(results, "stress-*", StressTest)
    return seeds | {f"stress-{test.scenario.id}": test.seed for test in tests}


def code_of(folders: list[Path]) -> dict[str, Any]:
    """Return version and digest of every program file and notebook that a run is made of, and each room's."""
    whole, rooms = hashlib.sha256(), defaultdict[str, Any](hashlib.sha256)
    for folder in folders:
        for path in sorted([*folder.rglob("*.py"), *folder.glob("*.ipynb")]):
            line = f"{path.relative_to(folder)} {file_sha256(path)}\n".encode()
            whole.update(line)
            rooms[f"{folder.name}/{path.relative_to(folder).parts[0]}"].update(line)
    parts = {room: digest.hexdigest()[:_SHOWN] for room, digest in sorted(rooms.items())}
    return {"riskmodels": version("riskmodels"), "sha256": whole.hexdigest(), "parts": parts}


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries that riskmodels needs, and the kind of machine."""
    names = [re.split(r"[^\w.-]", line)[0] for line in requires("riskmodels") or () if "extra ==" not in line]
    about = {"python": platform.python_version(), "machine": f"{platform.system()} {platform.machine()}"}
    return about | {name: version(name) for name in sorted(names)}


def code_folders() -> list[Path]:
    """Return the folders with what a run is made of."""
    return [Path(__file__).parents[1], shipped_folder("notebooks")]


def _identified(report: Path) -> str | None:
    """Identify an earlier report that was there, by its results: a release does not change them."""
    return results_digest(report) if (report / MANIFEST).is_file() else None
