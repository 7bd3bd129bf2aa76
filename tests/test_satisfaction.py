"""What satisfaction goes with, and the satisfaction index: published and closed forms, simulations, odd banks."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.special
import statsmodels
from matplotlib import pyplot as plt

import riskmodels as rm
from riskmodels.causes.associations import regress_answers
from riskmodels.causes.ordinal import fit_ordinal, proportional_odds
from riskmodels.errors import ParameterError, TooLittleError
from riskmodels.labels import say
from riskmodels.parameters.satisfaction import IndexPart, IndexRules
from riskmodels.results import load, save

PERIOD = "2026Q3"
UCLA = Path(statsmodels.__file__).parent / "miscmodels" / "tests" / "results" / "ologit_ucla.csv"
CUTS = np.array([-3.2, -2.1, -1.3, 0.6])  # unequal
SLOPES = np.array([0.5, -0.7, 0.3, -0.12])


def answers_of(levels, design):
    """Draw levels 0 to 4 of proportional odds."""
    rng = np.random.default_rng(3)
    return ((rng.logistic(size=levels) + design @ SLOPES)[:, None] > CUTS).sum(axis=1)


def design_of(rows):
    rng = np.random.default_rng(4)
    kinds = (rng.random((rows, 3)) < [0.3, 0.2, 0.4]).astype(float)
    return np.column_stack([kinds, rng.gamma(2.0, 2.0, rows)])


# Proportional odds


def test_the_published_example_of_applications_to_college() -> None:
    """UCLA's 400 students by Stata's ologit; R's MASS::polr stops a little earlier (1.04769, -.05879, .61594)."""
    rows = pd.read_csv(UCLA)
    levels = rows["apply"].map({"unlikely": 0, "somewhat likely": 1, "very likely": 2}).to_numpy()
    fit = fit_ordinal(levels, rows[["pared", "public", "gpa"]].to_numpy(float))
    np.testing.assert_allclose(fit.coefficients, [1.047664, -0.0586828, 0.6157458], atol=5e-7)
    np.testing.assert_allclose(fit.cutpoints, [2.203323, 4.298767], atol=5e-7)
    errors = np.sqrt(np.diag(np.linalg.inv(fit.information)))[2:]
    np.testing.assert_allclose(errors, [0.2657891, 0.2978588, 0.2606311], atol=2e-5)
    assert fit.log_likelihood == pytest.approx(-358.51244, abs=5e-6)
    np.testing.assert_allclose(fit.coefficients, [1.04769, -0.05879, 0.61594], atol=0.001 * errors.min())


def test_two_groups_of_two_levels_are_a_table_of_four_cells() -> None:
    """The coefficient is the log odds ratio; both its variances are the sum of the cells' inverses."""
    cells = np.array([[31, 80], [44, 57]])  # group by level
    group, level = (np.repeat(np.array(code), cells.ravel()) for code in ([0, 0, 1, 1], [0, 1, 0, 1]))
    fit = fit_ordinal(level, group[:, None].astype(float))
    assert fit.coefficients[0] == pytest.approx(np.log(57 * 31 / (44 * 80)), abs=1e-6)
    error = np.sqrt((1 / cells).sum())
    assert np.sqrt(np.linalg.inv(fit.information)[1, 1]) == pytest.approx(error, rel=1e-5)
    assert np.sqrt(fit.covariance()[1, 1]) == pytest.approx(error, rel=1e-5)


def test_what_was_planted_is_found_with_its_error() -> None:
    design = design_of(20_000)
    levels = answers_of(20_000, design)
    fit = fit_ordinal(levels, design)
    found = np.concatenate([fit.cutpoints, fit.coefficients])
    errors = np.sqrt(np.diag(fit.covariance()))
    assert (np.abs(found - [*CUTS, *SLOPES]) < 3.5 * errors).all()
    assert (errors[4:] < 0.05).all()
    np.testing.assert_allclose(fit.scores.sum(axis=0), 0.0, atol=0.05)
    step = np.concatenate([np.zeros(4), [1e-4, 0, 0, 0]])  # the likelihood is highest where it stands
    for side in (-1, 1):
        assert log_likelihood(found + side * step, levels, design) < fit.log_likelihood


def log_likelihood(point, levels, design):
    edges = np.concatenate([[-np.inf], point[:4], [np.inf]])
    linear = design @ point[4:]
    upper, lower = (scipy.special.expit(edges[levels + side] - linear) for side in (1, 0))
    return np.log(upper - lower).sum()


def test_clusters_widen_what_their_rows_share() -> None:
    """Each answer four times over, in one cluster: as unsure as once."""
    design, cluster = design_of(600), np.repeat(np.arange(600), 4)
    levels = answers_of(600, design)
    once, four = fit_ordinal(levels, design), fit_ordinal(np.repeat(levels, 4), np.repeat(design, 4, axis=0))
    np.testing.assert_allclose(four.covariance(cluster), once.covariance() * 600 / 599, rtol=1e-6)
    np.testing.assert_allclose(four.covariance(), once.covariance() / 4, rtol=1e-6)


@pytest.mark.parametrize(
    ("levels", "column", "words"),
    [
        ([0] * 20, [0, 1] * 10, "all answers are of one level"),
        ([0, 1] * 10, [0, 1] * 10, "with certainty"),
        ([0, 1, 1, 0] * 5, [1] * 20, "not independent"),
    ],
)
def test_what_has_no_maximum_is_refused(levels, column, words) -> None:
    design = np.column_stack([column, column]).astype(float)[:, : 1 + (words == "not independent")]
    with pytest.raises(TooLittleError, match=words):
        fit_ordinal(np.array(levels), design)


def test_proportional_odds_are_refused_where_one_cutpoint_moves_alone() -> None:
    design = design_of(8_000)
    levels, part = answers_of(8_000, design), np.array([0, 0, 1, 2])
    by_part, overall = proportional_odds(levels, design, part, fewest=10)
    assert by_part.min() > 0.02
    assert overall > 0.02
    up = (levels == 3) & (design[:, 2] == 1) & (np.random.default_rng(5).random(8_000) < 0.5)
    by_part, overall = proportional_odds(np.where(up, 4, levels), design, part, fewest=10)
    assert by_part[1] < 1e-6 > overall
    assert by_part[[0, 2]].min() > 0.01
    unknown, none = proportional_odds(levels[:60], design[:60], part, fewest=10)
    assert np.isnan([*unknown, none]).all()


# Drivers


@pytest.fixture(scope="module")
def drivers(sample_tables, default_policy):
    return rm.causes.satisfaction_drivers(sample_tables, default_policy, period=PERIOD)


def row_of(result, source, driver, level):
    table = result.table
    chosen = (table["source"] == source) & (table["driver"] == driver) & (table["level"] == level)
    return table[chosen].iloc[0]


def test_new_residents_of_the_sample_are_satisfied_less_often(drivers, project) -> None:
    truth = json.loads((project / "data" / "sample" / "truth.json").read_text("utf-8"))
    (gap,) = [one for one in truth["group_gaps"] if one["indicator_id"] == "complaint_handling_satisfaction"]
    row = row_of(drivers, "complaints", "customer_group", gap["customer_group"])
    assert row["found"]
    assert row["lower"] < gap["points"] < row["upper"] < 0
    assert drivers.table["found"].sum() == 1  # nothing else was planted
    assert "new resident against general (rated complaints): -8" in drivers.sentence
    assert drivers.sentence.endswith("This is association, not effect.")
    days = row_of(drivers, "complaints", "days_to_resolve", "")
    assert days["lower"] < 0 < days["upper"]


def test_every_driver_is_told_or_said_to_lack(drivers) -> None:
    told = set(zip(drivers.table["source"], drivers.table["driver"], strict=True))
    lacking = set(zip(drivers.unavailable["source"], drivers.unavailable["driver"], strict=True))
    assert len(told | lacking) == 14
    assert lacking == {("surveys", one) for one in ("days_to_resolve", "waiting_hours", "outcome")}
    assert len(set(drivers.answering["asked"].groupby(drivers.answering["driver"]).sum())) == 1
    assert "closed complaints were rated (40%)" in drivers.who_answered


def one_source(rows=3_000, seed=8, days=-0.15, group=-0.6):
    rng = np.random.default_rng(seed)
    groups = np.array(["general", "elderly"], dtype=object)[(rng.random(rows) < 0.3).astype(int)]
    channels = np.array(["phone", "branch", "web"], dtype=object)[rng.integers(0, 3, rows)]
    taken = rng.integers(0, 15, rows).astype(float)
    linear = days * taken + group * (groups == "elderly") + 0.2 * (channels == "web")
    points = 1 + ((rng.logistic(size=rows) + linear)[:, None] > CUTS - 1).sum(axis=1)
    columns = {"customer_group": groups, "channel": channels, "days_to_resolve": taken}
    frame = pd.DataFrame({"points": points.astype(float), "unit_id": rng.integers(0, 40, rows).astype(str)})
    return frame.assign(**columns, product=None, region_id=None), linear


def test_points_are_the_mean_difference_of_two_predicted_shares() -> None:
    """One day less: by the planted model, mean over answers of expit(η + .15) - expit(η)."""
    frame, linear = one_source()
    table = pd.DataFrame(regress_answers("complaints", frame).rows).set_index(["driver", "level"])
    cut = CUTS[2] - 1
    true = 100 * (scipy.special.expit(linear + 0.15 - cut) - scipy.special.expit(linear - cut)).mean()
    day = table.loc[("days_to_resolve", "")]
    assert 2.5 < true < 3.5
    assert day["lower"] < true < day["upper"]
    assert day["odds_lower"] < np.exp(0.15) < day["odds_upper"]
    old = linear + 0.6 * (frame["customer_group"] == "elderly") - cut
    true = 100 * (scipy.special.expit(old - 0.6) - scipy.special.expit(old)).mean()
    elderly = table.loc[("customer_group", "elderly")]
    assert elderly["lower"] < true < elderly["upper"] < 0


def test_a_level_and_its_reference_exchanged_are_the_same_with_the_other_sign() -> None:
    frame, _ = one_source()
    turned = frame.assign(
        customer_group=frame["customer_group"].map({"general": "elderly", "elderly": "general"})
    )
    one, other = (
        pd.DataFrame(regress_answers("complaints", rows).rows).set_index("driver").loc["customer_group"]
        for rows in (frame, turned)
    )
    assert one["points"] == pytest.approx(-other["points"], rel=1e-9)
    assert one["odds_ratio"] == pytest.approx(1 / other["odds_ratio"], rel=1e-6)
    assert one["p_value"] == pytest.approx(other["p_value"], rel=1e-6)
    shuffled = pd.DataFrame(
        regress_answers("complaints", frame.sample(frac=1, random_state=1)).rows
    ).set_index("driver")
    assert shuffled.loc["customer_group", "points"] == pytest.approx(one["points"], rel=1e-9)


def reasons(told):
    return {driver: say(why.facts) for driver, why in told.lacking}


def test_levels_with_few_answers_are_one_level_and_unknown_is_one() -> None:
    frame, _ = one_source()
    channel = frame["channel"].where(np.arange(3_000) % 7 > 0, None)
    channel = channel.where(np.arange(3_000) > 40, "kiosk").where(np.arange(3_000) > 20, "post")
    told = regress_answers("complaints", frame.assign(channel=channel))
    table = pd.DataFrame(told.rows)
    levels = set(table.loc[table["driver"] == "channel", "level"])
    assert {"others", "not_known"} <= levels
    assert not {"kiosk", "post"} & levels
    assert reasons(told)["product"] == "the answers do not come with it"


def test_what_cannot_be_told_says_why() -> None:
    frame, _ = one_source()
    many = regress_answers("complaints", frame.assign(region_id=frame["channel"]))
    assert reasons(many)["region_id"] == "it cannot be separated from the drivers before it"
    few = regress_answers("complaints", frame.head(120))
    assert "answers that are satisfied" in " ".join(reasons(few).values())
    assert (
        regress_answers("surveys", None).lacking[0][1]
        == "the source has no answers of customers in these quarters"
    )
    same = regress_answers("complaints", frame.assign(points=5.0))
    assert not same.rows
    assert same.lacking
    half = regress_answers(
        "complaints", frame.assign(days_to_resolve=frame["days_to_resolve"].where(frame.index % 2 == 0))
    )
    assert reasons(half)["days_to_resolve"] == "it is known of 50% of the answers"
    one = regress_answers("complaints", frame.assign(unit_id="u"))
    assert one.model[0]["clustered"] is False


SURVEYS = [
    {
        "survey_id": f"s{i}",
        "answered_on": f"2024-{8 + i % 5:02d}-05",
        "unit_id": "ab"[i % 2],
        "rating": 1 + i % 5,
    }
    for i in range(60)
]


@pytest.mark.parametrize("rated", [False, True])
def test_a_bank_with_next_to_nothing_gets_a_sentence(take_in, default_policy, rated, tmp_path) -> None:
    complaint = {"complaint_id": "c", "received_at": "2024-08-01", "unit_id": "a", "product": "p"}
    complaints = [complaint | ({"satisfaction": 5} if rated else {})]
    tables = take_in(complaints=complaints, surveys=SURVEYS)
    result = rm.causes.satisfaction_drivers(tables, default_policy, period="2024Q4")
    assert result.sentence.startswith("What satisfaction goes with cannot be estimated: ")
    assert rm.listings.list_drivers(result).frame.empty  # the sentence has the reasons
    assert len(rm.listings.list_answering(result).frame) == rated
    for made in (result, rm.causes.satisfaction_index(tables, default_policy, period="2024Q1")):
        rm.plot(made)
        assert made.summary() is not None
        loaded = load(save(made, tmp_path / type(made).__name__), type(made))
        pd.testing.assert_frame_equal(loaded.table, made.table)
    plt.close("all")


def test_a_quarter_that_is_none_is_refused(sample_tables, default_policy) -> None:
    for function in (rm.causes.satisfaction_drivers, rm.causes.satisfaction_index):
        with pytest.raises(ParameterError, match="is not a quarter"):
            function(sample_tables, default_policy, period="2026")
        with pytest.raises(ParameterError, match="expected at least 1"):
            function(sample_tables, default_policy, period=PERIOD, quarters=0)


# The index


@pytest.fixture(scope="module")
def index(sample_tables, default_policy):
    return rm.causes.satisfaction_index(sample_tables, default_policy, period=PERIOD)


def answers(ratings, *, unit="a", month=11, channel="phone", start=0):
    return [
        {
            "survey_id": f"{unit}{month}{channel}{start + n}",
            "answered_on": f"2024-{month:02d}-05",
            "unit_id": unit,
            "channel": channel,
            "rating": rating,
        }
        for n, rating in enumerate(ratings)
    ]


def with_index(policy, **changes):
    return policy.model_copy(update={"satisfaction_index": IndexRules(**changes)})


def test_the_index_is_the_weighted_mean_of_points(take_in, default_policy) -> None:
    """Phone 5, 5, 4, 3, 1 → 65; branch 2, 4, 5, 5, 5 → 80; weights 3 to 1: 68.75. The quarter before: 53.75."""
    rows = [
        *answers([5, 5, 4, 3, 1]), *answers([2, 4, 5, 5, 5], channel="branch"),
        *answers([4, 4, 3, 2, 2], month=8), *answers([4, 5, 3, 2, 5], channel="branch", month=8),
    ]  # fmt: skip
    parts = tuple(
        IndexPart(id=name, name_en=name, name_zh=name, asks="surveys", channels=(name,), weight=weight)
        for name, weight in (("phone", 60.0), ("branch", 20.0))
    )
    made = rm.causes.satisfaction_index(
        take_in(surveys=rows), with_index(default_policy, parts=parts), period="2024Q4", quarters=2
    )
    (row,) = made.latest[made.latest["scope"] == "bank"].to_dict("records")
    assert (row["answers"], row["index"]) == (10, pytest.approx(68.75))
    assert row["change"] == pytest.approx(68.75 - (0.75 * 50 + 0.25 * 70))
    assert row["lower"] < 68.75 < row["upper"] <= 100
    assert made.parts["mean"].tolist() == [65.0, 80.0]
    channels = made.latest[made.latest["scope"] == "channel"]
    assert channels["index"].isna().all()  # each has answers to one part only
    assert made.table["period"].tolist().count("2024Q3") == len(made.table) / 2


def test_a_part_without_answers_gives_its_weight_and_few_answers_have_no_index(
    take_in, default_policy
) -> None:
    rows = [*answers([5, 4, 4, 3, 5]), *answers([5, 4], unit="b")]
    made = rm.causes.satisfaction_index(take_in(surveys=rows), default_policy, period="2024Q4")
    assert made.parts["used"].tolist() == [1.0, 0.0]
    found = made.latest.set_index(["scope", "subject"])["index"]
    assert found[("bank", "")] == pytest.approx(100 * (5 * 4 - 4 + 4 + 3) / 28)
    assert found[("unit", "a")] == pytest.approx(80.0)
    assert np.isnan(found[("unit", "b")])
    assert "Service 100%" in made.sentence
    alike = rm.causes.satisfaction_index(
        take_in(surveys=[*rows, *answers([5] * 9, unit="c")]), default_policy, period="2024Q4"
    )
    row = alike.latest[alike.latest["subject"] == "c"].iloc[0]
    assert row["index"] == 100
    assert 85 < row["lower"] < 99.5  # nine equal answers are no certainty


def test_the_error_is_that_of_a_bootstrap_by_unit(index, sample_tables, default_policy) -> None:
    """Bank and region of the last quarter, and the bank's movement: 4,000 draws of units; error of a deviation 1.1%."""
    span = pd.period_range(end=pd.Period(PERIOD, freq="Q"), periods=2)
    surveys = sample_tables.surveys.frame(["unit_id", "answered_on", "rating"])
    rated = sample_tables.complaints.frame(["unit_id", "received_at", "satisfaction", "resolved_at"]).dropna()
    parts = [
        (0.7, surveys["unit_id"], surveys["answered_on"], surveys["rating"]),
        (0.3, rated["unit_id"], rated["received_at"], rated["satisfaction"]),
    ]
    units = pd.Index(sorted(surveys["unit_id"].unique()))
    region = sample_tables.units.frame().set_index("unit_id")["region_id"].reindex(units)
    drawn = np.random.default_rng(6).multinomial(len(units), np.full(len(units), 1 / len(units)), 4_000)
    figures = []
    for period in span:
        total = 0.0
        for weight, unit, day, points in parts:
            worth = pd.DataFrame({"unit": unit, "n": 1, "s": 25.0 * (points - 1)})
            sums = (
                worth[pd.PeriodIndex(day, freq="Q") == period]
                .groupby("unit")
                .sum()
                .reindex(units)
                .fillna(0.0)
            )
            total = total + weight * (drawn @ sums["s"]) / (drawn @ sums["n"])
        figures.append(total)
    bank = index.latest[index.latest["scope"] == "bank"].iloc[0]
    assert bank["standard_error"] == pytest.approx(figures[1].std(), rel=0.06)
    width = scipy.special.stdtrit(len(units) - 1, 0.95) * (figures[1] - figures[0]).std()
    assert (bank["change_upper"] - bank["change_lower"]) / 2 == pytest.approx(width, rel=0.06)
    assert bank["index"] == pytest.approx(figures[1].mean(), abs=0.1)
    assert region.nunique() == 3


def test_the_sample_s_index_by_bank_region_unit_and_channel(index, sample_tables) -> None:
    latest = index.latest
    assert latest["scope"].value_counts().to_dict() == {"unit": 60, "channel": 7, "region": 3, "bank": 1}
    assert latest["index"].dropna().between(60, 100).all()
    assert index.design_effect < 1.5  # units of the sample do not differ
    assert "is 84" in index.sentence
    listing = rm.listings.list_index(index, sample_tables)
    assert listing.frame["Name"].iloc[0] == "whole bank"
    assert "Jade Garden Branch (B048)" in set(listing.frame["Name"])
    assert (listing.frame["Level"] == "unit").sum() == 10
    assert rm.listings.list_index_parts(index).frame["Share of the index"].tolist() == ["70%", "30%"]


def test_a_month_that_is_not_known_has_no_answers(take_in, default_policy) -> None:
    rows = [*answers([5] * 6), *answers([1] * 6, month=12)]
    tables = take_in(surveys=rows, unknown_months={"surveys": ["2024-12"]})
    made = rm.causes.satisfaction_index(tables, default_policy, period="2024Q4")
    assert made.latest[made.latest["scope"] == "bank"]["index"].tolist() == [100.0]


def test_listings_and_plots_show_the_results(drivers, index, sample_tables) -> None:
    listing = rm.listings.list_drivers(drivers)
    assert listing.frame["Verdict"].iloc[0] == "association"
    assert listing.frame["Verdict"].iloc[-1].startswith("cannot be estimated: ")
    for shown in (listing, rm.listings.list_answering(drivers), rm.listings.list_index(index, sample_tables)):
        assert "nan" not in shown.frame.to_string()
        assert shown.sentence
    for result in (drivers, index):
        _, axes = plt.subplots()
        assert rm.plot(result, ax=axes) is axes
        assert rm.plot(result).get_figure().axes
        assert set(result.frames())
        assert "<table" in result._repr_html_()
    plt.close("all")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"points": (0.0, 25.0, 25.0, 75.0, 100.0)}, "points must rise"),
        ({"parts": ()}, "at least one"),
        ({"parts": (IndexRules().parts[0], IndexRules().parts[0])}, "given twice: service"),
        ({"fewest_answers": 1}, "greater than or equal to 2"),
    ],
)
def test_an_index_that_is_none_is_refused(changes, words) -> None:
    with pytest.raises(ValueError, match=words):
        IndexRules(**changes)


def test_the_shipped_policy_says_whose_the_weights_are(default_policy) -> None:
    assert default_policy.satisfaction_index == IndexRules()
    assert default_policy.satisfaction_index.set_by == "riskmodels default"
