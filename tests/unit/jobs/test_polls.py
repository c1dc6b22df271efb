"""A real jobs process makes due polls, through gateway failures, kills and unreadable rows."""

import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.eventually import eventually
from tests.unit.cli.installation import ANOTHER_KEY, MARKER, Installation
from tests.unit.jobs.fake_gateway import FakeGateway
from tests.unit.jobs.jobs_process import Worker
from webapp.domain.onboarding import Status
from webapp.jobs.job_library_tables import job_database
from webapp.store.login_sessions import Session


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with FakeGateway() as gateway:
        yield gateway


@pytest.fixture
def installed(tmp_path: Path, gateway: FakeGateway) -> Installation:
    installation = Installation(tmp_path, gateway.url)
    installation.upgrade()
    return installation


def wait_for_status(installed: Installation, onboarding_id: str, status: Status) -> None:
    eventually(lambda: installed.row(onboarding_id).status is status, seconds=30)


def test_jobs_process_polls_due_rows_and_stores_no_personal_data(
    installed: Installation, gateway: FakeGateway
):
    before = installed.add("ada")
    refused = installed.add("olga")
    gateway.words = {before.id: "VERIFIED"}
    gateway.more = {"agent": MARKER, "rejectionReason": MARKER, "document": {"name": MARKER}}
    over = datetime.now(UTC) - timedelta(minutes=1)
    with installed.parts() as parts, parts.database.writing() as work:
        work.sessions.add(Session("old", before.person_id, "oidc", over), over)

    with Worker(installed) as worker:
        wait_for_status(installed, before.id, Status.VERIFIED)
        later = installed.add("ben")  # while the process is waiting for work
        gateway.words[later.id] = "NOT_VERIFIED"
        wait_for_status(installed, later.id, Status.REJECTED)
        eventually(lambda: gateway.polls_of(refused.id) > 1)
        assert gateway.polls_of(before.id) == 1
        assert worker.end(signal.SIGTERM) == 0

    decided = installed.row(before.id)  # the next poll is for the recording
    assert decided.next_poll_at == decided.decided_at + timedelta(minutes=2)
    assert installed.row(refused.id).status is Status.STARTED
    with installed.parts() as parts, parts.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM sessions").scalar() == 0
    jobs = list(installed.settings.instance_dir.glob("jobs.sqlite3*"))
    stored = b"".join(path.read_bytes() for path in jobs)
    assert before.id.encode() in stored
    assert MARKER.encode() not in stored
    assert b"pretend-token" not in stored
    assert MARKER not in worker.log
    assert "Traceback" not in worker.log


def test_jobs_process_while_gateway_fails_postpones_polls(
    installed: Installation, gateway: FakeGateway
):
    row = installed.add()
    gateway.words[row.id] = "VERIFIED"
    gateway.status = 503
    with Worker(installed):
        eventually(lambda: "gateway_unavailable" in installed.events(row.id), seconds=40)
        assert installed.row(row.id).status is Status.STARTED
        gateway.status = 200
        wait_for_status(installed, row.id, Status.VERIFIED)


def test_jobs_process_killed_during_a_poll_is_replaced(
    installed: Installation, gateway: FakeGateway
):
    row = installed.add()
    gateway.words[row.id] = "VERIFIED"
    gateway.held.clear()
    with Worker(installed) as worker:
        eventually(lambda: gateway.polls_of(row.id), seconds=30)
        assert worker.end(signal.SIGKILL) == -signal.SIGKILL
    gateway.held.set()
    assert installed.row(row.id).status is Status.STARTED
    with Worker(installed) as worker:
        wait_for_status(installed, row.id, Status.VERIFIED)
    assert "Traceback" not in worker.log


def test_jobs_process_postpones_a_row_that_no_key_opens(
    installed: Installation, gateway: FakeGateway, tmp_path: Path
):
    foreign = Installation(tmp_path, gateway.url, DATA_KEYS=ANOTHER_KEY)
    sealed = foreign.add("ada").id
    row = installed.add("ben")
    gateway.words[row.id] = "VERIFIED"
    with Worker(installed) as worker:
        wait_for_status(installed, row.id, Status.VERIFIED)
        eventually(lambda: "poll_failed" in foreign.events(sealed), seconds=30)
    assert "WrongKey" in worker.log
    assert "Traceback" not in worker.log
    assert all(line.startswith("{") for line in worker.log.splitlines())


def test_job_database_is_own_file_on_sqlite_and_same_server_on_postgresql(tmp_path: Path):
    assert job_database("sqlite:////x/state.sqlite3", tmp_path) == (
        f"sqlite:///{tmp_path / 'jobs.sqlite3'}"
    )
    assert job_database("postgresql://db/x", tmp_path) == "postgresql://db/x"
