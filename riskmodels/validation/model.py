"""Which public functions are models, so that none is without a row in the inventory."""

from importlib import import_module

from riskmodels.parameters.models import Models

ROOMS = (  # whose public functions estimate, predict or judge: each is named by a model, or below
    *("backtesting", "causes", "comparisons", "effects", "forecasting", "losses", "rates", "register"),
    *("scorecard", "stresstest", "surveillance", "validation"),
)
NO_MODELS = {  # public functions of these rooms that estimate nothing, and why
    "effects.load_incident_scenarios": "reads files",
    "losses.inflate_to": "prices of other years, by an index that is given",
    "stresstest.read_macro_path": "reads a file",
    "surveillance.last_day": "a day of the data",
    "validation.models_without_row": "looks at the inventory itself",
    "validation.validate_models": "looks at the models",
}


def model_functions() -> list[str]:
    """Name the public functions that are models, as ``room.function``."""
    rooms = {room: import_module(f"riskmodels.{room}") for room in ROOMS}
    names = [
        f"{room}.{name}"
        for room, module in rooms.items()
        for name in getattr(module, "__all__", ())
        if name[0].islower() and callable(getattr(module, name))
    ]
    return [name for name in names if name not in NO_MODELS]


def models_without_row(models: Models) -> list[str]:
    """Name the public functions that are models and that no row of an inventory names."""
    named = {function for one in models.models for function in one.functions}
    return [name for name in model_functions() if name not in named]


def unknown_functions(models: Models) -> list[str]:
    """Name the functions of an inventory that are not there."""
    named = dict.fromkeys(function for one in models.models for function in one.functions)
    return [name for name in named if not _is_there(name)]


def _is_there(function: str) -> bool:
    room, _, name = function.partition(".")
    try:
        return callable(getattr(import_module(f"riskmodels.{room}"), name, None))
    except ModuleNotFoundError:
        return False
