"""Seeds and figures of the tests of faults are told at the end, whatever comes of them."""

import os
import random
from collections.abc import Callable

import pytest

from tests.support.fleet import both, fleet
from tests.support.served import installed, serving

__all__ = ["both", "fleet", "installed", "serving"]

_TOLD = "faults"

Tell = Callable[[str], None]


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Tell:
    """Have a line said at the end of the run, below the name of the test."""
    # Properties travel with the report, from the processes that share a run as well.
    return lambda line: request.node.user_properties.append((_TOLD, line))


@pytest.fixture
def seed(tell: Tell) -> int:
    """What decides by chance in this test; `FAULTS_SEED` repeats a run."""
    given = os.environ.get("FAULTS_SEED")
    chosen = int(given) if given else random.SystemRandom().randrange(10**9)
    tell(f"FAULTS_SEED={chosen}")
    return chosen


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    told: dict[str, list[str]] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if lines := [
                line for key, line in getattr(report, "user_properties", ()) if key == _TOLD
            ]:
                told[report.nodeid] = max(told.get(report.nodeid, []), lines, key=len)
    if told:
        terminalreporter.section("faults")
    for test, lines in told.items():
        terminalreporter.line(test)
        for line in lines:
            terminalreporter.line(f"    {line}")
