"""Credible shares of real companies: what they put on top, and how they predict complaints held back.

All complaints about 1,000 companies that the CFPB received in December 2014: the share answered late, and the share of
closed ones whose answer the consumer disputed (a consumer who says nothing does not dispute). Each company's
complaints are divided at random into two halves, fifty times, or by date; shares estimated from one half predict
the other: credible ones, raw ones (for the log score with half a complaint of each kind added), and that of all.
"""

import sys

import numpy as np
import pandas as pd
from scipy import special
from workload.real import SHARED

from riskmodels.rates import CredibleRates, credibility_rates, funnel

FILE = "cfpb/cfpb_all_rows_2014_12.csv"
SPLITS, TOP = 50, 10
POLICY_LIMIT = 0.05  # the policy's red limit of late answers; for disputes 1.5 times the share of all
SIZES = ((0, 0), (1, 1), (2, 4), (5, 19), (20, 99), (100, 10**6))
WAYS = ("credible", "raw", "all alike")
INNER = (0.05, 0.95)


def complaints() -> pd.DataFrame:
    """Read the complaints: company, half of the month, late, closed, disputed."""
    rows = pd.read_csv(SHARED / FILE, dtype=str, keep_default_na=False)
    day = pd.to_datetime(rows["Date received"], format="%m/%d/%Y").dt.day
    return pd.DataFrame(
        {
            "company": rows["Company"],
            "early": day <= 15,
            "late": rows["Timely response?"] == "No",
            "closed": rows["Company response"].str.startswith("Closed"),
            "disputed": rows["Consumer disputed?"] == "Yes",
        }
    )


def counted(rows: pd.DataFrame, what: str) -> pd.DataFrame:
    """Count cases and complaints of each company."""
    found = rows.groupby("company")[what].agg(["sum", "size"])
    return found.set_axis(["count", "size"], axis=1).astype(float)


def print_extremes(found: CredibleRates, companies: pd.Index, limit: float) -> None:
    """Print who comes first by raw share, by estimate, by lower bound and by probability beyond a limit."""
    beyond = 1 - found.posterior.cdf(np.full(len(companies), limit))
    table = found.table.assign(company=companies, beyond=beyond)
    orders = {
        "raw share": table.sort_values(["raw", "exposure"], ascending=[False, True], kind="stable"),
        "credible estimate": table.sort_values("estimate", ascending=False),
        "lower bound": table.sort_values("lower", ascending=False),
        f"P(share > {limit:.3f})": table.sort_values("beyond", ascending=False),
    }
    for name, order in orders.items():
        top = order.head(TOP)
        words = ", ".join(f"{int(k)}/{int(n)}" for k, n in zip(top["count"], top["exposure"], strict=True))
        ties = f"; {(table['raw'] == 1).sum()} companies at 100 %" if name == "raw share" else ""
        print(f"  {f'top {TOP} by {name}':34}{words}{ties}")
    best = orders["credible estimate"].head(TOP)
    for row in best.itertuples():
        interval = f"{row.lower:.1%} to {row.upper:.1%}"
        print(
            f"    {row.company[:36]:38}{f'{row.count:.0f} of {row.exposure:.0f}':>14}{row.raw:>8.1%}{row.estimate:>8.1%}  {interval:18}"
            f"{row.beyond:>7.1%}"
        )


def print_learnt(found: CredibleRates, limit: float) -> None:
    """Print what is learnt of companies, and how many stand out of the funnel."""
    nodes, around = found.nodes, funnel(found.table["count"], found.table["exposure"], proportion=True)
    print(
        f"  spread between companies {nodes.mean('spread'):.2f} of the peers' share, outliers {nodes.mean('outliers'):.1%}"
    )
    out = around.table["outside"]
    print(
        f"  funnel: target {around.target:.1%}, spread {around.spread:.3f} (root scale); above the 95 % limits {(out > 0).sum()}"
        f" and below {(out < 0).sum()}, above the 99.8 % limits {(out == 2).sum()} and below {(out == -2).sum()}"
    )
    beyond = 1 - found.posterior.cdf(np.full(len(found.table), limit))
    print(
        f"  beyond {limit:.1%}: {(found.table['raw'] > limit).sum()} companies by raw share, {(beyond >= 0.8).sum()} with P >= 0.8"
    )
    print(
        f"  {'complaints':14}{'companies':>10}{'credibility':>13}{'range of raw':>20}{'range of estimates':>22}"
    )
    for low, high in SIZES[1:]:
        part = found.table[found.table["exposure"].between(low, high)]
        if len(part):
            raw, estimate = (f"{part[c].min():.1%} to {part[c].max():.1%}" for c in ("raw", "estimate"))
            weight = f"{part['credibility'].mean():.2f}"
            print(f"  {_name(low, high):14}{len(part):>10}{weight:>13}{raw:>20}{estimate:>22}")


def halves(counts: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Divide each company's complaints at random into two halves."""
    size = counts["size"].to_numpy().astype(np.int64)
    count = counts["count"].to_numpy().astype(np.int64)
    taken = (size + rng.integers(0, 2, len(size))) // 2
    first = pd.DataFrame({"count": rng.hypergeometric(count, size - count, taken), "size": taken}).astype(
        float
    )
    return first, counts.reset_index(drop=True) - first


def scores_of(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Predict the second half of each company's complaints from the first."""
    found = credibility_rates(first["count"], first["size"], proportion=True)
    overall = first["count"].sum() / first["size"].sum()
    count, size = (second[name].to_numpy(float) for name in ("count", "size"))
    k, n = first["count"].to_numpy(float), first["size"].to_numpy(float)
    raw = np.where(n > 0, k / np.maximum(n, 1), overall)
    smooth = (k + 0.5) / (n + 1)
    shares = {"credible": found.posterior.mean, "raw": raw, "all alike": np.full(len(n), overall)}
    scores = {"seen": n, "size": size, **placed(found, count, size)}
    for way, share in shares.items():
        scores[f"brier {way}"] = size * (share - count / np.maximum(size, 1)) ** 2
        safe = np.where(n > 0, smooth, overall) if way == "raw" else share
        scores[f"log {way}"] = -special.xlogy(count, safe) - special.xlog1py(size - count, -safe)
    return pd.DataFrame(scores)


def placed(found: CredibleRates, count: np.ndarray, size: np.ndarray) -> dict[str, np.ndarray]:
    """Return how likely counts lie inside, below and above 90 % predictive intervals, randomised at their ends."""
    below, at_most = cumulated(found, count, size)
    width = np.maximum(at_most - below, 1e-12)
    under, over = (INNER[0] - below) / width, (at_most - INNER[1]) / width
    inside = (np.minimum(at_most, INNER[1]) - np.maximum(below, INNER[0])) / width
    return {name: np.clip(one, 0, 1) for name, one in (("inside", inside), ("below", under), ("above", over))}


def cumulated(found: CredibleRates, count: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the beta-binomial probabilities of fewer, and of at most so many."""
    a, b = found.posterior.a, found.posterior.b
    steps = (count + 1).astype(np.int64)
    row, starts = np.repeat(np.arange(len(count)), steps), np.concatenate([[0], np.cumsum(steps)[:-1]])
    k, n = np.arange(len(row)) - starts[row], size[row]
    ways = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    mass = np.exp(ways + special.betaln(a[row] + k, b[row] + n - k) - special.betaln(a[row], b[row]))
    at_most = np.minimum(np.add.reduceat(mass, starts), 1)
    return np.maximum(at_most - mass[starts + steps - 1], 0), at_most


def print_scores(scores: list[pd.DataFrame]) -> None:
    """Print scores by how many complaints were seen; Brier and log scores in thousandths a complaint."""
    every = pd.concat(scores)
    every = every[every["size"] > 0].assign(one=1.0)
    print(
        f"  {'':26}{'wRMSE':>24}{'Brier, less credible':>32}{'log score, less credible':>32}{'90 % interval':>28}"
    )
    print(
        f"  {'seen':14}{'companies':>10}{'':2}{''.join(f'{way:>10}' for way in WAYS)}"
        + "".join(f"{way:>16}" for _ in range(2) for way in WAYS[1:])
        + f"{'holds':>14}{'below':>7}{'above':>7}"
    )
    for name, low, high in [
        ("any", 1, SIZES[-1][1]),
        *((_name(low, high), low, high) for low, high in SIZES),
    ]:
        part = every[every["seen"].between(low, high)]
        if part.empty:
            continue
        roots = (np.sqrt(part[f"brier {way}"].sum() / part["size"].sum()) for way in WAYS)
        gaps = (
            _ratio(part[f"{kind} {way}"] - part[f"{kind} credible"], part["size"], 1000)
            for kind in ("brier", "log")
            for way in WAYS[1:]
        )
        ends = "".join(f"{part[end].mean():>7.1%}" for end in ("below", "above"))
        print(
            f"  {name:14}{len(part) / len(scores):>10.0f}  {''.join(f'{root:>10.4f}' for root in roots)}"
            f"{''.join(f'{gap:>16}' for gap in gaps)}{_ratio(part['inside'], part['one'], 100):>14}{ends}"
        )


def _ratio(top: pd.Series, bottom: pd.Series, times: float) -> str:
    """Write a mean and its standard error by how much companies (the index) differ."""
    sums = pd.DataFrame({"top": top, "bottom": bottom}).groupby(level=0).sum()
    mean = sums["top"].sum() / sums["bottom"].sum()
    error = np.sqrt(((sums["top"] - mean * sums["bottom"]) ** 2).sum()) / sums["bottom"].sum()
    return f"{times * mean:.2f} ({times * error:.2f})"


def _name(low: int, high: int) -> str:
    if low == high:
        return f"{low}"
    return f"{low} to {high}" if high < 10**6 else f"{low} and more"


def main(splits: int) -> None:
    """Print the tables."""
    if not (SHARED / FILE).exists():
        print(f"skipped: ../shared/data/{FILE} is not on this machine")
        return
    rows = complaints()
    kinds = {"answered late": (rows, "late"), "disputed": (rows[rows["closed"]], "disputed")}
    for name, (part, what) in kinds.items():
        counts = counted(part, what)
        share = counts["count"].sum() / counts["size"].sum()
        limit = POLICY_LIMIT if what == "late" else 1.5 * share
        print(
            f"\n{name}: {share:.1%} of {counts['size'].sum():,.0f} complaints about {len(counts):,} companies"
        )
        found = credibility_rates(counts["count"], counts["size"], proportion=True)
        print_extremes(found, counts.index, limit)
        print_learnt(found, limit)
        rng = np.random.default_rng(14)
        print(
            f"  {splits} times one random half from the other; scores in thousandths a complaint, errors over companies"
        )
        print_scores([scores_of(*halves(counts, rng)) for _ in range(splits)])
        print("  from the complaints of 1 to 15 December to those of 16 to 31")
        early, later = (counted(part[part["early"] == when], what) for when in (True, False))
        every = counts.index
        print_scores(
            [scores_of(*(half.reindex(every).fillna(0.0).reset_index(drop=True) for half in (early, later)))]
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SPLITS)
