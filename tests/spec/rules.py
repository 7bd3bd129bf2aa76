"""The rules of ratings and findings as a table that a risk officer can read and contest.

``tests/test_assessment.py`` runs every row through the real code; ``python tests/spec/rules.py`` writes
``docs/rules.md``.
"""

from dataclasses import dataclass
from pathlib import Path

from riskmodels.catalogue import INDICATORS, format_value

CERTAINTY = 0.8
MANUAL = Path(__file__).parents[2] / "docs" / "rules.md"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One row: what was counted, against which limits, and the rating and the finding that must follow.

    ``others`` are the other units of the bank: how many, and numerator and denominator of each.
    """

    situation: str
    subject: str
    indicator: str = "training_coverage"
    numerator: int
    denominator: int
    amber: float | None = 0.95
    red: float | None = 0.90
    others: tuple[int, int, int] = (0, 0, 0)
    rating: str
    finding: str
    why: str


RULES = (
    Rule(situation="A share well inside amber", subject="bank", numerator=990, denominator=1000,
         rating="green", finding="",
         why="It is nearly certain that the true share is above 95%."),
    Rule(situation="A share between the limits", subject="bank", numerator=920, denominator=1000,
         rating="amber", finding="amber",
         why="Nearly certain beyond amber; beyond red only by a small chance."),
    Rule(situation="A share beyond red", subject="bank", numerator=850, denominator=1000,
         rating="red", finding="red",
         why="Nearly certain beyond red."),
    Rule(situation="A share just beyond amber", subject="bank", numerator=948, denominator=1000,
         rating="insufficient", finding="",
         why="The probability beyond amber is below 80%: chance alone may explain it."),
    Rule(situation="A share just inside amber", subject="bank", numerator=952, denominator=1000,
         rating="insufficient", finding="",
         why="As sure as that: a rating needs certainty in both directions."),
    Rule(situation="The same share, counted a hundred times as often", subject="bank", numerator=94_800,
         denominator=100_000, rating="amber", finding="amber",
         why="More evidence makes the same share a finding."),
    Rule(situation="Few cases, all good", subject="bank", numerator=10, denominator=10,
         rating="insufficient", finding="",
         why="Ten good cases do not show that 95% are good."),
    Rule(situation="One case in the whole bank, in time", subject="bank", numerator=1, denominator=1, amber=0.99,
         red=0.95, rating="insufficient", finding="",
         why="One case proves nothing for the bank either: five are needed for any colour."),
    Rule(situation="Four cases in the whole bank, none in time", subject="bank", numerator=0, denominator=4,
         rating="insufficient", finding="",
         why="As above: four."),
    Rule(situation="A share where less is better, inside amber", subject="bank",
         indicator="service_error_rate", numerator=5, denominator=10_000, amber=0.001, red=0.002,
         rating="green", finding="",
         why="The direction follows from the limits: red is larger than amber."),
    Rule(situation="A share where less is better, beyond red", subject="bank",
         indicator="service_error_rate", numerator=40, denominator=10_000, amber=0.001, red=0.002,
         rating="red", finding="red",
         why="Four in a thousand are twice what red allows."),
    Rule(situation="A rate between the limits", subject="bank", indicator="text_alert_rate", numerator=80,
         denominator=10_000, amber=5.0, red=10.0, rating="amber", finding="amber",
         why="8 per 1,000: beyond 5, hardly beyond 10."),
    Rule(situation="No event at all", subject="bank", indicator="text_alert_rate", numerator=0,
         denominator=10_000, amber=5.0, red=10.0, rating="green", finding="",
         why="Zero events in 10,000 leave hardly a chance for 5 per 1,000; the interval ends above zero."),
    Rule(situation="An indicator without limits", subject="bank", numerator=1, denominator=1000, amber=None,
         red=None, rating="", finding="",
         why="It is watched and not rated; riskmodels does not make limits up."),
    Rule(situation="A unit that is bad beyond doubt", subject="unit", numerator=70, denominator=100,
         others=(9, 980, 1000), rating="red", finding="red",
         why="Nearly certain beyond red, whatever the nine others are."),
    Rule(situation="A unit that looks red, but is one of forty", subject="unit", numerator=26, denominator=31,
         others=(39, 980, 1000), rating="insufficient", finding="",
         why="Five misses where its peers have one in fifty: among forty units that may well be chance."),
    Rule(situation="A unit that is far from its forty peers", subject="unit", numerator=15, denominator=31,
         others=(39, 980, 1000), rating="red", finding="red",
         why="Sixteen misses of 31 are more than chance among forty units would give."),
    Rule(situation="A unit with one bad case", subject="unit", numerator=0, denominator=1,
         others=(9, 999, 1000), rating="insufficient", finding="",
         why="One case proves nothing: a proportion needs five trials for any colour."),
    Rule(situation="A unit with one good case", subject="unit", numerator=1, denominator=1,
         others=(9, 999, 1000), rating="insufficient", finding="",
         why="As above: nobody is green by the bank's value alone."),
    Rule(situation="A unit without a failure among units that fail", subject="unit", numerator=9, denominator=9,
         others=(12, 720, 1000), rating="insufficient", finding="",
         why="Its peers make it likely to be red, its own cases do not: no colour stands against its own figure."),
    Rule(situation="A big unit with many errors that is as good as the others", subject="unit",
         indicator="service_error_rate", numerator=50, denominator=100_000, amber=0.001, red=0.002,
         others=(9, 5, 10_000), rating="green", finding="",
         why="Rates count, not numbers."),
    Rule(situation="Few rejected rows", subject="table", numerator=1, denominator=1000, amber=0.001,
         red=0.02, rating="", finding="",
         why="At the limit is inside it."),
    Rule(situation="Some rejected rows", subject="table", numerator=2, denominator=1000, amber=0.001,
         red=0.02, rating="", finding="amber",
         why="More than 0.1%: the owner of the source should know."),
    Rule(situation="Many rejected rows", subject="table", numerator=21, denominator=1000, amber=0.001,
         red=0.02, rating="", finding="red",
         why="More than 2%: figures that rest on this table may be biased."),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class IncidentRule:
    """One row of major incidents: what was asked, what was seen, and the finding that must follow.

    ``item`` is a moment or ``step``, in minutes; or what a scenario assumes, by severity: ``hours`` until over,
    ``complaints`` more as a share of a month's, then with the interval of what was seen.
    """

    situation: str
    item: str
    limits: tuple[float, ...]
    seen: float | None
    interval: tuple[float, float] | None = None
    rule: str
    finding: str
    why: str


INCIDENT_RULES = (
    IncidentRule(situation="First answer in time", item="responded", limits=(30.0,), seen=30.0,
                 rule="incident_answer", finding="passed", why="At the limit is inside it."),
    IncidentRule(situation="First answer late", item="responded", limits=(30.0,), seen=45.0,
                 rule="incident_answer", finding="amber", why="Half as long again as the policy allows."),
    IncidentRule(situation="First answer very late", item="responded", limits=(30.0,), seen=60.0,
                 rule="incident_answer", finding="red", why="Twice the limit (the policy's `incidents.late_red`)."),
    IncidentRule(situation="First answer not recorded", item="responded", limits=(30.0,), seen=None,
                 rule="incident_answer", finding="unclear", why="What nobody recorded is neither in time nor late."),
    IncidentRule(situation="Supervisor told late", item="supervisor", limits=(120.0,), seen=180.0,
                 rule="incident_told", finding="amber", why="One and a half times what the plan allows."),
    IncidentRule(situation="Customers told very late", item="customers", limits=(30.0,), seen=300.0,
                 rule="incident_told", finding="red", why="Ten times what the plan allows."),
    IncidentRule(situation="A step of the plan late", item="step", limits=(120.0,), seen=240.0,
                 rule="incident_step", finding="red", why="Twice what the plan allows."),
    IncidentRule(situation="Shorter than the mildest scenario", item="hours", limits=(2.0, 12.0), seen=1.5,
                 rule="incident_cost", finding="passed", why="What was prepared for was worse."),
    IncidentRule(situation="Longer than the mild scenario", item="hours", limits=(2.0, 12.0), seen=4.0,
                 rule="incident_cost", finding="amber", why="Within the severe one only."),
    IncidentRule(situation="Longer than the severest scenario", item="hours", limits=(2.0, 12.0), seen=13.0,
                 rule="incident_cost", finding="red", why="Nothing that was prepared for was as bad."),
    IncidentRule(situation="More complaints than the mild scenario, certainly", item="complaints", limits=(0.2, 0.6),
                 seen=0.4, interval=(0.3, 0.5), rule="incident_cost", finding="amber",
                 why="Nearly certain beyond 20% of a month's."),
    IncidentRule(situation="More complaints than the mild scenario, perhaps", item="complaints", limits=(0.2, 0.6),
                 seen=0.25, interval=(0.1, 0.4), rule="incident_cost", finding="watch",
                 why="71% likely: on the watch list, as policy `findings.watch` says."),
    IncidentRule(situation="More complaints, as likely as not beyond the scenario", item="complaints",
                 limits=(0.2, 0.6), seen=0.2, interval=(0.1, 0.3), rule="incident_cost", finding="passed",
                 why="Half the chance is on either side."),
    IncidentRule(situation="Complaints of its days not known", item="complaints", limits=(0.2, 0.6), seen=None,
                 rule="incident_cost", finding="unclear", why="Unknown is not none."),
)  # fmt: skip


def rendered() -> str:
    """The rules as the page ``docs/rules.md``."""
    lines = [
        "# Rules of ratings and findings",
        "",
        "Every row is run through the real code by `tests/test_assessment.py`. This page is written by",
        "`python tests/spec/rules.py`; to contest a rule, change its row in `tests/spec/rules.py`.",
        "",
        f"A rating needs a probability of {CERTAINTY:.0%} (the policy's `certainty`). Findings about units are those",
        "with that probability of being beyond amber of which, all together, at most a tenth is expected to be",
        "false (`findings.false_share`); one is red where red alone has that probability.",
        "",
        "| Situation | Who | Counted | Value | Amber | Red | Other units | Rating | Finding | Why |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    incidents = [
        "",
        "Of major incidents:",
        "",
        "| Situation | What | Limit | Seen | Rule | Finding | Why |",
        "|---|---|---|---|---|---|---|",
    ]
    rows = (*map(_row, RULES), *incidents, *map(_incident_row, INCIDENT_RULES))
    return "\n".join([*lines, *rows]) + "\n"


def _incident_row(rule: IncidentRule) -> str:
    def shown(value: float) -> str:
        if rule.item == "complaints":
            return f"{value:.0%} of a month's"
        return f"{value:g} {'hours' if rule.item == 'hours' else 'minutes'}"

    seen = "–" if rule.seen is None else shown(rule.seen)
    if rule.interval:
        seen += f" ({rule.interval[0]:.0%} to {rule.interval[1]:.0%})"
    cells = [rule.situation, rule.item, ", ".join(map(shown, rule.limits)), seen]
    return f"| {' | '.join([*cells, f'`{rule.rule}`', rule.finding, rule.why])} |"


def _row(rule: Rule) -> str:
    def shown(value: float | None) -> str:
        if value is None:
            return "–"
        return f"{value:.2%}" if rule.subject == "table" else format_value(rule.indicator, value)

    value = rule.numerator / rule.denominator
    if rule.subject != "table":
        value *= INDICATORS[rule.indicator].scale
    count, numerator, denominator = rule.others
    cells = [
        rule.situation,
        rule.subject,
        f"{rule.numerator:,} of {rule.denominator:,}",
        shown(value),
        shown(rule.amber),
        shown(rule.red),
        f"{count} with {numerator:,} of {denominator:,}" if count else "–",
        rule.rating or "–",
        rule.finding or "none",
        rule.why,
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    MANUAL.write_text(rendered(), encoding="utf-8")
