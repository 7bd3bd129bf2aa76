"""What each test costs: the slowest are printed, and one beyond the budget fails the run.

Counted is processor time, which a busy machine does not change much, of the test and of the programs that it
waited for; a fixture that several share is counted with the first that asks for it.
"""

import os
from collections import Counter

import pytest

SHOWN = 15
WARN_SECONDS = 20  # of processor time: worth a look
LIMIT_SECONDS = 60  # one such test holds up a worker longer than all others together
_PROPERTY = "cpu_seconds"
_spent: Counter[str] = Counter()


def _cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


_last = _cpu_seconds()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Note in the report of each phase what was spent since the one before."""
    global _last  # noqa: PLW0603  of this worker
    report = yield
    now = _cpu_seconds()
    report.user_properties.append((_PROPERTY, now - _last))
    _last = now
    return report


def pytest_runtest_logreport(report):
    _spent[report.nodeid] += sum(value for name, value in report.user_properties if name == _PROPERTY)


def pytest_terminal_summary(terminalreporter):
    terminalreporter.section(f"{SHOWN} slowest tests, seconds of processor time")
    for name, seconds in _spent.most_common(SHOWN):
        over = f"  more than {WARN_SECONDS}" if seconds > WARN_SECONDS else ""
        terminalreporter.line(f"{seconds:7.1f}  {name}{over}")
    terminalreporter.line(f"{sum(_spent.values()) / 60:7.1f}  minutes in all")


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session):
    over = [name for name, seconds in _spent.items() if seconds > LIMIT_SECONDS]
    result = yield
    if over and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    return result
