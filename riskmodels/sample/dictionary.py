"""The data dictionary of the canonical tables, and the page that explains the synthetic bank."""

from collections.abc import Mapping
from typing import Final

from riskmodels.sample import plan
from riskmodels.tables.contracts import Column, Contract, Rule

_INTRODUCTION: Final = f"""\
# The synthetic bank

A made-up bank, drawn from a seed by `python -m riskmodels.sample data/sample`: {len(plan.REGIONS)} regions,
{plan.BRANCHES} branches, {len(plan.PRODUCTS)} products, {len(plan.MONTHS)} months from {plan.FIRST_MONTH} to
{plan.LAST_MONTH}, as it was known at the end of {str(plan.AS_OF)[:10]}. No person, branch or number in it is
real. Because it is made up, the truth is known, and stands in `truth.json` with all sizes, ids and months:
a method can be judged by whether it finds what is there and leaves alone what is not.

All amounts are in CNY, all times are local time without zone, and empty means unknown or not yet.
"""

_TRUTHS: Final = f"""\
## What is hidden in it

Complaints arrive at a rate per 1,000 accounts and year \
that depends on the product only (`rate_per_1000_year`,
reached on the last day); `arrivals` in `truth.json` is the whole formula. Beyond that:

- **A small bad branch** ({plan.BAD_UNIT}): {plan.BAD_EXPECTED_PER_QUARTER:g} complaints a quarter would be
  expected at its peers' rate (mean of the last eight quarters); \
its true rate is {plan.BAD_FACTOR:g} times that,
  all the time.
- **A big ordinary branch** ({plan.BIG_UNIT}): very many complaints, at exactly its peers' rate.
- **Two level breaks** of +40 %: payments in the north from 2023-10, credit cards in the south from 2026-01.
- **One shared shock**: every rate doubles in {plan.SHOCK_MONTH} and stays there.
- **Chinese New Year**: {(1 - plan.NEW_YEAR_FACTOR):.0%} fewer arrivals on fourteen days, \
from seven days before
  New Year's Day to six days after it.
- **A hole**: no complaint received in {plan.HOLE[0]} or {plan.HOLE[1]} is in the table; unknown, not zero.
- **Four past actions** (indicator `complaint_rate` in `actions`), \
each after the worst quarter of eight at its
  branch: two lower the branch's rate by 25 % from the closing month on, \
two do nothing, and all four look good.
- **Overdispersion**: counts by unit, product and month \
have a variance of {plan.VARIANCE_RATIO:g} times their mean.
- **A trend** of {plan.TREND_PER_YEAR:+.0%} a year in the rate; \
accounts grow by {plan.GROWTH_PER_YEAR:.0%} a year.
  A mild yearly wave (±{plan.SEASON_AMPLITUDE:.0%}) and a weekday pattern.
- **Two gaps between customer groups**: elderly customers' complaints are resolved within seven working days
  {-plan.ELDERLY_RESOLVED_POINTS:g} points less often; new residents are satisfied with the handling
  {-plan.NEW_RESIDENT_SATISFACTION_POINTS:g} points less often.
- **Reporting delay**: branches answer at once but log late, \
{plan.DELAY_MEAN_DAYS:g} days on average and sometimes
  months; what is not logged on the as-of date is not in the table. \
`complete_counts` holds what really arrived.
- **Resolved in time**: `resolved_in_time` holds the true share \
of complaints resolved within seven working days,
  by month, as it will be once every one of them has had its time.

- **Calls** of one team, the `hotline`, by half-hour over two years: no effect on anything else. Who gives up
  and who is answered late grow with the calls of a half-hour.

Everything else is equal between branches, up to chance; no other table moves the complaints. Customer groups
stand in the same proportions everywhere. A working day is one in China, made-up weekend days included. One
complaint in fifty holds personal data of nobody (telephone, e-mail, identity card, bank card): \
it is masked when
the table is ingested, and this folder shows it as it comes from a source. Losses in `observations` count by
month of occurrence, net of recoveries, and outages there are the ones of `incidents`.
"""


def sample_readme(contracts: Mapping[str, Contract]) -> str:
    """Write the page that stands beside the files: what the bank is, its truths, its data dictionary."""
    return f"{_INTRODUCTION}\n{_TRUTHS}\n{data_dictionary(contracts)}"


def data_dictionary(contracts: Mapping[str, Contract]) -> str:
    """Write one Markdown table a canonical table: columns with type, unit, meaning and range; then its rules.

    Parameters
    ----------
    contracts : mapping of str to Contract
        The contracts, in the order of the page.

    Returns
    -------
    str
        Markdown that names every column of every contract once.
    """
    return "\n".join(["## Data dictionary\n", *(_section(contract) for contract in contracts.values())])


def _section(contract: Contract) -> str:
    head = [
        f"### {contract.table}\n",
        f"{contract.words} Key: {', '.join(f'`{name}`' for name in contract.key)}.\n",
        "| column | type | unit | meaning | value |",
        "|---|---|---|---|---|",
    ]
    rules = [f"- {rule.words} (`{rule.name}`)" for rule in _shown_rules(contract)]
    shown = ["", "A row is rejected unless:\n", *rules] if rules else []
    return "\n".join([*head, *(_line(column) for column in contract.columns), *shown]) + "\n"


def _shown_rules(contract: Contract) -> list[Rule]:
    """List the rules that the table of columns does not say."""
    references = [
        Rule(
            name=f"{column.name} in {column.references}",
            holds="",
            words=f"{column.name} is in the table {column.references}, where the source has that",
        )
        for column in contract.columns
        if column.references
    ]
    return [*contract.rules, *references]


def _line(column: Column) -> str:
    allowed = f" ({', '.join(column.domain)})" if column.domain else ""
    needed = "required" if column.required else "expected" if column.expected else ""
    if column.expected not in ("", "true"):
        needed += f" where {column.expected}"
    bounds = [
        f"{sign} {bound:g}"
        for sign, bound in (("≥", column.minimum), ("≤", column.maximum))
        if bound is not None
    ]
    value = ", ".join(filter(None, [needed, *bounds]))
    return f"| `{column.name}` | {column.type} | {column.unit} | {column.words}{allowed} | {value} |"
