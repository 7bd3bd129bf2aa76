"""The exceptions of riskmodels.

    RiskModelsError           the root: catch this to catch all of them
    ├── ParameterError        a policy, scenario, source or run file, or an argument, is not as it must be
    ├── ContractError         a source does not keep the contract of a table
    ├── ResultError           a saved result or stored table is missing, damaged or of another kind
    ├── RunError              a notebook failed while a run executed it
    └── MissingPartError      an optional part of the installation is not there

What fails a *row* is not here: it is counted in the rejected rows of its table. What fails the *policy*
is a finding.
"""

from typing import ClassVar

from riskmodels.privacy import mask_personal_data

_LONGEST = 10_000  # characters of a message: names in it come from files, and may be as long as these


class RiskModelsError(Exception):
    """Say what is wrong, where, what was expected and what to do; personal data is masked.

    Attributes
    ----------
    exit_status : int
        What the command line exits with; one for each leaf.
    """

    exit_status: ClassVar[int] = 1

    def __init__(self, message: str) -> None:
        shown = message if len(message) <= _LONGEST else f"{message[:_LONGEST]}…"
        super().__init__(mask_personal_data(shown))


class ParameterError(RiskModelsError):
    """A parameter file or an argument is not as it must be."""

    exit_status = 3


class ContractError(RiskModelsError):
    """A source does not keep the contract of a canonical table."""

    exit_status = 4


class ResultError(RiskModelsError):
    """A saved result or a stored table is missing, damaged or of another kind."""

    exit_status = 5


class RunError(RiskModelsError):
    """A notebook failed while a run executed it."""

    exit_status = 6


class MissingPartError(RiskModelsError):
    """An optional part of the installation is not there; the message says how to get it."""

    exit_status = 7
