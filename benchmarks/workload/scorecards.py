"""Sample banks for the scorecard, what is true about them, and what a perfect test could see."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from riskmodels.parameters.policy import Policy, load_policy
from riskmodels.sample import (
    SampleBank,
    actions,
    arrivals,
    handling,
    incidents,
    inspections,
    network,
    observations,
    plan,
    surveys,
    write_sample_bank,
)
from riskmodels.sample.days import DAYS, day_factors, month_of_day
from riskmodels.sources import ingest
from riskmodels.tables import Tables

Floats = npt.NDArray[np.float64]

ROOT = Path(__file__).parents[2]
QUARTERS = {"2026Q2": 45, "2026Q3": 48}  # months of the panel by their end
PER_1000_YEAR = 12_000.0
INSPECTED = {
    "mystery_shopper": "mystery_shopper_pass",
    "recording_check": "recording_check_pass",
    "compliance": "compliance_pass_rate",
    "dual_control": "dual_control_rate",
    "identity_check": "identity_check_rate",
    "disclosure": "disclosure_rate",
    "first_contact_owner": "first_contact_owner_rate",
}
NEVER_CLOSED = 0.01  # share of corrective actions
TIME_OF_DAY = 0.55  # when complaints arrive, in the middle [days]
SIMULATED = 10_000


def shipped_policy(area: str = "") -> Policy:
    """Load the shipped policy, or only the indicators of one of its areas."""
    policy = load_policy(ROOT / "params" / "policy", on="2026-10-01")
    chosen = tuple(one for one in policy.indicators if area in {"", one.area})
    return policy.model_copy(update={"indicators": chosen})


def ingested(bank: SampleBank, folder: Path) -> Tables:
    """Write a bank's files and take them in, as the shipped ones are."""
    write_sample_bank(bank, folder / "bank")
    files: dict[str, str | Path] = {name: folder / "bank" / f"{name}.parquet" for name in bank.tables}
    return ingest(ROOT / "params" / "sources" / "sample.yaml", store=folder / "store", files=files)


@dataclass(frozen=True, kw_only=True)
class Arrivals:
    """Expected complaints at peers' rate and in truth, and accounts: (units, products, months).

    ``logged`` is the share of a month's complaints that is logged by the as-of day, (months,); 0 in the hole.
    """

    at_peers_rate: Floats
    expected: Floats
    accounts: Floats
    logged: Floats

    def rate(self, quarter: str, *, logged: bool = False) -> Floats:
        """Return the true complaints per 1,000 accounts and year, (units,); of those logged by now, if so asked."""
        share = self.logged if logged else np.ones_like(self.logged)
        return self._per_accounts(self.expected * share, quarter)

    def usual_rate(self, quarter: str) -> Floats:
        """Return the rate that peers with the same products in the same region have, (units,)."""
        return self._per_accounts(self.at_peers_rate, quarter)

    def of(self, unit_id: str) -> "Arrivals":
        """Return those of one unit."""
        place = [network.UNIT_IDS.index(unit_id)]
        return Arrivals(
            at_peers_rate=self.at_peers_rate[place],
            expected=self.expected[place],
            accounts=self.accounts[place],
            logged=self.logged,
        )

    def _per_accounts(self, complaints: Floats, quarter: str) -> Floats:
        months = slice(QUARTERS[quarter] - 3, QUARTERS[quarter])
        sums = (cells[:, :, months].sum(axis=(1, 2)) for cells in (complaints, self.accounts))
        return PER_1000_YEAR * np.divide(*sums)


def arrivals_of(bank: SampleBank) -> Arrivals:
    """Work out what was expected in a bank."""
    accounts = network.accounts_by_cell(bank.truth.seed)
    factors = arrivals.action_factors(bank.truth.actions)
    return Arrivals(
        at_peers_rate=arrivals.expected_at_peers_rate(accounts),
        expected=arrivals.expected_before_actions(accounts) * factors,
        accounts=accounts.astype(np.float64),
        logged=_logged(),
    )


def true_levels() -> dict[str, float]:
    """Return the true level, at the end, of the indicators whose level is the same in all units, in their units.

    The chances of a month or of an inspection scatter around it, without memory.
    """
    years = (len(plan.MONTHS) - 1) / 12
    levels = {INSPECTED[kind]: share for kind, share in inspections.PASS_SHARES.items()}
    levels |= {one.indicator_id: one.level + one.per_year * years for one in observations.SHARES}
    levels |= dict.fromkeys(("satisfaction", "good_rating_rate", "online_satisfaction"), surveys.SATISFIED)
    elderly = plan.GROUPS["elderly"] * plan.ELDERLY_RESOLVED_POINTS / 100
    new = plan.GROUPS["new_resident"] * plan.NEW_RESIDENT_SATISFACTION_POINTS / 100
    return levels | {
        "text_alert_rate": 1000 * levels["text_alert_rate"],
        "resolved_7wd": plan.RESOLVED_7WD + elderly,
        "complaint_handling_satisfaction": plan.HANDLING_SATISFACTION + new,
        "first_response_24h": handling.FIRST_RESPONSE_24H,
        "major_1h": handling.MAJOR_1H,
        "fault_response_30min": incidents.RESPONDED_30MIN,
        "rectification_on_time": actions.ON_TIME * (1 - NEVER_CLOSED),
    }


def perfect_powers(
    branches: list[Arrivals], factors: Floats, *, quarter: str, months: int, false_alarms: Floats
) -> Floats:
    """Return how often the most powerful test distinguishes the truth from a factor, (branches, false alarms).

    Parameters
    ----------
    branches : list of Arrivals
        One unit each, drawn 10,000 times with its own seed.
    factors : ndarray, shape (branches,)
        The factor on peers' rate that is tested against.
    quarter, months
        The last quarter that is seen, and how many months.
    false_alarms : ndarray, shape (k,)
        How often a unit with exactly that factor may be found.

    Notes
    -----
    Neyman and Pearson's ratio of the likelihoods of all counts by product and month: negative binomial with the
    known ratio of variance to mean, each complaint logged with its known probability (which leaves the shape).
    """
    seen = slice(QUARTERS[quarter] - months, QUARTERS[quarter])
    powers = np.empty((len(branches), len(false_alarms)))
    for place, (branch, factor) in enumerate(zip(branches, factors, strict=True)):
        known = np.flatnonzero(branch.logged[seen] > 0)
        cells = (part[0][:, seen][:, known] for part in (branch.at_peers_rate * factor, branch.expected))
        scale = (plan.VARIANCE_RATIO - 1) * branch.logged[seen][known]
        limit, truth = (part / (plan.VARIANCE_RATIO - 1) for part in cells)
        rng = np.random.default_rng([17, place])
        ratios = [_log_ratios(_drawn(shape, scale, rng), limit, truth) for shape in (limit, truth)]
        critical = np.quantile(ratios[0], 1 - false_alarms)
        powers[place] = (ratios[1][:, None] > critical).mean(axis=0)
    return powers


def _drawn(shape: Floats, scale: Floats, rng: np.random.Generator) -> Floats:
    """Draw counts, (draws, products, months)."""
    return rng.poisson(rng.standard_gamma(shape, (SIMULATED, *shape.shape)) * scale).astype(np.float64)


def _log_ratios(counts: Floats, limit: Floats, truth: Floats) -> Floats:
    """Return the logarithm of the ratio, up to a constant, (draws,)."""
    gained = special.gammaln(counts + truth) - special.gammaln(counts + limit)
    return np.asarray(gained.sum(axis=(1, 2)), dtype=np.float64)


def _logged() -> Floats:
    age = (plan.AS_OF - DAYS.astype("M8[s]")) / np.timedelta64(1, "D") - TIME_OF_DAY
    center = np.log(plan.DELAY_MEAN_DAYS) - plan.DELAY_LOG_SD**2 / 2
    share = stats.norm.cdf((np.log(np.maximum(age, 1e-9)) - center) / plan.DELAY_LOG_SD)
    month, weight = month_of_day(), day_factors()
    known = np.bincount(month, weights=share * weight) / np.bincount(month, weights=weight)
    return np.where(np.isin(plan.MONTHS, np.array(plan.HOLE, dtype="M8[M]")), 0.0, known)
