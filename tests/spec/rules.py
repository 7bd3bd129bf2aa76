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
    return "\n".join([*lines, *(_row(rule) for rule in RULES)]) + "\n"


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
