"""What if: scenarios carried through to complaints, handlers, indicators, units, losses and ratings."""

from riskmodels.stresstest.capacity import CapacityTable, capacity_table
from riskmodels.stresstest.comparing import ScenarioComparison, compare
from riskmodels.stresstest.courses import DeadlineCourse, Recovery, days_to_empty, deadline_course
from riskmodels.stresstest.deadlines import DeadlineQueue, deadline_queue
from riskmodels.stresstest.fluid import FluidBacklog, fluid_backlog
from riskmodels.stresstest.macro import MacroPath, read_macro_path
from riskmodels.stresstest.outcome import StressTest
from riskmodels.stresstest.priorities import ClassQueue, priority_queue
from riskmodels.stresstest.propagation import stress
from riskmodels.stresstest.queueing import ErlangA, ErlangC, ServiceLevel, erlang_a, erlang_b, erlang_c
from riskmodels.stresstest.replaying import Replay, replay_complaints, replay_indicator
from riskmodels.stresstest.response import MeanResponse, Response, mean_response
from riskmodels.stresstest.sensitivities import MacroSensitivity, estimate_sensitivities
from riskmodels.stresstest.staffing import offered_load, proposed_servers, servers_needed
from riskmodels.stresstest.varying import VaryingQueue, varying_queue

__all__ = [
    "CapacityTable",
    "ClassQueue",
    "DeadlineCourse",
    "DeadlineQueue",
    "ErlangA",
    "ErlangC",
    "FluidBacklog",
    "MacroPath",
    "MacroSensitivity",
    "MeanResponse",
    "Recovery",
    "Replay",
    "Response",
    "ScenarioComparison",
    "ServiceLevel",
    "StressTest",
    "VaryingQueue",
    "capacity_table",
    "compare",
    "days_to_empty",
    "deadline_course",
    "deadline_queue",
    "erlang_a",
    "erlang_b",
    "erlang_c",
    "estimate_sensitivities",
    "fluid_backlog",
    "mean_response",
    "offered_load",
    "priority_queue",
    "proposed_servers",
    "read_macro_path",
    "replay_complaints",
    "replay_indicator",
    "servers_needed",
    "stress",
    "varying_queue",
]
