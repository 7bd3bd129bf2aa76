"""A small draft of a report, made by hand: what a run leaves, without the run."""

import json
from datetime import date
from functools import cache
from pathlib import Path

from banks import PARAMS
from small_bank import make_card

from riskmodels.manifests import MANIFEST, digests
from riskmodels.reporting.document import FrontMatter, Standing, write_report
from riskmodels.reporting.exports import AssessmentDocument, Months
from riskmodels.results import save
from riskmodels.runner.kept_parameters import PARAMS as KEPT
from riskmodels.runner.kept_parameters import keep_parameter_files
from riskmodels.runner.manifest import PARTS, code_folders, code_of, versions
from riskmodels.runner.settings import RunSettings
from riskmodels.tables import Tables

FACT = {"finding_id": "F-1", "rule": "unit_limit", "subject_kind": "unit", "subject": "B1", "indicator_id": "upheld_rate",
        "severity": "red", "value": 0.5, "estimate": 0.45, "limit": 0.3, "probability": 0.99, "figures": {},
        "subject_name": "", "criterion": "", "condition": "", "evidence": "", "cause": "", "consequence": "",
        "corrective_action": "", "owner": ""}  # fmt: skip
COMPLAINTS = [
    {"complaint_id": f"C{number:02d}", "received_at": f"2024-09-{number:02d} 10:00:00", "unit_id": "B1",
     "product": "cards", "upheld": "true", "repeat_of": "C09" if number == 10 else "",
     "narrative": "The cash machine kept my card" if number % 2 else ""}
    for number in (*range(12, 0, -1),)
]  # fmt: skip


@cache
def code_now() -> dict:
    """Digest the program once: it does not change while tests run."""
    return code_of(code_folders())


def settings_of(folder: Path) -> RunSettings:
    return RunSettings(
        title="Small", source="source.yaml", policies=str(folder / "policy"), risks=str(folder / "risks.yaml"),
        scenario_folder=str(folder / "scenarios"), period="2024Q3", policy_on=date(2024, 10, 1),
    )  # fmt: skip


def make_draft(
    report: Path, tables: Tables, params: Path = PARAMS, *, red: bool = True, mean: float = 10.0
) -> Path:
    """Write a draft; what it found and expects is given."""
    save(make_card([{"value": mean}], [{}]), report / "results" / "scorecard")
    save(tables, report / "results" / "tables")
    standing = Standing(words="This report is a draft.", watermark="Draft")
    front = FrontMatter(title="Small", subtitle="", period="2024Q3", as_of="2024-09-30", standing=standing)
    for name in ("report.html", "board.html"):
        write_report([], report / name, front=front)
    document = AssessmentDocument(
        period="2024Q3", as_of="2024-09-30", policy="2000-01-01", data_digest=tables.digest, data_quality=[],
        findings=[FACT | {"severity": "red" if red else "amber"}], closed=[], since_last_quarter=None, watch_list=[], checked=[], names=[], false_share=None,
        indicators=[], units=[{"unit_id": "B1", "rating": "red", "score": 50.0}], alarms=[], objectives=[],
        forecast_method="by hand", forecast=[Months(period="2024-10", mean=mean, lower=5.0, upper=15.0)], stress=[],
        proposals=[],
    )  # fmt: skip
    (report / "assessment.json").write_text(document.model_dump_json(indent=1))
    settings = settings_of(params)
    keep_parameter_files(settings, report)
    for name in ("source.json", "tables/a.csv", "notebooks/10.ipynb"):
        (report / name).parent.mkdir(exist_ok=True)
        (report / name).write_text(f"{name} as written")
    write_manifest(report, settings, tables)
    return report


def write_manifest(report: Path, settings: RunSettings, tables: Tables) -> None:
    content = {
        "settings": json.loads(settings.model_dump_json()),
        "policy_valid_from": "2000-01-01",
        "stored": {table.name: table.digest for table in tables.present},
        "previous": None,
        "code": code_now(),
        "versions": versions(),
        "files": digests(report, (*PARTS, KEPT)),
        "notebooks": digests(report, ("notebooks",)),
    }
    (report / MANIFEST).write_text(json.dumps(content))
