"""Forecasts of panels of counts beside statsforecast: weighted quantile loss, and how often the tails are hit.

Panels: complaints to the US CFPB about Bank of America by state × product (× channel), the hospital series, and
the synthetic sample bank by unit × product; three origins that do not overlap, six months ahead, the last ones; and
the calibration from every third month with a year and a half before it.
Where the real data is not on this machine it is said. The peers may live in a Python of their own:

    python -m venv peers && peers/bin/pip install statsforecast==2.1.1
    python benchmarks/forecast_panels.py --peers peers/bin/python
"""

import time

import numpy as np
from scipy import stats
from workload.peers import METHODS as PEERS
from workload.peers import forecast_elsewhere, python_of_peers
from workload.real import panels

from riskmodels.backtesting import accuracy, backtest
from riskmodels.backtesting.scoreboard import share_error
from riskmodels.forecasting import DEFAULT_LEVELS
from riskmodels.panel import Panel

METHODS = ("auto", "seasonal_naive")
HORIZON, ORIGINS = 6, 3
FIRST_ORIGIN = 18  # months known, where calibration is looked at
LEVELS = np.array(DEFAULT_LEVELS)


def lengths(panel: Panel) -> list[int]:
    """Return how many months are known at each origin."""
    last = len(panel.periods) - HORIZON
    return [last - HORIZON * back for back in reversed(range(ORIGINS))]


def peers_of(found: dict[str, Panel], python: str) -> dict[str, np.ndarray]:
    """Forecast by statsforecast, in a process of the Python that has it."""
    cases = {
        f"{place}-{length}": panel.values[:, :length]
        for place, panel in enumerate(found.values())
        for length in lengths(panel)
    }
    return forecast_elsewhere(cases, horizon=HORIZON, python=python)


def score_peer(panel: Panel, place: int, method: str, made: dict[str, np.ndarray]) -> dict[str, float]:
    """Score one peer; it gives quantiles only, so that its tails are shares of outcomes beyond them."""
    known = lengths(panel)
    actual = np.stack([panel.values[:, length : length + HORIZON] for length in known])
    actual[np.stack([np.isnan(panel.values[:, :length]).all(axis=1) for length in known])] = np.nan
    quantiles = np.stack([made[f"{place}-{length}/{method}"] for length in known])
    months = np.array(known)[:, None] + np.arange(HORIZON)
    number = np.isfinite(actual).sum(axis=1).ravel()
    row = {"wql": accuracy.weighted_quantile_loss(actual, quantiles, LEVELS)}
    for name, hits in (("above", actual > quantiles[..., -1]), ("below", actual < quantiles[..., 0])):
        beyond = hits.sum(axis=1).ravel()
        row[name] = beyond.sum() / number.sum()
        row[f"{name}_se"] = share_error(beyond, number, months.ravel(), seed=1)
    return row


def score_ours(panel: Panel) -> dict[str, dict[str, float]]:
    """Score our methods; the tails are those of the randomised PIT, 2.5 % of a perfect forecast."""
    origins = [panel.periods[length - 1] for length in lengths(panel)]
    table = backtest(panel, horizon=HORIZON, origins=origins, methods=METHODS, seed=1).table
    names = {
        "wql": "wql",
        "pit_above_975": "above",
        "pit_above_975_se": "above_se",
        "pit_below_025": "below",
        "pit_below_025_se": "below_se",
        "exceedance_975": "exceedance",
    }
    return table.set_index("method")[list(names)].rename(columns=names).to_dict("index")


def print_panel(rows: dict[str, dict[str, float]]) -> None:
    """Print one line per method."""
    references = [name for name in PEERS[:2] if name in rows]
    heads = "".join(f"{'/ ' + name:>12}" for name in references)
    print(f"{'':18}{'wQL':>8}{heads}{'PIT > .975':>18}{'PIT < .025':>18}{'> 97.5 %':>10}")
    for method, row in rows.items():
        ratios = "".join(f"{row['wql'] / rows[name]['wql']:>12.3f}" for name in references)
        tails = "".join(f"{row[at]:>10.2%} ± {row[f'{at}_se']:.2%}" for at in ("above", "below"))
        exceedance = f"{row.get('exceedance', row['above']):>10.2%}"
        print(f"{method + ('*' if method in PEERS else ''):18}{row['wql']:>8.4f}{ratios}{tails}{exceedance}")


def print_calibration(panel: Panel) -> None:
    """Print where outcomes fell in our forecasts from every third month: in tenths, one being a perfect forecast."""
    places = range(FIRST_ORIGIN, len(panel.periods) - HORIZON + 1, 3)
    origins = [panel.periods[place - 1] for place in places if np.isfinite(panel.values[:, place - 1]).any()]
    record = backtest(panel, horizon=HORIZON, origins=origins, methods=METHODS[:1], seed=1)
    row = record.table.iloc[0]
    tenths = 10 * record.pit_histogram["share"].to_numpy().reshape(-1, 2).sum(axis=1)
    print(
        f"{METHODS[0]}, {len(origins)} origins, every third month: PIT > .975 {row['pit_above_975']:.2%} ±"
        f" {row['pit_above_975_se']:.2%}, < .025 {row['pit_below_025']:.2%} ± {row['pit_below_025_se']:.2%};"
        f" by tenths {' '.join(f'{tenth:.2f}' for tenth in tenths)}"
    )


def print_means(scores: dict[str, dict[str, dict[str, float]]]) -> None:
    """Print the geometric means over the panels of the ratios to the two references."""
    print("\nGeometric mean of the ratios of wQL over the panels")
    print(f"{'':18}" + "".join(f"{'/ ' + name:>12}" for name in PEERS[:2]))
    for method in next(iter(scores.values())):
        means = [
            stats.gmean([rows[method]["wql"] / rows[name]["wql"] for rows in scores.values()])
            for name in PEERS[:2]
        ]
        print(f"{method:18}" + "".join(f"{mean:>12.3f}" for mean in means))


def main(python: str | None) -> None:
    """Print a table per panel, and the means."""
    found = panels()
    made = {}
    if python:
        start = time.perf_counter()
        made = peers_of(found, python)
        print(f"peers took {time.perf_counter() - start:.0f} s")
    scores = {}
    for place, (name, panel) in enumerate(found.items()):
        start = time.perf_counter()
        rows = score_ours(panel)
        seconds = time.perf_counter() - start
        rows |= {method: score_peer(panel, place, method, made) for method in PEERS if made}
        scores[name] = rows
        print(
            f"\n{name}: {len(panel.keys):,} series, {ORIGINS} origins, h = {HORIZON}; ours took {seconds:.1f} s"
        )
        print_panel(rows)
        print_calibration(panel)
    if made:
        print("* quantiles only: the shares beyond them, not PIT")
        print_means(scores)


if __name__ == "__main__":
    main(python_of_peers())
