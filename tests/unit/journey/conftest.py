"""A house for each test, and Ada and Ben in it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.journey.house import House
from webapp.journey.views import Visitor
from webapp.store import migrate
from webapp.store.engine import make_engine


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "migrated.sqlite3"
    engine = make_engine(f"sqlite:///{path}")
    migrate.upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture
def address(migrated: Path, tmp_path: Path) -> str:
    path = tmp_path / "state.sqlite3"
    shutil.copy(migrated, path)
    return f"sqlite:///{path}"


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
