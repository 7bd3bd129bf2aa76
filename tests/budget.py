"""What each test and each file costs: the slowest are printed, and one test beyond the budget fails the run.

Counted is processor time of the test and of the programs that it waited for; a fixture that several share is
counted with the first that asks for it, collection and what ends with its fixture with none. A processor
that is slow, or shared, takes up to three times as long for the same: the limit is in seconds of a usual
one, which is asked again in each module.
"""

import os
import time
from collections import Counter
from statistics import mean

import pytest

SHOWN, FILES = 15, 30
WARN_SECONDS = 20  # of processor time: worth a look
LIMIT_SECONDS = 60  # one such test holds up a worker longer than all others together
WHOLE_SECONDS = 180  # of a test of whole runs (slow, whole): one takes 75 to 115, a killed one is run again
USUAL_SECONDS = 0.0125  # of a usual processor, for adding up so many squares
SQUARES = 200_000
_PROPERTY, _SLOWNESS = "cpu_seconds", "slowness"
_spent: Counter[str] = Counter()
_whole: set[str] = set()
_slowness: list[float] = []


def _cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


_last = _cpu_seconds()
_module = ""


def _measured_slowness():
    """Say how many times as long as a usual processor this one takes now."""
    begin = time.process_time()
    sum(number * number for number in range(SQUARES))
    return (time.process_time() - begin) / USUAL_SECONDS


@pytest.hookimpl(trylast=True)
def pytest_collection_finish():
    """Count from here: what was collected is no test's."""
    global _last  # noqa: PLW0603  of this worker
    _last = _cpu_seconds()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Note in the report of each phase what was spent since the one before."""
    global _last, _module  # noqa: PLW0603  of this worker
    report = yield
    if call.when != "teardown":  # kernels of all tests end, and are counted, with the last one's
        report.user_properties.append((_PROPERTY, _cpu_seconds() - _last))
    module = item.nodeid.partition("::")[0]
    if module != _module:
        report.user_properties.append((_SLOWNESS, _measured_slowness()))
        _module = module
    _last = _cpu_seconds()
    return report


def pytest_runtest_logreport(report):
    _spent[report.nodeid] += sum(value for name, value in report.user_properties if name == _PROPERTY)
    if {"slow", "whole"} & set(report.keywords):
        _whole.add(report.nodeid)
    _slowness.extend(value for name, value in report.user_properties if name == _SLOWNESS)


def pytest_terminal_summary(terminalreporter):
    terminalreporter.section(f"{SHOWN} slowest tests, seconds of processor time")
    for name, seconds in _spent.most_common(SHOWN):
        over = f"  more than {WARN_SECONDS}" if seconds > WARN_SECONDS else ""
        terminalreporter.line(f"{seconds:7.1f}  {name}{over}")
    files: Counter[str] = Counter()
    for name, seconds in _spent.items():
        files[name.partition("::")[0]] += seconds
    terminalreporter.section("files that take most of them")
    for name, seconds in files.most_common(FILES):
        terminalreporter.line(f"{seconds:7.1f}  {name}")
    terminalreporter.line(f"{sum(_spent.values()) / 60:7.1f}  minutes in all")
    terminalreporter.line(f"{mean(_slowness or [1.0]):7.1f}  times as long as on a usual processor")


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session):
    slowness = max(mean(_slowness or [1.0]), 1.0)
    limits = {name: WHOLE_SECONDS if name in _whole else LIMIT_SECONDS for name in _spent}
    over = [name for name, seconds in _spent.items() if seconds > limits[name] * slowness]
    result = yield
    if over and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    return result
