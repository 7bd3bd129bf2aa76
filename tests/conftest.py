"""What all tests share: hypothesis profiles, a drawing backend without a screen, the real data."""

import csv
import gc
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

gc.disable()  # until all tests are collected: what is imported stays
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: more threads only slow small matrices

from riskmodels.cli.terminal import without_grammar_of_iris

without_grammar_of_iris()  # before nbformat

import pytest
from filelock import FileLock
from hypothesis import settings
from simulations import SHARE, THOROUGH, is_thorough

from riskmodels.parameters.policy import Policy, load_policy
from riskmodels.parameters.risks import RiskRegister, load_risks
from riskmodels.results import load, save
from riskmodels.runner.kernels import Kernels, open_kernels
from riskmodels.scorecard import Movements, Scorecard, score, score_quarter
from riskmodels.sources import ingest
from riskmodels.tables import Tables

pytest_plugins = ["budget"]

ROOT = Path(__file__).parents[1]
REAL_DATA = ROOT.parent / "shared" / "data"

os.environ.setdefault("MPLBACKEND", "Agg")
FEWEST = 4  # examples of a test that draws fewer than it asks for
for _profile in ("usual", THOROUGH):
    settings.register_profile(_profile, derandomize="CI" in os.environ, deadline=None, max_examples=50)
settings.load_profile("usual")


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    """Close what a test has drawn: matplotlib warns of more than twenty open figures."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """Return a function from a name, e.g. 'cfpb/monthly_by_product.csv', to its path; it skips without it."""

    def path_of(name: str) -> Path:
        path = REAL_DATA / name
        if not path.exists():
            pytest.skip(f"real data {name} is not on this machine")
        return path

    return path_of


@pytest.fixture(scope="session")
def project() -> Path:
    """Return the folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., list[Any]]:
    """Return a function that makes results, read-only: the first worker that asks makes them for all.

    They are named, each with its class; what makes them is given the folder that they are saved in.
    """
    temporary = tmp_path_factory.getbasetemp()
    shared = temporary.parent if "PYTEST_XDIST_WORKER" in os.environ else temporary

    def made(make: Callable[[Path], Iterable[Any]], **kinds: type) -> list[Any]:
        with FileLock(shared / f"{next(iter(kinds))}.lock"):
            if not all((shared / name).exists() for name in kinds):
                for name, result in zip(kinds, make(shared), strict=True):
                    save(result, shared / name)
        return [load(shared / name, kind) for name, kind in kinds.items()]

    return made


@pytest.fixture(scope="session")
def sample_tables(made_once: Callable[..., list[Any]]) -> Tables:
    """Return the accepted rows of the shipped sample bank."""
    source = ROOT / "params" / "sources" / "sample.yaml"
    (tables,) = made_once(lambda folder: [ingest(source, store=folder / "store")], sample=Tables)
    return tables


@pytest.fixture(scope="session")
def kernels() -> Iterator[Kernels]:
    """Return what starts kernels, forked from a process that has the libraries."""
    with open_kernels() as opened:
        yield opened


@pytest.fixture(scope="session")
def default_policy() -> Policy:
    """Return the policy that is shipped."""
    return load_policy(ROOT / "params" / "policy", on="2026-10-01")


@pytest.fixture(scope="session")
def register() -> RiskRegister:
    """Return the risks that are shipped."""
    return load_risks(ROOT / "params" / "risks.yaml")


@pytest.fixture(scope="session")
def sample_card(
    made_once: Callable[..., list[Any]], sample_tables: Tables, default_policy: Policy, register: RiskRegister
) -> Scorecard:
    """Return the scorecard of the sample's last quarter, made without one before it."""
    (card,) = made_once(
        lambda _: [score(sample_tables, default_policy, period="2026Q3", register=register)], card=Scorecard
    )
    return card


@pytest.fixture(scope="session")
def sample_quarter(
    made_once: Callable[..., list[Any]], sample_tables: Tables, default_policy: Policy, register: RiskRegister
) -> tuple[Scorecard, Scorecard, Movements]:
    """Return the sample's last scorecards, the one before first, and how units moved between them."""

    def made(_: Path) -> list[Any]:
        given = {"register": register}
        before = score(sample_tables, default_policy, period="2026Q2", **given)
        return [before, *score_quarter(sample_tables, default_policy, period="2026Q3", **given)]

    before, card, moved = made_once(made, quarter_before=Scorecard, quarter=Scorecard, movements=Movements)
    return before, card, moved


@pytest.fixture(scope="session")
def take_in(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Tables]:
    """Return a function that writes small CSV files, one per table, and ingests them.

    A table is given as its text, or as dicts of canonical columns (of which the first names all). The columns
    are mapped to themselves; ``columns`` adds to that, by table, and a mapped table maps nothing else.
    """

    def take(
        *,
        as_of: str | None = "2024-12-31",
        country: str = "CN",
        unknown_months: dict[str, list[str]] | None = None,
        columns: dict[str, dict] | None = None,
        breaks: dict[str, list[dict]] | None = None,
        **tables: str | bytes | Iterable[dict[str, object]],
    ) -> Tables:
        folder = tmp_path_factory.mktemp("bank")
        maps = {}
        for table, content in tables.items():
            file = folder / f"{table}.csv"
            header = _write_csv(file, content)
            maps[table] = {
                "file": file.name,
                "format": "csv",
                "columns": (columns or {}).get(table) or {name: {"column": name} for name in header},
                "unknown": (unknown_months or {}).get(table, []),
                "breaks": (breaks or {}).get(table, []),
            }
        source = {"id": "small", "title": "A small bank", "country": country, "as_of": as_of, "tables": maps}
        (folder / "source.yaml").write_text(json.dumps(source), encoding="utf-8")
        return ingest(folder / "source.yaml", store=folder / "store")

    return take


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that no worker waits for one at the end."""
    if not is_thorough():
        for test in {getattr(item, "obj", None) for item in items}:  # once, however many parameters it has
            _draw_fewer(test)
    long = {item.path for item in items if {"whole", "slow"} & {mark.name for mark in item.iter_markers()}}
    items.sort(key=lambda item: item.path not in long)


def _draw_fewer(test: Any) -> None:
    """Let a test of drawn examples draw a share of those it asks for."""
    asked = getattr(test, "_hypothesis_internal_use_settings", None)  # where hypothesis keeps them
    if asked is not None and hasattr(test, "hypothesis"):
        few = max(asked.max_examples // SHARE, min(asked.max_examples, FEWEST))
        test._hypothesis_internal_use_settings = settings(asked, max_examples=few)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """Look for garbage from here on, but no longer at libraries and tests: each look would go through all.

    Where workers collect the tests, it is called in the process that waits for them, too.
    """
    gc.freeze()
    gc.enable()


def pytest_unconfigure() -> None:
    """Let libraries be taken down as usual: what stays frozen is reported as leaked at the end."""
    gc.unfreeze()


def _write_csv(file: Path, content: str | bytes | Iterable[dict[str, object]]) -> list[str]:
    """Write a file and return the names in its first line."""
    if isinstance(content, str):
        content = content.encode()
    if isinstance(content, bytes):
        file.write_bytes(content)
        first = content.partition(b"\n")[0].decode("utf-8-sig", errors="replace")
        return next(csv.reader([first.strip("\r")]))
    rows = list(content)
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return list(rows[0])
