"""The words of findings that propose a new entry of the risk register."""

from riskmodels.assessment.template import Template
from riskmodels.labels import marked

_REMEDY = {
    "cause": marked("The risk register does not know the risk"),
    "consequence": marked("It is in the figures of no risk, and has no controls and no owner"),
    "owner": marked("Owner of the risk register"),
}
REGISTERS = {
    "unregistered_losses": Template(
        criterion=marked("Every type of loss with {limit} or more of the losses of a year is one of a risk"),
        conditions={
            "value": marked("No risk of the register has these losses: {value} of the amount of a year"),
            "passed": marked(
                "Types of loss that no risk of the register has: {value} of the amount of a year"
            ),
        },
        evidence=marked("{losses} losses, {gross} of {of} CNY in the last twelve full months"),
        remedy={
            **_REMEDY,
            "corrective_action": marked(
                "Enter the risk into the register (event type {subject}), or give it to the risk that has it"
            ),
        },
        unit="share",
        counts=("losses", "gross", "of"),
    ),
    "unregistered_theme": Template(
        criterion=marked("What {limit} or more of the complaints are about is a risk of the register"),
        conditions={
            "value": marked(
                "No risk of the register has this category: {value} of the complaints of the quarter"
            ),
            "passed": marked(
                "Categories that no risk of the register has: {value} of the complaints of the quarter"
            ),
        },
        evidence=marked("{complaints} of {of} complaints"),
        remedy={
            **_REMEDY,
            "corrective_action": marked(
                "Enter the risk into the register (category {subject}), or give it to the risk that has it"
            ),
        },
        unit="share",
        counts=("complaints", "of"),
    ),
}
