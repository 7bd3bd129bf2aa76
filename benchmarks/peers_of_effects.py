"""Effects by other libraries, each as its documentation says: run by a Python that has them, not by ours.

``python3 -m venv PEERS; PEERS/bin/pip install diff-diff csdid pyfixest synthdid-py`` makes one, and
``PEERS/bin/python benchmarks/peers_of_effects.py FOLDER`` prints JSON: figure, library with version, estimate, standard
error (NaN: the library gives none, or by chance alone) and seconds of processor time (least of three). A library that is not there is named.
"""

import contextlib
import io
import json
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

Pair = tuple[float, float]
NONE, REPEATS = float("nan"), 3


def main() -> None:
    """Print one row per figure."""
    warnings.simplefilter("ignore")
    rows, folder = [], Path(sys.argv[1])
    for library in (diff_diff, csdid, pyfixest, synthdid_py):
        name = library.__name__.replace("_", "-")
        try:
            figures = [*library(folder)]
        except ImportError:
            print(f"{name} is not installed", file=sys.stderr)
            continue
        for figure, compute in figures:
            (estimate, error), seconds = timed(compute)
            peer = f"{name} {version(name)}"
            rows.append({"figure": figure, "peer": peer, "estimate": estimate, "error": error, "s": seconds})
    print(json.dumps(rows))


def timed(compute: Callable[[], Any]) -> tuple[Any, float]:
    """Compute a few times: what came out, and the least seconds of processor time."""
    found, seconds = None, []
    for _ in range(REPEATS):
        begin = time.process_time()
        with contextlib.redirect_stdout(io.StringIO()):  # some print what they return
            found = compute()
        seconds.append(time.process_time() - begin)
    return found, min(seconds)


def laws(folder: Path) -> pd.DataFrame:
    """Castle laws, with the first year of each state's and whether it holds."""
    frame = pd.read_csv(folder / "castle.csv")
    first = frame[frame["post"] > 0].groupby("sid")["year"].min()
    return frame.assign(
        first=frame["sid"].map(first).fillna(0).astype(int), holds=(frame["post"] > 0).astype(int)
    )


def diff_diff(folder: Path) -> Iterator[tuple[str, Callable[[], Pair]]]:
    """diff-diff: group by time, imputation, two by two, synthetic did."""
    import diff_diff as dd

    jobs = pd.read_csv(folder / "mpdta.csv").rename(columns={"first.treat": "first", "countyreal": "sid"})
    murders, homes = laws(folder), pd.read_csv(folder / "kielmc.csv")
    smoke = pd.read_csv(folder / "california_prop99.csv", sep=";")
    smoke["ever"] = (smoke["State"] == "California").astype(int)

    def staggered(estimator: Any, frame: pd.DataFrame, outcome: str) -> Pair:
        found = estimator().fit(frame, outcome=outcome, unit="sid", time="year", first_treat="first")
        return float(found.overall_att), float(found.overall_se)

    def homes_apart() -> Pair:
        found = dd.DifferenceInDifferences(robust=False).fit(
            homes, outcome="rprice", treatment="nearinc", post="y81"
        )
        return float(found.att), float(found.se)

    def synthetic() -> Pair:  # two placebos, the least that it takes: its error is random
        found = dd.SyntheticDiD(n_bootstrap=2, seed=1).fit(
            smoke,
            outcome="PacksPerCapita",
            treatment="ever",
            unit="State",
            time="Year",
            post_periods=list(range(1989, 2001)),
        )
        return float(found.att), NONE

    yield "mpdta simple", lambda: staggered(dd.CallawaySantAnna, jobs, "lemp")
    yield "mpdta imputation", lambda: staggered(dd.ImputationDiD, jobs, "lemp")
    yield "castle imputation", lambda: staggered(dd.ImputationDiD, murders, "l_homicide")
    yield "castle never treated", lambda: staggered(dd.CallawaySantAnna, murders, "l_homicide")
    yield "kielmc", homes_apart
    yield "Proposition 99 synthetic did", synthetic


def csdid(folder: Path) -> Iterator[tuple[str, Callable[[], Pair]]]:
    """csdid: the averages of group by time."""
    from csdid.att_gt import ATTgt

    jobs = pd.read_csv(folder / "mpdta.csv")

    def average(kind: str) -> Pair:
        cells = ATTgt(
            yname="lemp",
            gname="first.treat",
            idname="countyreal",
            tname="year",
            data=jobs,
            control_group="nevertreated",
        ).fit(bstrap=False)
        found = cells.aggte(typec=kind, bstrap=False, cband=False).atte
        return float(found["overall_att"]), float(np.ravel(found["overall_se"])[0])

    for kind in ("simple", "group", "dynamic", "calendar"):
        yield f"mpdta {kind}", lambda kind=kind: average(kind)


def pyfixest(folder: Path) -> Iterator[tuple[str, Callable[[], Pair]]]:
    """pyfixest: fixed effects, two-stage differences, Poisson."""
    import pyfixest as pf

    murders = laws(folder)
    injuries = pd.read_csv(folder / "injury.csv").query("ky == 1")
    belts = pd.read_csv(folder / "seatbelts.csv")
    time_ = np.arange(len(belts))
    belts = belts.assign(time=time_, month=time_ % 12, law=(time_ >= 169).astype(int))  # from 1983-02 on

    def last(fit: Any) -> Pair:
        return float(fit.coef().iloc[-1]), float(fit.se().iloc[-1])

    def two_way(weights: str | None) -> Pair:
        return last(
            pf.feols("l_homicide ~ holds | sid + year", data=murders, vcov={"CRV1": "sid"}, weights=weights)
        )

    def two_stages() -> Pair:
        return last(
            pf.did2s(
                murders,
                yname="l_homicide",
                first_stage="~0 | sid + year",
                second_stage="~holds",
                treatment="holds",
                cluster="sid",
            )
        )

    yield "castle two-way, weighted", lambda: two_way("popwt")
    yield "castle two-way", lambda: two_way(None)
    yield "castle imputation", two_stages
    yield (
        "injury, Kentucky",
        lambda: last(pf.feols("ldurat ~ highearn * afchnge", data=injuries, vcov="iid")),
    )
    yield (
        "seatbelts drivers, quasi-Poisson",
        lambda: (last(pf.fepois("drivers ~ time + law | month", data=belts))[0], NONE),
    )


def synthdid_py(folder: Path) -> Iterator[tuple[str, Callable[[], Pair]]]:
    """synthdid-py: the three of its paper."""
    import synthdid as sd

    smoke = pd.read_csv(folder / "california_prop99.csv", sep=";")
    names = {"unit": "State", "time": "Year", "outcome": "PacksPerCapita", "treatment": "treated"}

    def of(estimate: Any) -> Pair:
        panel = sd.panel_matrices(smoke, **names)
        return float(estimate(panel.Y, panel.N0, panel.T0)), NONE

    for name, estimate in (
        ("did", sd.did_estimate),
        ("synthetic did", sd.synthdid_estimate),
        ("ridged control", sd.sc_estimate),
    ):
        yield f"Proposition 99 {name}", lambda estimate=estimate: of(estimate)


if __name__ == "__main__":
    main()
