"""Drafts: numbers that can be read in two ways, units, words for missing, event logs."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from riskmodels.errors import ContractError
from riskmodels.parameters.files import load_parameters
from riskmodels.reporting.listings import check_listings
from riskmodels.sources import ingest
from riskmodels.sources.drafts import Draft, draft_source
from riskmodels.sources.mapping import Source
from riskmodels.sources.numerals import unit_in
from riskmodels.tables import Table

pytestmark = pytest.mark.whole


def drafted(folder: Path, text: str) -> tuple[Draft, dict[str, Any], Table]:
    """Draft a file, and take it in as it was drafted."""
    (folder / "f.csv").write_text(text, encoding="utf-8")
    draft = draft_source(folder / "f.csv", target=folder / "d.yaml")
    (folder / "d.yaml").write_text(draft.text, encoding="utf-8")
    mapping = load_parameters(folder / "d.yaml", Source).tables[draft.table]
    made = {name: column.model_dump(exclude_defaults=True) for name, column in mapping.columns.items()}
    return draft, made, ingest(folder / "d.yaml", store=folder / "store").require(draft.table)


def losses(
    amounts: list[str], delimiter: str = ";", name: str = "Gross loss", title: str = "", more: str = ""
) -> str:
    rows = [
        delimiter.join(
            [
                f"{n}",
                f"2024-03-{n % 28 + 1:02d}",
                "2024-04-30",
                "NSWE"[n % 4],
                "external_fraud",
                f'"{amount}"',
            ]
        )
        + (f'{delimiter}"{more}"' if more else "")
        for n, amount in enumerate(amounts)
    ]
    header = ["Loss ID", "Date of occurrence", "Booking date", "Branch", "Event type", name]
    return f"{title}{delimiter.join(header + ['Recovery'] * bool(more))}\n" + "\n".join(rows) + "\n"


@pytest.mark.parametrize(
    ("amounts", "delimiter", "more", "total", "doubted"),
    [
        (["850", "1.250", "12.500", "99", "45.000"], ";", "", 59_699, True),
        (["850", "1.250", "12.500", "99", "45.000"], ",", "", 59_699, True),
        (["850", "1.250", "12.500"], ";", "0.50", 863.75, True),
        (["850", "1.250", "12.500"], ",", "12,50", 14_600, True),
        (["850", "1,250", "12,500"], ";", "", 14_600, True),
        (["850", "1,250", "12,500"], ",", "", 14_600, True),
        (["850", "1.250", "1.250.000"], ",", "", 1_252_100, False),
        (["850", "0.125", "12.500"], ",", "", 862.625, False),
        (["850", "1.25", "12.500"], ";", "", 863.75, False),
        (["1250", "1.250", "12.500"], ",", "", 1263.75, True),
        (["850", "12,34,567.00", "1,00,000.50"], ",", "", 1_335_417.5, False),
        (["1’250.50", "12’500.00"], ",", "", 13_750.5, False),
        (["1\u202f250,50", "12\u202f500,00"], ";", "", 13_750.5, False),
    ],
)
def test_rival_readings_are_weighed(
    amounts: list[str], delimiter: str, more: str, total: float, doubted: bool, tmp_path: Path
) -> None:
    draft, _, table = drafted(tmp_path, losses(amounts * 5, delimiter, more=more))
    assert table.frame()["gross_loss"].sum() == pytest.approx(5 * total)
    assert any(doubt.startswith("gross_loss: '") for doubt in draft.doubts) == doubted


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amounts=st.lists(st.integers(1, 900_000), min_size=3, max_size=9), sign=st.sampled_from(".,' "))
def test_whole_amounts_with_separators_keep_their_sum_or_are_doubted(
    amounts: list[int], sign: str, tmp_path: Path
) -> None:
    texts = [f"{amount:,}".replace(",", sign) for amount in amounts]
    draft, _, table = drafted(tmp_path, losses(texts))
    said = any(doubt.startswith("gross_loss: ") for doubt in draft.doubts)
    assert said or table.frame()["gross_loss"].sum() == sum(amounts)


@pytest.mark.parametrize(
    ("amounts", "how"),
    [
        (["(1,250.50)", "3.00"], "parentheses"),
        (["1,250.50-", "3.00"], "trailing"),
        (["-1,250.50", "3.00"], None),
    ],
)
def test_negative_amounts(amounts: list[str], how: str | None, tmp_path: Path) -> None:
    _, made, table = drafted(tmp_path, losses(amounts * 3))
    assert made["gross_loss"].get("negative") == how
    assert set(table.rejected["rule"]) == {"gross_loss >= 0"}  # it was read
    assert len(table.frame()) == 3


@pytest.mark.parametrize(
    ("words", "scale"),
    [
        *(("损失金额（万元）", 1e4), ("金额(千元)", 1e3), ("金额（百万元）", 1e6), ("金额（亿元）", 1e8), ("账户数（万户）", 1e4)),
        *(("Loss (₹ lakh)", 1e5), ("Amount in lakhs", 1e5), ("Rs. crore", 1e7), ("Loss (£000)", 1e3), ("£'000", 1e3)),
        *(("Loss £m", 1e6), ("TEUR", 1e3), ("Schaden in Mio. EUR", 1e6), ("in thousands", 1e3), ("loss_usd_thousands", 1e3)),
        *(("USD bn", 1e9), ("Loss (k€)", 1e3), ("AmountMillions", 1e6), ("T€", 1e3), ("Mrd. EUR", 1e9)),
        *(("per thousand accounts", None), ("每万户投诉量", None), ("Gross loss", None), ("amount 1000", None), ("Comment", None)),
    ],
)  # fmt: skip
def test_units_in_names(words: str, scale: float | None) -> None:
    found = unit_in(words)
    assert (found and found[1]) == scale


def test_a_unit_in_the_title_is_a_scale_and_a_doubt(tmp_path: Path) -> None:
    draft, made, table = drafted(tmp_path, losses(["1.5", "2.5"] * 4, title="损失明细（单位：万元）;;;;;\n"))
    assert made["gross_loss"]["scale"] == 10_000
    assert table.frame()["gross_loss"].sum() == 160_000
    assert any("the title gives a unit" in doubt for doubt in draft.doubts)


@pytest.mark.parametrize(
    "word",
    ["NULL", "\\N", "NaN", "NaT", "?", "-", "n/a", "#N/A", "未知", "None", "不详", "(null)", "—", "unknown"],
)
def test_words_for_missing(word: str, tmp_path: Path) -> None:
    rows = [
        f"{n},2024-05-{n % 28 + 1:02d},{word if n % 4 == 0 else f'2024-06-{n % 28 + 1:02d}'},{'NSE'[n % 3]},card,"
        f"{word if n % 2 else '12.50'}"
        for n in range(40)
    ]
    text = "\n".join(["complaint_id,received_at,resolved_at,unit_id,product,redress", *rows, ""])
    draft, made, table = drafted(tmp_path, text)
    assert made["resolved_at"]["missing"] == made["redress"]["missing"] == (word,)
    assert f"resolved_at: 25.0% of the rows hold {word}, not in this format: read as missing" in draft.doubts
    assert (table.provenance.rows_accepted, table.frame()["resolved_at"].isna().sum()) == (40, 10)
    assert table.frame()["redress"].sum() == 20 * 12.5


def test_words_for_missing_of_the_source_and_of_typed_columns(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "complaint_id": ["a", "b", "c"],
            "received_at": pd.to_datetime(["2024-05-01"] * 3),
            "resolved_at": pd.to_datetime(["2024-05-02", "1900-01-01", None]),
            "unit_id": ["u", "u", "u"],
            "product": ["p", "p", "#N/A"],
        }
    )
    frame.to_parquet(tmp_path / "c.parquet")
    (tmp_path / "s.yaml").write_text(
        "id: t\ntitle: t\ncountry: CN\nmissing: ['#N/A', '1900-01-01']\n"
        "tables:\n  complaints: {file: c.parquet, format: parquet}\n",
        encoding="utf-8",
    )
    table = ingest(tmp_path / "s.yaml", store=tmp_path / "store").require("complaints")
    assert table.frame()["resolved_at"].isna().tolist() == [False, True]
    assert table.rejected["rule"].tolist() == ["product required"]


STATES = ("New", "Active", "Closed")


def log(cases: int) -> str:
    rows = [
        f"INC{n},2024-05-{n % 28 + 1:02d},card,{'NSE'[n % 3]},{'' if state == 'New' else place}"
        for n in range(cases)
        for place, state in enumerate(STATES)
    ]
    return "\n".join(["number,opened_at,product,unit_id,redress", *rows, ""])


def test_a_draft_folds_an_event_log_by_the_time_that_differs_within_its_cases(tmp_path: Path) -> None:
    head, *rows = log(50).splitlines()
    timed = [f"{row},2024-06-01 {12 + n % 3:02d}:{n % 60:02d}:00" for n, row in enumerate(rows)]
    draft, _, table = drafted(tmp_path, "\n".join([f"{head},updated", *reversed(timed), ""]))
    assert any("the last one of each by 'updated'" in doubt for doubt in draft.doubts)
    assert set(table.frame()["redress"]) == {2.0}


@pytest.mark.parametrize(("fold", "redress"), [("last", 2.0), ("first", None)])
def test_an_event_log_is_folded(fold: str, redress: float | None, tmp_path: Path) -> None:
    draft, made, _ = drafted(tmp_path, log(50))
    assert made["complaint_id"] == {"column": "number"}
    assert "fold: last" in draft.text
    assert any("an event log: 'number' has 50 values in 150 rows" in doubt for doubt in draft.doubts)
    (tmp_path / "d.yaml").write_text(draft.text.replace("fold: last", f"fold: {fold}"), encoding="utf-8")
    table = ingest(tmp_path / "d.yaml", store=tmp_path / "store").require("complaints")
    assert (table.provenance.rows_accepted, table.provenance.rows_rejected) == (50, 100)
    assert set(table.rejected["rule"]) == {"another row of its key stands for it (fold)"}
    assert set(table.frame()["redress"].dropna()) == ({redress} if redress else set())


def test_shares_are_of_rows(tmp_path: Path) -> None:
    days = pd.date_range("2024-06-01", periods=400).strftime("%Y-%m-%d")
    rows = [f"{n},2024-05-{n % 28 + 1:02d},{'soon' if n % 4 else days[n]},N,card" for n in range(400)]
    text = "\n".join(["complaint_id,received_at,resolved_at,unit_id,product", *rows, ""])
    draft, _, _ = drafted(tmp_path, text)
    assert any("75.0% of the rows with a value are not in this format" in doubt for doubt in draft.doubts)


def test_why_nothing_was_accepted_comes_first(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text(
        "complaint_id,received_at,unit_id,product,severity\na,2024-05-01,u,p,1\n", "utf-8"
    )
    source = "id: t\ntitle: t\ncountry: CN\n{}tables:\n  complaints: {{file: c.csv, format: csv}}\n"
    path = tmp_path / "s.yaml"
    path.write_text(source.format("as_of: 2024-12-31\n"), encoding="utf-8")
    first = check_listings(ingest(path, store=tmp_path / "store"))[0]
    assert first.sentence == "No row of complaints was accepted; these rules were broken:"
    assert first.frame["Rule broken"].tolist() == ["severity in domain"]
    path.write_text(source.format(""), encoding="utf-8")
    with pytest.raises(ContractError, match="no accepted row: of 1 row 1 broke 'severity in domain'"):
        ingest(path, store=tmp_path / "store")
