"""Seeds and figures of the tests of faults are told at the end (tests/conftest.py)."""

import os
import random
from collections.abc import Callable

import pytest

from tests.conftest import FAULTS
from tests.support.fleet import both, fleet
from tests.support.gunicorn_server import installed, serving
from tests.support.read_only_check import check_read_only

__all__ = ["both", "fleet", "installed", "check_read_only", "serving"]

Tell = Callable[[str], None]


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Tell:
    """Have a line said at the end of the run, below the name of the test."""
    # Properties travel with the report, from the processes that share a run as well.
    return lambda line: request.node.user_properties.append((FAULTS, line))


@pytest.fixture
def seed(tell: Tell) -> int:
    """What decides by chance in this test; `FAULTS_SEED` repeats a run."""
    given = os.environ.get("FAULTS_SEED")
    chosen = int(given) if given else random.SystemRandom().randrange(10**9)
    tell(f"FAULTS_SEED={chosen}")
    return chosen
