"""The parameter files of a run, kept with its report: what was typed then, whatever stands there today."""

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from riskmodels.privacy import mask_personal_data
from riskmodels.runner.settings import RunSettings
from riskmodels.scratch import write_text

PARAMS = "params"
_POLICY, _SCENARIOS = f"{PARAMS}/policy", f"{PARAMS}/scenarios"
_SINGLE = ("risks", "plans", "capacity", "acknowledged")


def parameter_files(settings: RunSettings) -> dict[str, Path]:
    """Name every parameter file that a run may read: its place in the report -> where it is."""
    files = {f"{_POLICY}/{path.name}": path for path in sorted(Path(settings.policies).glob("*.yaml"))}
    for name in _SINGLE:
        if path := getattr(settings, name):
            files[f"{PARAMS}/{name}.yaml"] = Path(path)
    for place, folder in enumerate(_scenario_folders(settings)):
        chosen = (Path(one.file) for one in settings.tests if Path(one.file).parent == folder)
        for path in sorted({*folder.glob("*.yaml"), *chosen}):
            files[f"{_SCENARIOS}-{place}/{path.name}"] = path
    return files


def used_files(settings: RunSettings, policy_valid_from: date) -> dict[str, Path]:
    """Name those of them that a run followed: of the policies the one in force."""
    in_force = f"{_POLICY}/{policy_valid_from}.yaml"
    files = parameter_files(settings).items()
    return {name: path for name, path in files if name == in_force or not name.startswith(f"{_POLICY}/")}


def keep_parameter_files(settings: RunSettings, report: Path) -> None:
    """Copy them to the report's folder, byte for byte; personal data in one, a comment's too, is masked."""
    for name, path in parameter_files(settings).items():
        target, text = report / name, path.read_text("utf-8-sig", errors="replace")
        target.parent.mkdir(parents=True, exist_ok=True)
        if (masked := mask_personal_data(text)) == text:
            shutil.copyfile(path, target)
        else:
            write_text(target, masked)


def settings_of_kept(settings: RunSettings, report: Path) -> RunSettings:
    """Return the settings of a run with the parameter files that its report kept."""
    places = {
        folder: report / f"{_SCENARIOS}-{place}" for place, folder in enumerate(_scenario_folders(settings))
    }
    changes = {name: str(report / PARAMS / f"{name}.yaml") for name in _SINGLE if getattr(settings, name)}
    tests = tuple(
        one.model_copy(update={"file": str(places[Path(one.file).parent] / Path(one.file).name)})
        for one in settings.tests
    )
    return settings.model_copy(
        update=changes
        | {"policies": str(report / _POLICY), "scenarios": tests}
        | {"scenario_folder": str(places[Path(settings.scenario_folder)])}
    )


def changed_lines(before: str, now: str) -> Iterator[tuple[int, str, str]]:
    """Yield the lines of a file that differ: number (of the file now), before, now."""
    import difflib  # here, because hardly any run compares

    old, new = before.splitlines(), now.splitlines()
    for kind, start, end, first, last in difflib.SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        if kind == "equal":
            continue
        for place in range(max(end - start, last - first)):
            was = old[start + place] if start + place < end else ""
            has = new[first + place] if first + place < last else ""
            yield min(first + place, last) + 1, was.strip(), has.strip()


def masked_text(path: Path) -> str:
    """Read a parameter file, without personal data."""
    return mask_personal_data(path.read_text("utf-8-sig", errors="replace"))


def _scenario_folders(settings: RunSettings) -> list[Path]:
    return list(
        dict.fromkeys([Path(settings.scenario_folder), *(Path(one.file).parent for one in settings.tests)])
    )
