"""Fixtures that run each store test on SQLite and on a real PostgreSQL."""
# ruff: noqa: F811 - a fixture is asked for by its name

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from tests.support.databases import address, kind, migrated_postgres, migrated_sqlite, postgres  # noqa: F401 - fixtures
from tests.unit.store.rows import KEY
from webapp.store.column_types import Cipher
from webapp.store.engine import make_engine
from webapp.store.unit_of_work import Database


@pytest.fixture
def empty_address(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """Return the URL of a database without tables."""
    if kind == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    postgres: Engine = request.getfixturevalue("postgres")
    with postgres.connect() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    return postgres.url.render_as_string(hide_password=False)


@pytest.fixture
def empty(empty_address: str) -> Iterator[Engine]:
    engine = make_engine(empty_address)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(address: str) -> Iterator[Engine]:
    engine = make_engine(address)
    yield engine
    engine.dispose()


@pytest.fixture
def database(engine: Engine) -> Database:
    return Database(engine, Cipher([KEY]))
