"""The words of findings about what is watched."""

from riskmodels.assessment.template import Template
from riskmodels.labels import PERIOD_NAMES, marked

_CRITERION = marked(
    "No rise beyond chance: a false alarm of a series is wanted every {run_length} {periods}"
    " (set by {set_by})"
)
ALARMS = {
    "alarm": Template(
        criterion=_CRITERION,
        conditions={
            "value": marked("Up by about {size} ({lower} to {upper}) since {dates}{state}"),
            "unclear": marked("Up by about {size} ({lower} to {upper}) since {dates}{state}"),
        },
        evidence=marked(
            "Probability that the level has changed: {probability}; first alarm {alarmed}, last {last}"
        ),
        remedy={
            "cause": marked("Not known yet"),
            "consequence": marked("The level stays where it is as long as its cause does"),
            "corrective_action": marked(
                "Find what the cases since {since} have in common; correct it, or answer for the alarm"
                " {subject} until a day"
            ),
            "owner": marked("{told}"),
        },
    ),
    "watching": Template(
        criterion=_CRITERION,
        conditions={
            "passed": marked("No alarm in the quarter"),
            "unclear": marked("Not watched: {lacking}"),
        },
        evidence=marked("{watched}"),
    ),
}
PERIODS = {"day": PERIOD_NAMES["D"], "week": PERIOD_NAMES["W"], "month": PERIOD_NAMES["M"]}
WATCHED_ROWS = {"complaints": marked("complaints"), "losses": marked("loss events")}
MEASURES = {
    "rows": marked("{what}, {where}"),
    "events": marked("{what}, {where}"),
    "failing": marked("{what}, cases that fall short, {where}"),
    "cases": marked("{what}, cases, {where}"),
    "mean": marked("{what}, mean, {where}"),
    "minutes": marked("{what}, minutes lost, {where}"),
}
STATES = {
    "closed": marked("; the last alarm was in {last}"),
    "stayed": marked("; the last alarm was in {last}, and the level has stayed"),
    "back": marked("; the last alarm was in {last}, and the level is back"),
}
ANSWERED = marked("; {answered_by} answers for it until {until}: {reason}")
