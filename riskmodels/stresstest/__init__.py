"""What if: scenarios carried through to complaints, indicators, units, losses and ratings."""

from riskmodels.stresstest.macro import MacroPath, read_macro_path
from riskmodels.stresstest.outcome import StressTest
from riskmodels.stresstest.propagation import stress
from riskmodels.stresstest.sensitivities import MacroSensitivity, estimate_sensitivities

__all__ = [
    "MacroPath",
    "MacroSensitivity",
    "StressTest",
    "estimate_sensitivities",
    "read_macro_path",
    "stress",
]
