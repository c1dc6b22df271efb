"""Test the SQLite file: who creates it, and what happens when it is deleted or replaced."""

import shutil
import stat
from pathlib import Path

import pytest

from tests.unit.store.rows import add, admit, database_at, onboarding
from webapp.domain.errors import NotWritable
from webapp.store import migrate
from webapp.store.engine import make_engine
from webapp.store.errors import DatabaseUnavailable
from webapp.store.readiness import Readiness
from webapp.store.unit_of_work import Database


@pytest.fixture
def kind() -> str:
    return "sqlite"


@pytest.fixture
def path(address: str) -> Path:
    return Path(address.removeprefix("sqlite:///"))


def modes(folder: Path) -> set[str]:
    return {oct(stat.S_IMODE(path.stat().st_mode)) for path in folder.iterdir()}


def test_upgrade_creates_files_for_the_owner_only(tmp_path: Path):
    engine = make_engine(f"sqlite:///{tmp_path}/new.sqlite3")
    migrate.upgrade(engine)
    with engine.connect():
        assert modes(tmp_path) == {"0o600"}
    engine.dispose()


def test_reading_without_the_file_does_not_create_it(tmp_path: Path):
    command = r"DATABASE_URL names .*`python -m webapp database upgrade"
    with (
        database_at(f"sqlite:///{tmp_path}/a # b%20.sqlite3") as database,
        pytest.raises(DatabaseUnavailable, match=command),
        database.reading(),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/typo/new.sqlite3", "DATABASE_URL names a file in a folder that does not"),
        ("", "DATABASE_URL names a file that cannot be opened"),
    ],
)
def test_upgrade_of_an_impossible_file_creates_nothing(tmp_path: Path, path: str, problem: str):
    engine = make_engine(f"sqlite:///{tmp_path}{path}")
    with pytest.raises(DatabaseUnavailable, match=problem):
        migrate.upgrade(engine)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("writing", [False, True])
def test_reading_or_writing_a_moved_file_raises_until_it_is_back(database: Database, path, writing):
    ada = admit(database)
    path.rename(path.with_suffix(".away"))
    with (
        pytest.raises(NotWritable, match="DATABASE_URL is gone"),
        database.writing() if writing else database.reading(),
    ):
        pass
    assert not path.exists()
    assert "put the file back" in Readiness(database)()[0]
    path.with_suffix(".away").rename(path)
    add(database, onboarding(ada))


def test_writing_a_replaced_file_raises_and_changes_nothing(database: Database, path: Path):
    ada = admit(database)
    shutil.copy(path, path.with_suffix(".copy"))
    path.with_suffix(".copy").replace(path)
    with pytest.raises(NotWritable, match="has been replaced"):
        add(database, onboarding(ada))


def test_readiness_checks_the_database_once_a_second_at_most(database: Database, path: Path):
    ready = Readiness(database)
    assert ready() == []
    path.unlink()
    assert ready() == [], "the answer of a moment ago"
