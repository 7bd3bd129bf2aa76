"""Which units the findings name in synthetic banks whose truth is known, beside the rule they replaced.

Each bank is drawn anew, taken in, rated for 2026Q2 and then 2026Q3, and assessed: the first twenty by the whole
shipped policy, the others by its complaint indicators. A finding is false where the unit's true value is not beyond
amber. The rule before asked of every unit a certainty of 1 - (1 - c) / n among n units of an indicator (Bonferroni).
"""

import argparse
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
from scorecard_banks import KEPT, WHOLE, share, with_truth
from workload.scorecards import arrivals_of, ingested, shipped_policy

from riskmodels.assessment import assess
from riskmodels.parameters.policy import Policy
from riskmodels.sample import plan, sample_bank
from riskmodels.sample.network import UNIT_IDS
from riskmodels.scorecard import Scorecard, score

BANKS, PERIOD = 200, "2026Q3"
RATE = "complaint_rate"
TIERS = ("finding", "red finding", "watch list", "finding or watched", "Bonferroni")


def measure(case: tuple[int, bool]) -> pd.DataFrame:
    """Assess one bank; one row per unit and indicator with a known truth, and which tier names it."""
    seed, whole = case
    bank, policy = sample_bank(seed=seed), shipped_policy("" if whole else "complaints")
    with tempfile.TemporaryDirectory() as folder:
        tables = ingested(bank, Path(folder))
        before = score(tables, policy, period="2026Q2")
        card = score(tables, policy, period=PERIOD, previous=before)
        facts = assess(policy, data=tables, scorecard=card).facts
    true = pd.DataFrame({"true": arrivals_of(bank).rate(PERIOD)}, index=UNIT_IDS)
    rows = card.units[[*KEPT, "p_amber"]].loc[:, lambda frame: ~frame.columns.duplicated()]
    known = with_truth(rows.join(true, on="unit_id").assign(seed=seed, whole=whole))
    named = facts[facts["rule"] == "unit_limit"].set_index(["subject", "indicator_id"])
    found = named.reindex(pd.MultiIndex.from_frame(known[["unit_id", "indicator_id"]]))
    return known.assign(
        severity=found["severity"].fillna("").to_numpy(),
        chance=found["probability"].to_numpy(),
        before=named_before(card, policy).loc[known.index],
    )


def named_before(card: Scorecard, policy: Policy) -> pd.Series:
    """Tell which unit ratings the rule before named: red ones, and amber ones where the bank is not beyond amber."""
    rows = card.units
    needed = 1 - (1 - policy.rating.certainty) / rows.groupby("indicator_id")["rating"].transform("size")
    beyond = card.bank.loc[card.bank["rating"].isin(["red", "amber"]), "indicator_id"]
    red = (rows["rating"] == "red") & (rows["p_red"] >= needed)
    amber = (rows["rating"] == "amber") & (rows["p_amber"] >= needed) & ~rows["indicator_id"].isin(beyond)
    return red | amber


def tiers(rows: pd.DataFrame) -> Iterator[tuple[str, pd.Series]]:
    """Yield which rows each tier names."""
    found, watched = rows["severity"].isin(["red", "amber"]), rows["severity"] == "watch"
    yield from zip(
        TIERS, (found, rows["severity"] == "red", watched, found | watched, rows["before"]), strict=True
    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--banks", type=int, default=BANKS)
    parser.add_argument("--first", type=int, default=0, help="seed of the first bank")
    chosen = parser.parse_args()
    cases = [(seed, seed < WHOLE) for seed in range(chosen.first, chosen.first + chosen.banks)]
    with ProcessPoolExecutor(2) as pool:
        rows = pd.concat(pool.map(measure, cases, chunksize=1), ignore_index=True)
    print(f"{chosen.banks} banks of {len(UNIT_IDS)} branches, {PERIOD}; standard errors in brackets")
    bad = rows[(rows["unit_id"] == plan.BAD_UNIT) & (rows["indicator_id"] == RATE)]
    print(
        f"\nBanks whose bad branch {plan.BAD_UNIT} ({plan.BAD_FACTOR} x its peers' complaint rate) is named"
    )
    for name, named in tiers(bad):
        print(f"{name:22}{share(named, bad['seed'])}")
    for title, part in (
        ("complaint indicators", rows[~rows["whole"]]),
        ("whole policy", rows[rows["whole"]]),
    ):
        banks = max(part["seed"].nunique(), 1)
        print(f"\n{title}: {len(part):,} unit ratings with a known truth in {banks} banks")
        print(
            f"{'':22}{'named':>10}{'a bank':>10}{'false':>10}{'a bank':>10}{'of which false':>18}{'expected':>10}"
        )
        for name, named in tiers(part):
            false = named & ~part["beyond_amber"]
            doubt = (
                f"{(1 - part.loc[named, 'chance'].fillna(part.loc[named, 'p_amber'])).mean():.1%}"
                if named.any()
                else "–"
            )
            print(
                f"{name:22}{named.sum():>10,}{named.sum() / banks:>10.2f}{false.sum():>10,}{false.sum() / banks:>10.3f}"
                f"{share(false[named], part.loc[named, 'seed']):>18}{doubt:>10}"
            )
    whole = rows[rows["severity"].isin(["red", "amber"])]
    each = whole.groupby("indicator_id")["beyond_amber"].agg(["size", lambda one: int((~one).sum())])
    print("\nFindings by indicator: number, false ones")
    print(each.rename(columns={"size": "findings", "<lambda_0>": "false"}).to_string())
    print(f"\nBanks without a finding about a unit: {np.mean([not n for n in found_in(rows)]):.1%}")


def found_in(rows: pd.DataFrame) -> list[int]:
    """Return how many findings each bank has."""
    found = rows["severity"].isin(["red", "amber"])
    return found.groupby(rows["seed"]).sum().astype(int).tolist()


if __name__ == "__main__":
    main()
