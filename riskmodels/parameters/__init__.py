"""What people decide, as files: the policy, scenarios, plans, capacity, the risk register."""

from riskmodels.parameters.capacity import Capacity, load_capacity
from riskmodels.parameters.files import (
    Identifier,
    Name,
    Parameters,
    check_parameters,
    load_parameters,
    parameters_text,
)
from riskmodels.parameters.measures import ActionPlan, load_action_plan
from riskmodels.parameters.models import Model, Models, load_models
from riskmodels.parameters.plans import Plans, load_plans, overdue_drills
from riskmodels.parameters.policy import Policy, load_policy
from riskmodels.parameters.risks import RiskRegister, load_risks
from riskmodels.parameters.scenarios import Scenario, load_scenario, load_scenarios
from riskmodels.parameters.watches import Acknowledgements, WatchRule, load_acknowledged

__all__ = [
    "Acknowledgements",
    "ActionPlan",
    "Capacity",
    "Identifier",
    "Model",
    "Models",
    "Name",
    "Parameters",
    "Plans",
    "Policy",
    "RiskRegister",
    "Scenario",
    "WatchRule",
    "check_parameters",
    "load_acknowledged",
    "load_action_plan",
    "load_capacity",
    "load_models",
    "load_parameters",
    "load_plans",
    "load_policy",
    "load_risks",
    "load_scenario",
    "load_scenarios",
    "overdue_drills",
    "parameters_text",
]
