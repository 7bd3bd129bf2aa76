"""What if: scenarios carried through to complaints, indicators and ratings."""

from riskmodels.stresstest.propagation import StressTest, stress

__all__ = ["StressTest", "stress"]
