"""Results as files: saved atomically between notebooks, loaded exactly as they were."""

from riskmodels.results.loading import load, load_all, load_earlier
from riskmodels.results.saving import save

__all__ = ["load", "load_all", "load_earlier", "save"]
