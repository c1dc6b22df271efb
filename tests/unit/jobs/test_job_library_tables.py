"""The job library's tables: created by their owner, used with grants, lost without harm."""

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
from tests.unit.jobs.fake_gateway import FakeGateway
from tests.unit.jobs.jobs_process import ROOT, Worker
from webapp.domain.onboarding import Status
from webapp.jobs import job_library_tables
from webapp.store import migrate
from webapp.store.engine import make_engine

USER = "embed_server"


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with FakeGateway() as gateway:
        yield gateway


@pytest.fixture
def owners() -> Iterator[str]:
    """URL of an empty database for its owner; `USER` may log in there."""
    address = shared().new_database(migrated=False)
    shared().execute(f"CREATE ROLE {USER} LOGIN")
    yield address
    shared().drop(address)
    shared().execute(f"DROP ROLE {USER}")


def reasons(worker: Worker) -> list[Any]:
    lines = [json.loads(line) for line in worker.log.splitlines() if line.startswith("{")]
    return [line.get("reason") for line in lines if line["event"] == "database_connection_lost"]


def execute(address: str, commands: str) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(commands)  # type: ignore[call-overload]


def grants() -> str:
    """Return the statements of docs/operations.md."""
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    (block,) = re.findall(r"```sql\n(GRANT .*?)```", page, re.S)
    return str(block)


def test_jobs_process_without_create_right_works_after_owner_creates_tables(
    owners: str, tmp_path: Path, gateway: FakeGateway
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
        job_library_tables.create(owners)
        execute(owners, grants())
        eventually(lambda: installed.row(row.id).status is Status.VERIFIED, seconds=60)
        assert worker.end(signal.SIGTERM) == 0


def test_jobs_process_with_damaged_file_names_it_and_recovers_after_deletion(
    tmp_path: Path, gateway: FakeGateway
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
