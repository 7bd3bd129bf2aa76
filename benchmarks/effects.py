"""Estimators of effects: published figures beside ours, peers beside both, and coverage where the truth is known.

``python benchmarks/effects.py FOLDER``: FOLDER holds seatbelts.csv, mpdta.csv, castle.csv, kielmc.csv, injury.csv and
california_prop99.csv. Coverage is that of 90 % intervals over ``--simulations`` (500) without an effect and with one of
-20 %: counts of variance twice the mean, with a season and a trend, alone and with a wandering level (autoregressive,
.5, of 15 %); 60 units over 48 months of which one is treated in the last twelve, and one series by itself.

``--peers PYTHON`` names a Python that has diff-diff, csdid and synthdid-py; without it the table says so.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from riskmodels.effects.differences import difference_in_differences
from riskmodels.effects.estimates import EffectEstimate
from riskmodels.effects.interrupted import interrupted_series, structural_series
from riskmodels.effects.linear_differences import repeated_cross_sections
from riskmodels.effects.synthetic import block_of, difference, error_ratios, ridged_control
from riskmodels.effects.treated import treated_units
from riskmodels.panel import Panel

UNITS, MONTHS, START = 60, 48, 36
WANTED = (0.86, 0.94)  # of 90 %
PEERS = """
import json, sys, warnings
import pandas as pd
warnings.simplefilter("ignore")
folder, found = sys.argv[1], {}
frame = pd.read_csv(folder + "/mpdta.csv")
try:
    from csdid.att_gt import ATTgt
    made = ATTgt(yname="lemp", gname="first.treat", idname="countyreal", tname="year", xformla="lemp~1", data=frame).fit()
    found["mpdta simple"] = ["csdid", float(made.aggte(typec="simple").atte["overall_att"])]
except ImportError:
    pass
try:
    from diff_diff import ImputationDiD
    made = ImputationDiD().fit(frame, outcome="lemp", unit="countyreal", time="year", first_treat="first.treat")
    found["mpdta imputation"] = ["diff-diff", float(made.overall_att)]
except ImportError:
    pass
try:
    from synthdid.synthdid import Synthdid
    smoke = pd.read_csv(folder + "/california_prop99.csv", sep=";")
    made = Synthdid(smoke, "State", "Year", "treated", "PacksPerCapita").fit()
    found["Proposition 99 synthetic did"] = ["synthdid", float(made.att)]
except ImportError:
    pass
print(json.dumps(found))
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--simulations", type=int, default=500)
    parser.add_argument("--peers", help="a Python that has the peers")
    given = parser.parse_args()
    theirs = _peers(given.peers, given.folder)
    rows = [
        {
            "figure": name,
            "published": published,
            "ours": ours,
            "peer": " ".join(map(str, theirs.get(name, []))),
        }
        for name, published, ours in [
            *_seatbelts(given.folder),
            *_staggered(given.folder),
            *_block(given.folder),
        ]
    ]
    print(pd.DataFrame(rows).to_string(index=False))
    covered = _coverage(given.simulations)
    print("\n" + covered.round(3).to_string(index=False))
    low, high = WANTED
    plain = covered[covered["level"] == "steady"]["covered"]
    sys.exit(0 if plain.between(low, high).all() else "coverage is not 90 % within 4 points")


def _peers(python: str | None, folder: Path) -> dict[str, list[object]]:
    """Run the peers in their own Python."""
    if python is None:
        print(
            "the peers are not there: pip install diff-diff csdid synthdid in another Python, and --peers IT\n"
        )
        return {}
    done = subprocess.run([python, "-c", PEERS, str(folder)], check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _seatbelts(folder: Path) -> list[tuple[str, float, float]]:
    frame = pd.read_csv(folder / "seatbelts.csv")
    frame.index = pd.period_range("1969-01", periods=len(frame), freq="M")
    logs = np.log(frame[["kms", "PetrolPrice"]])
    published = {"drivers": -0.2358, "front": -0.3377, "rear": 0.0024}
    rows = [
        (f"seatbelts {name}, structural", value, _structural(frame[name], logs).estimate)
        for name, value in published.items()
    ]
    plain = interrupted_series(frame["drivers"], start="1983-02", harmonics=0)
    return [*rows, ("seatbelts drivers, quasi-Poisson", -0.1620, plain.effect.estimate)]


def _structural(counts: pd.Series, logs: pd.DataFrame) -> EffectEstimate:
    return structural_series(counts, start="1983-02", covariates=logs).effect


def _staggered(folder: Path) -> list[tuple[str, float, float]]:
    frame = pd.read_csv(folder / "mpdta.csv")
    outcomes = frame.pivot_table(index="countyreal", columns="year", values="lemp")
    starts = frame.groupby("countyreal")["first.treat"].first()
    jobs = {"starts": starts.where(starts > 0)}
    frame = pd.read_csv(folder / "castle.csv")
    murders = frame.pivot_table(index="sid", columns="year", values="l_homicide")
    laws = {"starts": frame[frame["post"] > 0].groupby("sid")["year"].min()}
    weights = frame.groupby("sid")["popwt"].first()

    def of(panel: pd.DataFrame, starts: dict[str, pd.Series], method: str, weight: pd.Series | None) -> float:
        return difference_in_differences(panel, **starts, method=method, weights=weight).effect.estimate

    homes = pd.read_csv(folder / "kielmc.csv")
    injuries = pd.read_csv(folder / "injury.csv").query("ky == 1")
    return [
        ("mpdta simple", -0.039951, of(outcomes, jobs, "callaway_santanna", None)),
        ("mpdta imputation", -0.047710, of(outcomes, jobs, "imputation", None)),
        ("castle two-way, weighted", 0.0755, of(murders, laws, "did", weights)),
        ("castle two-way", 0.0694, of(murders, laws, "did", None)),
        ("castle imputation", 0.066900, of(murders, laws, "imputation", None)),
        ("castle never treated", 0.019403, of(murders, laws, "callaway_santanna", None)),
        ("kielmc", -11863.9033, _cases(homes, "rprice", "nearinc", "y81")),
        ("injury, Kentucky", 0.1906012, _cases(injuries, "ldurat", "highearn", "afchnge")),
    ]


def _cases(frame: pd.DataFrame, outcome: str, treated: str, after: str) -> float:
    return repeated_cross_sections(
        frame[outcome].to_numpy(float), treated=frame[treated] == 1, after=frame[after] == 1
    ).estimate


def _block(folder: Path) -> list[tuple[str, float, float]]:
    frame = pd.read_csv(folder / "california_prop99.csv", sep=";")
    outcomes = frame.pivot_table(index="State", columns="Year", values="PacksPerCapita")
    starts = {"California": 1989}
    block = block_of(treated_units(outcomes, starts=starts))
    made = {
        name: difference_in_differences(outcomes, starts=starts, method=name)
        for name in ("synthetic_did", "synthetic_control")
    }
    ratios = error_ratios(block, ridged_control)
    return [
        ("Proposition 99 did", -27.349111083615, float(difference(block).estimate[0])),
        ("Proposition 99 synthetic did", -15.603827872734, made["synthetic_did"].effect.estimate),
        ("Proposition 99 ridged control", -19.619663470944, float(ridged_control(block).estimate[0])),
        ("Proposition 99 exact control", -19.513630, made["synthetic_control"].effect.estimate),
        ("Proposition 99 rank of 39", 3, float((ratios >= ratios[0]).sum())),
    ]


def simulated(rng: np.random.Generator, *, units: int, effect: float, wander: float) -> Panel:
    """Draw counts; the first unit is treated."""
    time = np.arange(MONTHS)
    level = np.zeros((units, MONTHS))
    if wander:
        steps = rng.normal(0, wander * np.sqrt(1 - 0.5**2), (units, MONTHS))
        level[:, 0] = rng.normal(0, wander, units)
        for month in range(1, MONTHS):
            level[:, month] = 0.5 * level[:, month - 1] + steps[:, month]
    mean = (rng.lognormal(2.5, 0.6, (units, 1)) + 4) * np.exp(level + 0.003 * time)
    mean *= np.exp(0.15 * np.sin(2 * np.pi * time / 12))
    mean[0, START:] *= 1 + effect
    return Panel(
        keys=pd.DataFrame({"unit_id": range(units)}),
        periods=pd.period_range("2020-01", periods=MONTHS, freq="M"),
        values=rng.poisson(rng.gamma(mean)).astype(float),
        exposure=None,
        kind="count",
    )


def estimated(panel: Panel, method: str) -> EffectEstimate:
    """Estimate the effect on the first unit."""
    if method == "series":
        return interrupted_series(
            pd.Series(panel.values[0], index=panel.periods), start=panel.periods[START]
        ).effect
    return difference_in_differences(panel, starts={0: panel.periods[START]}, method=method).effect


def _coverage(simulations: int) -> pd.DataFrame:
    rows = []
    for method in ("imputation", "did", "series"):
        for wander in (0.0, 0.15):
            for effect in (0.0, -0.2):
                rng, begin = np.random.default_rng(500), time.process_time()
                units = 1 if method == "series" else UNITS
                found = [
                    estimated(simulated(rng, units=units, effect=effect, wander=wander), method)
                    for _ in range(simulations)
                ]
                truth = np.log1p(effect)
                covered = float(np.mean([one.lower <= truth <= one.upper for one in found]))
                rows.append(
                    {
                        "estimator": method,
                        "level": "wanders" if wander else "steady",
                        "effect": effect,
                        "covered": covered,
                        "standard_error": np.sqrt(covered * (1 - covered) / simulations),
                        "bias": float(np.mean([one.estimate for one in found]) - truth),
                        "ms_each": 1000 * (time.process_time() - begin) / simulations,
                    }
                )
    return pd.DataFrame(rows)


if __name__ == "__main__":
    main()
