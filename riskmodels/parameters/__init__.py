"""What people decide, as dated files: the policy, scenarios, the risk register."""

from riskmodels.parameters.files import (
    Identifier,
    Name,
    Parameters,
    check_parameters,
    load_parameters,
    parameters_text,
)
from riskmodels.parameters.policy import Policy, load_policy
from riskmodels.parameters.risks import RiskRegister, load_risks
from riskmodels.parameters.scenarios import Scenario, load_scenario

__all__ = [
    "Identifier",
    "Name",
    "Parameters",
    "Policy",
    "RiskRegister",
    "Scenario",
    "check_parameters",
    "load_parameters",
    "load_policy",
    "load_risks",
    "load_scenario",
    "parameters_text",
]
