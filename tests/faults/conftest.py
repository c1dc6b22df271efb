"""Fixtures of the fault tests: a random seed, and lines for the summary of the test run."""

import os
import random
from collections.abc import Callable

import pytest

from tests.conftest import FAULTS
from tests.support.fleet import both, fleet
from tests.support.gunicorn_server import installed, serving
from tests.support.read_only_check import check_read_only

__all__ = ["both", "fleet", "installed", "check_read_only", "serving"]

ReportLine = Callable[[str], None]


@pytest.fixture
def report_line(request: pytest.FixtureRequest) -> ReportLine:
    """Return a function that adds a line to the summary, below the name of the test."""
    # Properties are part of the report, so xdist transfers them from its workers.
    return lambda line: request.node.user_properties.append((FAULTS, line))


@pytest.fixture
def seed(report_line: ReportLine) -> int:
    """Return the seed of all random choices in this test; `FAULTS_SEED` repeats a run."""
    given = os.environ.get("FAULTS_SEED")
    chosen = int(given) if given else random.SystemRandom().randrange(10**9)
    report_line(f"FAULTS_SEED={chosen}")
    return chosen
