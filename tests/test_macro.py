"""Paths of the economy, and what counts have to do with them: oracles, signs, and nothing where nothing is."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmodels.errors import ParameterError
from riskmodels.panel import Panel
from riskmodels.parameters.macro import MacroDriver, load_macro_drivers
from riskmodels.stresstest.macro import MacroPath, by_month, read_macro_path
from riskmodels.stresstest.sensitivities import MacroSensitivity, _least_squares, estimate_sensitivities

pytestmark = pytest.mark.whole

UNEMPLOYMENT = MacroDriver(
    id="unemployment", name_en="u", name_zh="u", column="U", measure="change_in_a_year", pushes="up"
)
HEAD = "Scenario Name,Date,U,House\n"


def made_path(values, start="2005Q1", name="economy"):
    index = pd.period_range(start, periods=len(values), freq="Q")
    return MacroPath(name=name, table=pd.DataFrame({"U": np.asarray(values, float)}, index=index))


def economy(size=84, seed=4):
    """Return an unemployment rate that swings, in per cent."""
    noise = np.random.default_rng(seed).normal(0, 0.2, size)
    return 6 + 2.5 * np.sin(np.arange(size) / 5.5) + noise


def moved(effect, seed, *, lasting=0.5, level=600.0, dispersion=0.003):
    """Return quarterly counts that grow against their last year by an effect of the driver, and their path."""
    path = made_path(economy())
    driver = path.drivers((UNEMPLOYMENT,))["unemployment"].fillna(0).to_numpy()
    rng, reached, counts = np.random.default_rng(seed), 0.0, [level] * 4
    for value in driver[4:]:
        reached = lasting * reached + (1 - lasting) * value
        mean = np.mean(counts[-4:]) ** 0.9 * level**0.1 * np.exp(effect * reached)  # drawn back to its level
        counts.append(float(rng.poisson(rng.gamma(1 / dispersion, dispersion * mean))))
    return counts, path


def panel_of(rows, start="2005Q1"):
    periods = pd.period_range(start, periods=len(rows[0]), freq="Q")
    keys = pd.DataFrame({"product": [f"p{i}" for i in range(len(rows))]})
    return Panel(keys=keys, periods=periods, values=np.array(rows, float), exposure=None, kind="count")


def test_the_regression_is_that_of_statsmodels():
    rng = np.random.default_rng(3)
    x = np.concatenate([np.eye(4)[np.arange(40) % 4], rng.normal(size=(40, 2))], axis=1)
    offset = np.full(40, np.log(150.0))
    y = rng.poisson(np.exp(offset + x @ [0.1, -0.1, 0.2, 0.05, 0.08, -0.05])).astype(float)
    for dispersion in (0.01, 0.3):
        family = sm.families.NegativeBinomial(alpha=dispersion)
        peer = sm.GLM(y, x, family=family, offset=offset).fit(tol=1e-12)
        found = _least_squares(y, offset, x[None], np.array([dispersion]), np.ones(40))
        assert found[0] == pytest.approx(peer.params, rel=1e-5, abs=1e-6)


def test_an_effect_that_is_there_is_found_and_one_that_is_not_is_not():
    rows = [moved(0.10, seed)[0] for seed in range(4)] + [moved(0.0, seed)[0] for seed in range(4)]
    found = estimate_sensitivities(panel_of(rows), moved(0, 0)[1], (UNEMPLOYMENT,))
    assert found.usable.tolist() == [True] * 4 + [False] * 4
    assert found.effect[:4, 0] == pytest.approx(0.10, abs=0.03)
    assert (found.lower[:4] <= 0.10).sum() + (found.upper[:4] >= 0.10).sum() >= 7  # of eight ends
    assert found.sentence.startswith("4 of 8 series move with the economy")


def test_no_effect_is_against_its_sign():
    rows = [moved(-0.12, seed)[0] for seed in range(3)]  # more unemployment, fewer complaints: excluded
    found = estimate_sensitivities(panel_of(rows), moved(0, 0)[1], (UNEMPLOYMENT,))
    assert (found.effect == 0).all()
    assert not found.usable.any()
    assert found.sentence.startswith("No usable sensitivity")


def test_too_few_quarters_and_tiny_series_give_nothing():
    short, path = moved(0.1, 1)
    for rows in ([short[:20]], [[0.0] * len(short)], [[np.nan] * len(short)]):
        found = estimate_sensitivities(panel_of(rows), path, (UNEMPLOYMENT,))
        assert not found.usable.any()
        assert (found.effect == 0).all()


def test_months_become_whole_quarters_only():
    counts, path = moved(0.1, 2)
    months = np.repeat(np.array(counts) / 3, 3)
    periods = pd.period_range("2005-01", periods=len(months), freq="M")
    monthly = Panel(
        keys=pd.DataFrame({"product": ["a"]}),
        periods=periods,
        values=months[None],
        exposure=None,
        kind="count",
    )
    by_quarter = estimate_sensitivities(panel_of([counts]), path, (UNEMPLOYMENT,))
    assert estimate_sensitivities(monthly, path, (UNEMPLOYMENT,)).effect == pytest.approx(
        by_quarter.effect, rel=1e-6
    )


def sensitivity(effect, lasting, usable=True):
    return MacroSensitivity(
        keys=pd.DataFrame({"product": ["a"]}),
        drivers=(UNEMPLOYMENT,),
        effect=np.array([[effect]]),
        lower=np.array([[effect]]),
        upper=np.array([[effect]]),
        lasting=np.array([[lasting]]),
        table=pd.DataFrame({"product": ["a"], "usable": [usable]}),
    )


def test_multipliers_by_hand():
    base = made_path([4.0] * 8, "2024Q1", "base")
    worse = made_path([4.0] * 4 + [6.0, 7.0, 7.0, 7.0], "2024Q1", "worse")
    quarters = pd.period_range("2025Q1", periods=2, freq="Q")
    found = sensitivity(0.1, 0.5).multipliers(worse, base, quarters)[0]
    first = np.exp(0.1 * 1.0)  # half of two points is felt at once
    assert found == pytest.approx([first, np.mean([1, 1, 1, first]) * np.exp(0.1 * 2.0)])
    assert (sensitivity(0.1, 0.5, usable=False).multipliers(worse, base, quarters) == 1).all()
    assert by_month(found).tolist() == [found[0]] * 3 + [found[1]] * 3


@settings(max_examples=30)
@given(
    effect=st.floats(0, 0.5),
    lasting=st.sampled_from([0.0, 0.5, 0.8]),
    more=st.lists(st.floats(0, 4), min_size=6, max_size=6),
)
def test_a_worse_path_never_gives_less(effect, lasting, more):
    base = [5.0] * 10
    quarters = pd.period_range("2025Q1", periods=4, freq="Q")
    worse = np.array(base)
    worse[4:] += np.maximum.accumulate(more)  # it only gets worse
    one = sensitivity(effect, lasting).multipliers(
        made_path(worse, "2024Q1"), made_path(base, "2024Q1"), quarters
    )
    assert (one >= 1).all()
    same = sensitivity(effect, lasting).multipliers(
        made_path(base, "2024Q1"), made_path(base, "2024Q1"), quarters
    )
    assert (same == 1).all()


def test_a_path_is_read_and_joined_to_its_history(tmp_path):
    (tmp_path / "h.csv").write_text(HEAD + "Actual,2024 Q3,4.2,310\nActual,2024 Q4,4.1,320\n")
    (tmp_path / "s.csv").write_text(HEAD + "Severe,2025 Q2,6.8,255\nSevere,2025 Q1,5.6,275\n")
    history, severe = read_macro_path(tmp_path / "h.csv"), read_macro_path(tmp_path / "s.csv")
    joined = severe.after(history)
    assert joined.name == "Severe"
    assert joined.table["U"].tolist() == [4.2, 4.1, 5.6, 6.8]
    with pytest.raises(ParameterError, match="does not end in the quarter before 2024Q3"):
        history.after(severe)


def test_drivers_are_measured_as_they_say():
    index = pd.period_range("2024Q1", periods=5, freq="Q")
    path = MacroPath(
        name="p", table=pd.DataFrame({"U": [4.0, 4, 4, 4, 6], "H": [100.0, 1, 1, 1, 80]}, index=index)
    )
    house = MacroDriver(
        id="h", name_en="h", name_zh="h", column="H", measure="growth_in_a_year", pushes="down"
    )
    level = UNEMPLOYMENT.model_copy(update={"id": "level", "measure": "level"})
    last = path.drivers((UNEMPLOYMENT, level, house)).iloc[-1]
    assert last.to_dict() == pytest.approx({"unemployment": 2.0, "level": 6.0, "h": np.log(0.8) * 100})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "has no column 'Scenario Name'"),
        (HEAD + "A,2024 Q1,1,2\nB,2024 Q2,1,2\n", "holds 2 scenarios"),
        (HEAD + "A,2024 Q1,1,2\nA,2024 Q3,1,2\n", "quarters lack or are given twice"),
        (HEAD + "A,2024 Q1,1,2\nA,2024 Q1,1,2\n", "quarters lack or are given twice"),
        (HEAD + "A,2024 Q9,1,2\n", "expected quarters such as 2025 Q1"),
        (HEAD + "A,2024 Q1,many,2\n", "expected quarters such as 2025 Q1, and numbers"),
        ("", "cannot be read as quarterly paths"),
    ],
)
def test_what_is_no_path_is_refused(tmp_path, text, said):
    (tmp_path / "p.csv").write_text(text)
    with pytest.raises(ParameterError, match=said):
        read_macro_path(tmp_path / "p.csv")


def test_a_file_that_is_not_there_and_a_column_that_lacks(tmp_path):
    with pytest.raises(ParameterError, match="cannot be read"):
        read_macro_path(tmp_path / "none.csv")
    wrong = UNEMPLOYMENT.model_copy(update={"column": "Unemployment rat"})
    with pytest.raises(ParameterError, match="has no 'Unemployment rat'"):
        made_path([1.0] * 8).drivers((wrong,))


def test_the_shipped_drivers_are_those_of_the_federal_reserve(project, shared_data):
    drivers = load_macro_drivers(project / "params" / "macro.yaml").drivers
    history = read_macro_path(shared_data("macro/fed_2025-Table_1A_Historic_Domestic.csv"))
    adverse = read_macro_path(
        shared_data("macro/fed_2025-Table_3A_Supervisory_Severely_Adverse_Domestic.csv")
    )
    path = adverse.after(history).drivers(drivers).loc["2025Q4"]
    assert path["unemployment"] == pytest.approx(9.2 - history.table.loc["2024Q4", "Unemployment rate"])
    assert path["house_prices"] < -25


def test_complaints_to_the_cfpb_have_no_sensitivity_that_foretells(project, shared_data):
    """Fourteen years of complaints by product: the file's renamed products are too short to learn from."""
    frame = pd.read_csv(shared_data("cfpb/monthly_by_product.csv"))
    frame["month"] = pd.PeriodIndex(frame["month"], freq="M")
    panel = Panel.from_long(frame, keys=["product"], period="month", value="n")
    history = read_macro_path(shared_data("macro/fed_2025-Table_1A_Historic_Domestic.csv"))
    baseline = read_macro_path(shared_data("macro/fed_2025-Table_2A_Supervisory_Baseline_Domestic.csv"))
    adverse = read_macro_path(
        shared_data("macro/fed_2025-Table_3A_Supervisory_Severely_Adverse_Domestic.csv")
    )
    found = estimate_sensitivities(
        panel, history, load_macro_drivers(project / "params" / "macro.yaml").drivers
    )
    assert (found.table["tested"] > 0).sum() >= 10
    assert not found.usable.any()
    quarters = pd.period_range("2025Q1", "2026Q4", freq="Q")
    assert (found.multipliers(adverse.after(history), baseline.after(history), quarters) == 1).all()
