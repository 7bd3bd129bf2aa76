"""The catalogue of indicators as a page that a risk officer can read.

``tests/test_catalogue.py`` checks that the page is up to date; ``python tests/spec/indicators.py`` writes
``docs/indicators.md``.
"""

from pathlib import Path

from riskmodels.catalogue import INDICATORS, format_value
from riskmodels.parameters.policy import Area, IndicatorPolicy, Limits, Policy, load_policy

ROOT = Path(__file__).parents[2]
MANUAL = ROOT / "docs" / "indicators.md"
HEAD = """# Indicators (服务风险指标)

What is measured, how, and against which limits. This page is written by `python tests/spec/indicators.py` from the
catalogue (`riskmodels/catalogue/definitions.py`) and the latest policy in `params/policy`, and a test checks that it is
up to date. How to add one: [add an indicator](howto/add_an_indicator.md).

**How to read a formula.** Σ adds up over the rows; `[x > 4]` is 1 where it holds and 0 where not. A row belongs to
the period (month or quarter) of the column named after *cohort*, and `now` is the end of the as-of day. A complaint
counts in the denominator of a deadline once that has passed; open and overdue ones count as failed. Working days are
those of the source's country, Chinese make-up working days included; the day of receipt is day 0.

**Families** say what is uncertain about a value:

- `proportion`: good ones out of all; divided by the overdispersion of the last twelve months, a Beta posterior.
- `rate`: events over exposure; overdispersion likewise, a Gamma posterior.
- `mean`: of durations, by Kaplan–Meier, with Greenwood's variance; a t posterior.
- `availability`: minutes lost come by incident, so their variance is that of a compound Poisson sum: the squared
  minutes of the outages in `incidents` added up; minutes that no outage there accounts for count as one incident a
  month, which is too wide and never too narrow. A Gamma posterior of the share lost.
- `measured`: known exactly (money, persons).
"""


def latest_policy() -> Policy:
    """The policy that is in force last."""
    return load_policy(ROOT / "params" / "policy", on="9999-12-31")


def rendered(policy: Policy) -> str:
    """The page ``docs/indicators.md``."""
    sections = [_section(area, policy) for area in policy.areas]
    return HEAD + "\n" + "\n".join(sections)


def _section(area: Area, policy: Policy) -> str:
    entries = [_entry(indicator) for indicator in policy.indicators if indicator.area == area.id]
    return f"## {area.name_en} ({area.name_zh})\n\n" + "\n".join(entries)


def _entry(named: IndicatorPolicy) -> str:
    indicator = INDICATORS[named.id]
    needs = (f"{indicator.table}.{column}" if "." not in column else column for column in indicator.needs)
    tables = [f"table {indicator.table}", *needs]
    lines = [
        f"### `{named.id}` {named.name_zh}",
        "",
        f"{named.name_en}. {indicator.definition_en} [{indicator.unit}]",
        "",
        indicator.definition_zh,
        "",
        f"- Formula: `{indicator.formula}`",
        f"- Cohort: `{indicator.table}.{indicator.at}`; family: `{indicator.family}`; needs: {', '.join(tables)}",
        f"- Standard: {named.standard} ({named.source}); {_limits(named)}",
    ]
    return "\n".join(lines) + "\n"


def _limits(named: IndicatorPolicy) -> str:
    if named.limits is None:
        return "no limits: watched, not rated"
    products = "".join(
        f"; {product} {_shown(named.id, limits)}" for product, limits in named.limits_by_product.items()
    )
    return f"amber / red {_shown(named.id, named.limits)}, set by {named.limits_set_by}{products}"


def _shown(indicator_id: str, limits: Limits) -> str:
    return f"{format_value(indicator_id, limits.amber)} / {format_value(indicator_id, limits.red)}"


if __name__ == "__main__":
    MANUAL.write_text(rendered(latest_policy()), encoding="utf-8")
