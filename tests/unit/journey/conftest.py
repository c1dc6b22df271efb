"""A house for each test, on SQLite and on PostgreSQL, and Ada and Ben in it."""
# ruff: noqa: F811 - a fixture is asked for by its name

from collections.abc import Iterator

import pytest

from tests.support.databases import (  # noqa: F401 - fixtures
    address,
    kind,
    migrated_postgres,
    migrated_sqlite,
    postgres,
)
from tests.unit.journey.house import House
from webapp.journey.views import Visitor


@pytest.fixture
def house(address: str) -> Iterator[House]:
    house = House(address)
    yield house
    house.close()


@pytest.fixture
def ada(house: House) -> Visitor:
    return house.visitor("ada")


@pytest.fixture
def ben(house: House) -> Visitor:
    return house.visitor("ben")
