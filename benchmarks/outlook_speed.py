"""CPU time of what the notebook of the outlook computes from the sample bank, each in a process that is new.

Medians of five: the nowcast, the outlook of six months, the earlier outlook with the explanation, and the track record of
twelve origins by three methods, each with what was known then. The floors: one look at the likelihood of the delays, of
which a nowcast takes some thirty; and twelve times the three forecasts of the outlook's own history.
"""

import multiprocessing
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import riskmodels as rm
from riskmodels.backtesting import outlook_before, track_record
from riskmodels.forecasting.delay_curves import likelihood, places_of
from riskmodels.forecasting.delays import _cells, _weekly_clock
from riskmodels.forecasting.forecasts import forecast_by
from riskmodels.forecasting.reports import Stored, day_of, reports_on
from riskmodels.tables import Table

SOURCE = Path(__file__).parents[1] / "params" / "sources" / "sample.yaml"
PERIOD, HORIZON, ORIGINS, RUNS = "2026Q3", 6, 12, 5
METHODS = ("auto", "seasonal_naive", "empirical24")


def look(complaints: Table) -> Callable[[], object]:
    """Return what looks at the likelihood of the delays once."""
    days = reports_on(Stored.of(complaints), day_of(complaints, None)).delayed
    cells = _cells(days, _weekly_clock(days), np.array([0.0, days.span / 30.0]))
    return lambda: likelihood(cells, np.zeros(len(places_of(days.span))))


def once(folder: str) -> dict[str, float]:
    """CPU seconds of each step."""
    tables = rm.ingest(SOURCE, store=folder)
    complaints, spent = tables.complaints, {}

    def timed(name: str, work: Callable[[], object]) -> object:
        start = time.process_time()
        found = work()
        spent[name] = time.process_time() - start
        return found

    known = timed("nowcast", lambda: rm.nowcast_where_logged(complaints, last=PERIOD))
    timed("floor: the likelihood once", look(complaints))
    panel = rm.build_panel(complaints, by=["product"], last=PERIOD)
    settings = {"calendar": tables.country, "completeness": known.for_periods(panel.periods)}
    made = timed("outlook", lambda: rm.forecast(panel, horizon=HORIZON, **settings))
    timed("earlier outlook, explanation", lambda: rm.explain(made, outlook_before(complaints, made)))
    timed(
        "track record",
        lambda: track_record(
            complaints, by=["product"], last=PERIOD, nowcast=known, origins=ORIGINS, calendar=tables.country
        ),
    )
    timed(
        "floor: the forecasts alone",
        lambda: [forecast_by(METHODS, panel, horizon=3, **settings) for _ in range(ORIGINS)],
    )
    return spent


def main() -> None:
    """Print the table."""
    new = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder, new.Pool(1, maxtasksperchild=1) as pool:
        found = pool.map(once, [folder] * RUNS, chunksize=1)
    print(f"sample bank, CPU seconds, median of {RUNS}")
    for name in found[0]:
        print(f"{name:34}{np.median([run[name] for run in found]):>9.3f}")


if __name__ == "__main__":
    main()
