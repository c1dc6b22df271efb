"""Fixtures for SQLite and PostgreSQL databases, for import by a conftest."""

import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from tests.support.postgres import shared
from webapp.store import migrate
from webapp.store.engine import make_engine
from webapp.store.schema import metadata

__all__ = ["address", "kind", "migrated_postgres", "migrated_sqlite", "postgres"]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Engine]:
    """Return an engine on the default database of the PostgreSQL server."""
    address = make_url(shared().address()).set(drivername="postgresql+psycopg")
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "migrated.sqlite3"
    engine = make_engine(f"sqlite:///{path}")
    migrate.upgrade(engine)
    engine.dispose()
    return path


@cache
def _emptied() -> Engine:
    return make_engine(shared().new_database())


@pytest.fixture
def migrated_postgres() -> Engine:
    """Return a migrated PostgreSQL database; emptying it is faster than a new one."""
    engine = _emptied()
    with engine.begin() as connection:
        tables = ", ".join(metadata.tables)
        connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY"))
    engine.dispose()
    return engine


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def address(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """Return the path of a migrated SQLite file."""
    if kind == "sqlite":
        path = tmp_path / "state.sqlite3"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        return f"sqlite:///{path}"
    engine: Engine = request.getfixturevalue("migrated_postgres")
    return engine.url.render_as_string(hide_password=False)
