"""The file of an SQLite database: made on purpose only, and missed when it is gone."""

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


def test_an_upgrade_makes_files_for_their_owner_only(tmp_path: Path):
    engine = make_engine(f"sqlite:///{tmp_path}/new.sqlite3")
    migrate.upgrade(engine)
    with engine.connect():
        assert modes(tmp_path) == {"0o600"}
    engine.dispose()


def test_only_an_upgrade_makes_one(tmp_path: Path):
    with (
        database_at(f"sqlite:///{tmp_path}/a # b%20.sqlite3") as database,
        pytest.raises(
            DatabaseUnavailable, match=r"DATABASE_URL names .*`python -m webapp database upgrade"
        ),
        database.reading(),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_does_not_exist_is_not_made(tmp_path: Path):
    engine = make_engine(f"sqlite:///{tmp_path}/typo/new.sqlite3")
    with pytest.raises(
        DatabaseUnavailable, match="DATABASE_URL names a file in a folder that does not"
    ):
        migrate.upgrade(engine)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_files_place_is_named(tmp_path: Path):
    engine = make_engine(f"sqlite:///{tmp_path}")
    with pytest.raises(
        DatabaseUnavailable, match="DATABASE_URL names a file that cannot be opened"
    ):
        migrate.upgrade(engine)


@pytest.mark.parametrize("writing", [False, True])
def test_a_deleted_file_is_noticed_and_not_made_anew(database: Database, path: Path, writing):
    add(database, onboarding(admit(database)))
    for each in path.parent.glob(f"{path.name}*"):
        each.unlink()
    with (
        pytest.raises(NotWritable, match="DATABASE_URL is gone"),
        database.writing() if writing else database.reading(),
    ):
        pass
    assert not path.exists()
    assert "put the file back" in Readiness(database)()[0]


def test_a_replaced_file_is_noticed_and_nothing_is_written_to_it(database: Database, path: Path):
    ada = admit(database)
    shutil.copy(path, path.with_suffix(".copy"))
    path.with_suffix(".copy").replace(path)
    with pytest.raises(NotWritable, match="has been replaced"):
        add(database, onboarding(ada))


def test_a_file_put_back_is_used_again(database: Database, path: Path):
    ada = admit(database)
    path.rename(path.with_suffix(".away"))
    with pytest.raises(NotWritable):
        add(database, onboarding(ada))
    path.with_suffix(".away").rename(path)
    add(database, onboarding(ada))


def test_readiness_is_asked_of_the_database_once_a_second_at_most(database: Database, path: Path):
    ready = Readiness(database)
    assert ready() == []
    path.unlink()
    assert ready() == [], "the answer of a moment ago"
