"""The source files for public layouts read a few made-up rows of them."""

from pathlib import Path

import pandas as pd

import riskmodels as rm
from riskmodels.sources import ingest
from riskmodels.tables import Table

SOURCES = Path(__file__).parents[1] / "params" / "sources"


def taken(source: str, table: str, folder: Path, text: str, encoding: str = "utf-8") -> Table:
    file = folder / "rows.csv"
    file.write_bytes(text.encode(encoding))
    return ingest(SOURCES / f"{source}.yaml", store=folder / "store", files={table: file}).require(table)


def test_the_ranking_of_brazils_central_bank(tmp_path: Path) -> None:
    head = (
        "Ano;Trimestre;Categoria;Tipo;CNPJ IF;Instituição financeira;Índice;Quantidade de reclamações reguladas"
        " procedentes;Quantidade de reclamações reguladas - outras;Quantidade de reclamações não reguladas;Quantidade"
        " total de reclamações;Quantidade total de clientes – CCS e SCR;"
    )
    rows = [
        "2021;1º;Demais;Conglomerado; ;BANCO A (conglomerado);1,53;4;3;2;9;2612000;",
        "2021;1º;Top 15;Banco/financeira;00000001;BANCO B;20,10;150;100;1.021;1.271;7463000;",
        "2021;2º;Demais;Conglomerado; ;BANCO A (conglomerado);1,60;5;3;3;11;2700000;",
        "2021;2º;Top 15;Banco/financeira;00000001;BANCO B;19,00;140;100;24;264;7500000;",
    ]
    counts = taken("bcb", "complaint_counts", tmp_path, "\r\n".join([head, *rows, ""]), "cp1252")
    assert counts.provenance.rows_rejected == 0
    panel = rm.build_panel(counts, by=["unit_id"], freq="Q")
    assert panel.keys["unit_id"].tolist() == ["BANCO A (conglomerado)", "BANCO B"]
    assert panel.periods.astype(str).tolist() == ["2021Q1", "2021Q2"]
    assert panel.values.tolist() == [[9, 11], [1271, 264]]


def test_the_yearly_table_of_indias_ombudsmen(tmp_path: Path) -> None:
    text = (
        "fiscal_year,category,complaints\n"
        '2022-23,Loans,"58,990"\n2022-23,Cards,"34,151"\n2022-23,Total,"93,141"\n'
        '2023-24,Loans,"1,85,281"\n2023-24,Cards,"42,329"\n2023-24,Total,"2,27,610"\n'
        '2024-25,Loans,"86,670"\n2024-25,Cards,"50,811"\n2024-25,Total,"1,37,481"\n'
    )
    counts = taken("rbi", "complaint_counts", tmp_path, text).frame()
    cells = {
        (row.product, str(row.period_start)[:10]): (row.period, row.complaints) for row in counts.itertuples()
    }
    assert cells == {
        ("Loans", "2022-04-01"): ("year", 58_990),
        ("Cards", "2022-04-01"): ("year", 34_151),
        ("Loans", "2023-04-01"): ("year", 185_281),
        ("Cards", "2023-04-01"): ("year", 42_329),
        ("Loans", "2024-04-01"): ("year", 86_670),
        ("Cards", "2024-04-01"): ("year", 50_811),
    }


def test_a_log_of_incidents_is_folded_to_its_last_rows(tmp_path: Path) -> None:
    text = (
        "number,state,opened_at,sys_updated_at,resolved_at,closed_at,category,assignment_group,priority\n"
        "INC0000045,Closed,29/2/2016 01:16,5/3/2016 12:00,29/2/2016 11:29,5/3/2016 12:00,Category 55,Group 57,2 - High\n"
        "INC0000045,New,29/2/2016 01:16,29/2/2016 01:23,?,?,Category 55,Group 56,3 - Moderate\n"
        "INC0000045,Resolved,29/2/2016 01:16,29/2/2016 11:29,29/2/2016 11:29,?,Category 55,Group 57,2 - High\n"
        "INC0000047,New,2016-03-01 04:40:00,2016-03-01 04:57:00,?,?,Category 40,?,1 - Critical\n"
        "INC0000047,Active,2016-03-01 04:40:00,2016-03-01 04:57:00,?,?,Category 40,Group 70,1 - Critical\n"
        "INC0000057,New,2/3/2016 06:10,2/3/2016 06:30,?,?,?,?,4 - Low\n"
    )
    cases = taken("servicenow", "complaints", tmp_path, text).frame().set_index("complaint_id").sort_index()
    assert cases.index.tolist() == ["INC0000045", "INC0000047", "INC0000057"]
    assert cases["received_at"].tolist() == [
        pd.Timestamp("2016-02-29 01:16"),
        pd.Timestamp("2016-03-01 04:40"),
        pd.Timestamp("2016-03-02 06:10"),
    ]
    assert cases["resolved_at"].iloc[0] == pd.Timestamp("2016-02-29 11:29")
    assert cases["resolved_at"].iloc[1:].isna().all()
    assert cases["unit_id"].tolist() == ["Group 57", "Group 70", "unattributed"]
    assert cases["severity"].tolist() == ["serious", "major", "ordinary"]
    assert cases["category"].iloc[:2].tolist() == ["Category 55", "Category 40"]
