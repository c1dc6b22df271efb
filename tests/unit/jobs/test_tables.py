"""The job library's tables: made by their owner, used by whoever may, and lost without harm."""

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from tests.support.eventually import eventually
from tests.support.postgres import shared
from tests.unit.cli.installation import Installation
from tests.unit.jobs.pretend_gateway import PretendGateway
from tests.unit.jobs.worker import ROOT, Worker
from webapp.domain.onboarding import Status
from webapp.jobs import tables
from webapp.store import migrate
from webapp.store.engine import make_engine

USER = "embed_server"


@pytest.fixture
def gateway() -> Iterator[PretendGateway]:
    with PretendGateway() as gateway:
        yield gateway


@pytest.fixture
def owners() -> Iterator[str]:
    """The address of an empty database, as its owner has it; `USER` may log in there."""
    address = shared().new_database(migrated=False)
    shared().execute(f"CREATE ROLE {USER} LOGIN")
    yield address
    shared().drop(address)
    shared().execute(f"DROP ROLE {USER}")


def reasons(worker: Worker) -> list[Any]:
    lines = [json.loads(line) for line in worker.log.splitlines() if line.startswith("{")]
    return [line.get("reason") for line in lines if line["event"] == "database_away"]


def execute(address: str, commands: str) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(commands)  # type: ignore[call-overload]


def grants() -> str:
    """As docs/operations.md has them."""
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    (block,) = re.findall(r"```sql\n(GRANT .*?)```", page, re.S)
    return str(block)


def test_a_user_who_may_make_no_tables_works_with_those_of_the_owner(
    owners: str, tmp_path: Path, gateway: PretendGateway
) -> None:
    engine = make_engine(owners)
    migrate.upgrade(engine)
    engine.dispose()
    users = make_url(owners).set(username=USER).render_as_string(hide_password=False)
    only_ours = grants().replace("public, dbos", "public").replace("SCHEMA dbos", "SCHEMA public")
    execute(owners, only_ours)

    installed = Installation(tmp_path, gateway.url, DATABASE_URL=users)
    row = installed.add()
    gateway.words[row.id] = "VERIFIED"
    with Worker(installed) as worker:
        eventually(lambda: "tables of the jobs: run" in str(reasons(worker)), seconds=60)
        assert "Traceback" not in worker.log
        tables.make(owners)
        execute(owners, grants())
        eventually(lambda: installed.row(row.id).status is Status.VERIFIED, seconds=60)
        assert worker.end(signal.SIGTERM) == 0


def test_a_damaged_file_is_named_and_deleting_it_is_all(
    tmp_path: Path, gateway: PretendGateway
) -> None:
    installed = Installation(tmp_path, gateway.url)
    installed.upgrade()
    row = installed.add()
    gateway.words[row.id] = "VERIFIED"
    damaged = installed.settings.instance_dir / "jobs.sqlite3"
    damaged.write_bytes(b"no database" * 1000)
    with Worker(installed) as worker:
        eventually(lambda: f"{damaged} is damaged: delete it" in str(reasons(worker)), seconds=60)
        damaged.unlink()
        eventually(lambda: installed.row(row.id).status is Status.VERIFIED, seconds=60)
        assert worker.end(signal.SIGTERM) == 0
