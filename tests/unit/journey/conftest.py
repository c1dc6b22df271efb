"""Fixtures: a journey harness on SQLite and on PostgreSQL, with the visitors Ada and Ben."""
# ruff: noqa: F811 - a fixture is asked for by its name

from collections.abc import Iterator

import pytest

from tests.support.databases import address, kind, migrated_postgres, migrated_sqlite, postgres  # noqa: F401 - fixtures
from tests.unit.journey.harness import JourneyHarness
from webapp.journey.views import Visitor


@pytest.fixture
def harness(address: str) -> Iterator[JourneyHarness]:
    harness = JourneyHarness(address)
    yield harness
    harness.close()


@pytest.fixture
def ada(harness: JourneyHarness) -> Visitor:
    return harness.visitor("ada")


@pytest.fixture
def ben(harness: JourneyHarness) -> Visitor:
    return harness.visitor("ben")


@pytest.fixture
def adas(harness: JourneyHarness, ada: Visitor) -> str:
    """Return the id of Ada's started onboarding."""
    return harness.begin(ada)
