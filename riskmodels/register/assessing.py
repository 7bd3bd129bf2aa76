"""Quantify the risk register: inherent and residual loss a year of each risk, its rank, and the matrix."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Floats
from riskmodels.catalogue import INDICATORS
from riskmodels.display import Displayed, shown_thousands
from riskmodels.errors import ParameterError
from riskmodels.labels import label, local
from riskmodels.parameters.policy import Appetite, Policy
from riskmodels.parameters.risks import Control, Risk, RiskRegister
from riskmodels.register.booked import booked_by_month, made_of
from riskmodels.register.matrices import MatrixLint
from riskmodels.register.placing import check_matrix, derive_matrix, disorder, place_risk
from riskmodels.register.quantities import Sources, gather_sources, mean_loss
from riskmodels.scorecard.grounds import RATINGS, rate_probabilities
from riskmodels.scorecard.rating import INTERVAL
from riskmodels.scorecard.scores import WORST
from riskmodels.scorecard.scoring import Scorecard
from riskmodels.tables import Tables

PARTS = ("money", "customers", "regulatory", "reputation")
KINDS = ("preventive", "corrective", "compensating")
_MONEY = 2  # rows of an impact that are money: what is booked, what is opinion
_QUARTERS = 4  # of a year
_FEWEST_DRAWS, _SHOWN = 100, 15  # draws: five beyond each end of a 90 % interval; risks in the summary
_LESS = 1 - 1e-9  # no control takes everything away


@dataclass(frozen=True, kw_only=True, eq=False)
class RiskAssessment(Displayed):
    """What each risk of the register is expected to cost a year, before and after its controls.

    Attributes
    ----------
    table : DataFrame
        One row per risk, the costliest first: rank, risk_id, name_en, name_zh, category; inherent_frequency
        [events a year], inherent_impact [CNY an event], inherent_loss [CNY a year]; preventive, corrective,
        compensating [mean effectiveness of all controls of the kind together, 0 to 1]; residual_frequency,
        residual_impact, residual_loss, residual_lower, residual_upper [means, and 90% interval of the
        expected loss a year], residual_error [standard error of the simulated mean]; p_amber, p_red
        [probability that the expected loss is beyond the appetite], rating; rank_lower, rank_upper [90%,
        widened to hold the rank], p_worst [probability to be among the five costliest]; frequency_from
        ["losses", an indicator or "elicited"], events [number counted, unknown where elicited], impact_from
        ["losses" or "elicited": its money]; controls_measured ["1 of 3"]; residual_money, residual_customers,
        residual_regulatory, residual_reputation [CNY a year, which add up to residual_loss]; booked_loss
        [amounts of losses that are in the books], elicited_loss [money, fines and ordered work by opinion],
        priced_loss [customers affected and lost, by opinion, at the appetite's price of each; CNY a year,
        which add up to residual_loss as well], priced_by [who set these prices; empty where none is used].
    controls : DataFrame
        One row per control: risk_id, kind, name_en, name_zh, designed [mean effectiveness where carried out],
        carried_out [mean share, unknown where nothing measures it], effect [mean of their product], worth
        [CNY a year: residual loss without this control minus with it].
    matrix : DataFrame, shape (5, 5)
        Ratings by band of frequency (rows, lowest first) and impact (columns, lowest first).
    cells : DataFrame
        One row per risk, by rank: risk_id, row, column [1 to 5: the most probable residual cell], probability
        [of being in it], inherent_row, inherent_column.
    lint : MatrixLint or None
        What is wrong with the matrix, its outer bands closed; None where it has one colour only.
    misordered, tied : float
        Shares of pairs of these risks that have colours against the order of their losses, or the same
        colour.
    booked : DataFrame
        What is in the books before any opinion, one row per risk, type of loss event and month: risk_id
        (empty where no risk has the type; a type that two risks have is there twice), event_type, month
        (YYYY-MM), counts (one of ``months``), losses [number], gross [CNY, of the day, before insurance].
    months : PeriodIndex
        The last twelve full months, without those that the source does not know, whose losses are counted.
    years : float
        What these months count for, as far as their losses are recorded by now [years]; 0: none.
    appetite, set_by, period, as_of, policy, data_digest, size, seed
        Bands and limits; who gave the intervals; quarter; last day known; day of the policy; digest; draws;
        seed.
    """

    table: pd.DataFrame
    controls: pd.DataFrame
    matrix: pd.DataFrame
    cells: pd.DataFrame
    lint: MatrixLint | None
    misordered: float
    tied: float
    booked: pd.DataFrame
    months: pd.PeriodIndex
    years: float
    appetite: Appetite
    set_by: str
    period: str
    as_of: date
    policy: date
    data_digest: str
    size: int
    seed: int

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        return {
            "risks": self.table,
            "risk_controls": self.controls,
            "risk_cells": self.cells,
            "risk_booked": self.booked,
        }

    @property
    def sentence(self) -> str:
        """Say how many risks have which rating, which is the costliest, and what its loss is made of."""
        first, counts = self.table.iloc[0], self.table["rating"].value_counts()
        bounds = {name: shown_thousands(first[f"residual_{name}"]) for name in ("loss", "lower", "upper")}
        return label(
            "{period}: {risks} risks; expected residual loss beyond the red limit of {limit} thousand"
            " CNY a year for {red}, beyond amber for {amber}, within appetite for {green}, not certain enough"
            " for {insufficient}. First: {name}, {loss} thousand CNY a year (90% interval {lower} – {upper}):"
            " {parts}.",
            period=self.period,
            risks=len(self.table),
            limit=shown_thousands(self.appetite.red),
            name=local(first, "name"),
            parts=made_of(first),
            **bounds,
            **{one: counts.get(one, 0) for one in RATINGS},
        )

    def summary(self) -> pd.DataFrame:
        """The 15 costliest risks."""
        names = [
            "rank",
            "risk_id",
            "rating",
            "inherent_loss",
            "residual_loss",
            "residual_lower",
            "residual_upper",
            "booked_loss",
            "elicited_loss",
            "priced_loss",
            "rank_lower",
            "rank_upper",
            "frequency_from",
        ]
        return self.table[names].head(_SHOWN)


def assess_risks(
    tables: Tables,
    policy: Policy,
    register: RiskRegister,
    card: Scorecard,
    *,
    size: int = 4000,
    seed: int = 8,
) -> RiskAssessment:
    """Estimate what each risk costs a year, before and after its controls, and how sure that is.

    Parameters
    ----------
    tables, policy, register
        Losses, where there are any; appetite and certainty of a rating; intervals of frequency, impact and
        effect.
    card : Scorecard
        The quarter, and the bank's indicators that measure controls or count events.
    size, seed : int
        Draws (at least 100) and their seed.

    Returns
    -------
    RiskAssessment
        A risk's figures (not its rank) do not depend on which other risks there are.

    Raises
    ------
    ParameterError
        Too few draws, an empty register, or an indicator that cannot measure what the register says.

    Notes
    -----
    An interval of impact is what is known of the mean cost of an event. Events counted are what preventive
    controls let through, booked gross losses what corrective controls left: inherent figures follow by
    division. Sizes of losses have a Bayesian bootstrap (Rubin 1981, doi:10.1214/aos/1176345338), to which the
    register's opinion is worth one loss. What is elicited is drawn by Latin hypercube: ``residual_error``, of
    independent draws, is all but an upper bound (Owen 1997, doi:10.1137/S0036142994277468).
    """
    _check(register, size)
    sources, appetite = gather_sources(tables, register, card, size, seed), policy.appetite
    found = [_assessed(risk, appetite, sources) for risk in register.risks]
    found.sort(key=lambda one: (-one.loss.mean(), one.row["risk_id"]))
    table, matrix = _table(found, policy), derive_matrix(appetite)
    cells = pd.DataFrame([one.cell for one in found])
    misordered, tied = disorder(matrix, cells)
    return RiskAssessment(
        table=table,
        controls=pd.DataFrame([row for one in found for row in one.controls]),
        matrix=matrix,
        cells=cells,
        lint=check_matrix(matrix, appetite),
        misordered=misordered,
        tied=tied,
        booked=booked_by_month(register, sources.losses),
        months=sources.months,
        years=sources.years,
        appetite=appetite,
        set_by=register.set_by,
        period=card.period,
        as_of=card.as_of,
        policy=policy.valid_from,
        data_digest=tables.digest,
        size=size,
        seed=seed,
    )


class _Effect(NamedTuple):
    """Draws of one control, each (size,) in [0, 1); ``carried_out`` is None where nothing measures it."""

    control: Control
    designed: Floats
    carried_out: Floats | None
    value: Floats


class _Assessed(NamedTuple):
    """One risk: its rows in three frames, and draws (size,) of its expected residual loss [CNY a year]."""

    row: dict[str, object]
    controls: list[dict[str, object]]
    cell: dict[str, object]
    loss: Floats


def _check(register: RiskRegister, size: int) -> None:
    if size < _FEWEST_DRAWS:
        raise ParameterError(f"size is {size}; expected at least {_FEWEST_DRAWS} draws")
    if not register.risks:
        raise ParameterError("the register has no risks: nothing can be assessed")
    for risk in register.risks:
        for name in (name for control in risk.controls for name in control.carried_out):
            if not (name in INDICATORS and INDICATORS[name].is_proportion):
                raise ParameterError(f"{risk.id}: carried_out names '{name}', which is no proportion")
        if risk.counted_by and getattr(INDICATORS.get(risk.counted_by), "exposure", "") != "time":
            raise ParameterError(f"{risk.id}: '{risk.counted_by}' of counted_by counts no events in time")


def _assessed(risk: Risk, appetite: Appetite, sources: Sources) -> _Assessed:
    effects = [_effect(risk, control, sources) for control in risk.controls]
    layers = {kind: [1 - one.value for one in effects if one.control.kind == kind] for kind in KINDS}
    left = {kind: np.prod([np.ones(sources.size), *layers[kind]], axis=0) for kind in KINDS}
    mine = sources.losses[sources.losses["event_type"].isin(risk.event_types)]
    losses = None if mine.empty or sources.years == 0 else mine  # none: the bank books no such types
    frequency, counted = _frequency(risk, losses, left["preventive"], sources)
    impact = _impact(risk, appetite, losses, left["corrective"], sources)
    before = impact / left["corrective"]
    impact[:_MONEY] *= left["compensating"]
    inherent, residual = (frequency / left["preventive"], before.sum(axis=0)), (frequency, impact.sum(axis=0))
    parts = frequency * impact
    row = {
        "risk_id": risk.id,
        **{name: getattr(risk, name) for name in ("name_en", "name_zh", "category")},
        **_means("inherent", *inherent),
        **{kind: 1 - left[kind].mean() for kind in KINDS},
        **_means("residual", *residual),
        **_spread(parts.sum(axis=0), appetite),
        **counted,
        "impact_from": "elicited" if losses is None else "losses",
        "controls_measured": f"{sum(one.carried_out is not None for one in effects)} of {len(effects)}",
        **_split(parts.mean(axis=1), appetite),
    }
    place, origin = place_risk(*residual, appetite), place_risk(*inherent, appetite)
    cell = {"risk_id": risk.id, **place, "inherent_row": origin["row"], "inherent_column": origin["column"]}
    return _Assessed(row, [_control_row(risk, one, parts) for one in effects], cell, parts.sum(axis=0))


def _effect(risk: Risk, control: Control, sources: Sources) -> _Effect:
    known = [sources.indicators[name][1] for name in control.carried_out if name in sources.indicators]
    carried_out = np.mean(known, axis=0) if known else None
    designed = sources.drawn(risk, control.effectiveness, f"{control.kind} {control.name_en}")
    value = np.minimum(designed * (1.0 if carried_out is None else carried_out), _LESS)
    return _Effect(control, designed, carried_out, value)


def _frequency(
    risk: Risk, losses: pd.DataFrame | None, left: Floats, sources: Sources
) -> tuple[Floats, dict[str, object]]:
    """Return draws of the residual frequency [a year], and what counted how many events."""
    if losses is not None:
        events = float(losses["counts"].sum())
        gamma = np.asarray(
            scipy.special.gammaincinv(events + 0.5, sources.levels(risk, "events")), np.float64
        )
        return gamma / sources.years, {"frequency_from": "losses", "events": events}
    if (name := risk.counted_by or "") in sources.indicators:
        events, rate = sources.indicators[name]
        return rate / INDICATORS[name].scale * _QUARTERS, {"frequency_from": name, "events": float(events)}
    elicited = sources.drawn(risk, risk.frequency, "frequency")
    return elicited * left, {"frequency_from": "elicited", "events": np.nan}


def _impact(
    risk: Risk, appetite: Appetite, losses: pd.DataFrame | None, left: Floats, sources: Sources
) -> Floats:
    """Return draws of what an event costs after corrective controls, shape (5, size) [CNY].

    Rows are the money that is booked, and what is elicited of each of ``PARTS``.
    """
    prices = (1.0, appetite.money_per_customer_affected, 1.0, appetite.money_per_customer_lost)
    impact = np.zeros((1 + len(PARTS), sources.size))
    for place, (part, price) in enumerate(zip(PARTS, prices, strict=True), 1):
        if (interval := getattr(risk.impact, part)) is not None:
            impact[place] = price * sources.drawn(risk, interval, part) * left
    if losses is not None:
        amounts = losses["gross_loss"].to_numpy(float)
        impact[:_MONEY] = mean_loss(amounts, impact[1], sources.stream(risk, "sizes"))
    return impact


def _split(parts: Floats, appetite: Appetite) -> dict[str, object]:
    """Split an expected loss, (5,) [CNY a year], by the kind of harm, and by what it rests on."""
    booked, money, customers, regulatory, reputation = parts.tolist()
    priced = customers + reputation
    return {
        "residual_money": booked + money,
        "residual_customers": customers,
        "residual_regulatory": regulatory,
        "residual_reputation": reputation,
        "booked_loss": booked,
        "elicited_loss": money + regulatory,
        "priced_loss": priced,
        "priced_by": appetite.prices_set_by if priced > 0 else "",
    }


def _means(when: str, frequency: Floats, impact: Floats) -> dict[str, object]:
    figures = {"frequency": frequency, "impact": impact, "loss": frequency * impact}
    return {f"{when}_{name}": float(draws.mean()) for name, draws in figures.items()}


def _spread(loss: Floats, appetite: Appetite) -> dict[str, object]:
    lower, upper = np.quantile(loss, INTERVAL)
    beyond = {f"p_{name}": (loss > getattr(appetite, name)).mean() for name in ("amber", "red")}
    return {
        "residual_lower": lower,
        "residual_upper": upper,
        "residual_error": scipy.stats.sem(loss),
        **beyond,
    }


def _control_row(risk: Risk, effect: _Effect, parts: Floats) -> dict[str, object]:
    """Describe a control, and what it is worth.

    What it leaves as 1 - e would be whole without it, so it is worth e / (1 - e) of that.
    """
    control, designed, carried_out, value = effect
    touched = parts[:_MONEY] if control.kind == "compensating" else parts
    return {
        "risk_id": risk.id,
        "kind": control.kind,
        "name_en": control.name_en,
        "name_zh": control.name_zh,
        "designed": designed.mean(),
        "carried_out": np.nan if carried_out is None else carried_out.mean(),
        "effect": value.mean(),
        "worth": (touched.sum(axis=0) * value / (1 - value)).mean(),
    }


def _table(found: Sequence[_Assessed], policy: Policy) -> pd.DataFrame:
    frame = pd.DataFrame([{"rank": rank, **one.row} for rank, one in enumerate(found, 1)])
    rating = rate_probabilities(frame["p_amber"], frame["p_red"], policy.rating.certainty)
    ranks = scipy.stats.rankdata(-np.stack([one.loss for one in found]), method="min", axis=0)
    lower, upper = np.quantile(ranks, INTERVAL, axis=1, method="inverted_cdf").astype(np.int64)
    return frame.assign(
        rating=pd.Series(rating, dtype="str"),
        rank_lower=np.minimum(lower, frame["rank"]),
        rank_upper=np.maximum(upper, frame["rank"]),
        p_worst=(ranks <= WORST).mean(axis=1),
    )
