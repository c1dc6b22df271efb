"""Seeds and figures of the tests of faults are told at the end, whatever comes of them."""

import os
import random
from collections.abc import Callable

import pytest

from tests.support.fleet import both, fleet

__all__ = ["both", "fleet"]

_told = pytest.StashKey[list[str]]()

Tell = Callable[[str], None]


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Tell:
    """Have a line said at the end of the run, with the name of the test."""
    lines = request.config.stash.setdefault(_told, [])
    return lambda line: lines.append(f"{request.node.name}: {line}")


@pytest.fixture
def seed(tell: Tell) -> int:
    """What decides by chance in this test; `FAULTS_SEED` repeats a run."""
    given = os.environ.get("FAULTS_SEED")
    chosen = int(given) if given else random.SystemRandom().randrange(10**9)
    tell(f"FAULTS_SEED={chosen}")
    return chosen


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if lines := config.stash.get(_told, None):
        terminalreporter.section("faults")
        for line in lines:
            terminalreporter.line(line)
