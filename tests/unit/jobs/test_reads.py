"""The jobs process over a real queue: what is due is read, whatever happens to it meanwhile."""

import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.eventually import eventually
from tests.unit.cli.installation import ANOTHER_KEY, MARKER, Installation
from tests.unit.jobs.pretend_gateway import PretendGateway
from tests.unit.jobs.worker import Worker
from webapp.domain.onboarding import Status
from webapp.jobs.tables import job_database
from webapp.store.sessions import Session


@pytest.fixture
def gateway() -> Iterator[PretendGateway]:
    with PretendGateway() as gateway:
        yield gateway


@pytest.fixture
def installed(tmp_path: Path, gateway: PretendGateway) -> Installation:
    installation = Installation(tmp_path, gateway.url)
    installation.upgrade()
    return installation


def reaches(installed: Installation, onboarding_id: str, status: Status) -> None:
    eventually(lambda: installed.row(onboarding_id).status is status, seconds=30)


def test_due_rows_are_read_and_nothing_of_a_person_gets_into_the_job_database(
    installed: Installation, gateway: PretendGateway
):
    before = installed.add("ada")
    refused = installed.add("olga")
    gateway.words = {before.id: "VERIFIED"}
    gateway.more = {"agent": MARKER, "rejectionReason": MARKER, "document": {"name": MARKER}}
    over = datetime.now(UTC) - timedelta(minutes=1)
    with installed.parts() as parts, parts.database.writing() as work:
        work.sessions.add(Session("old", before.person_id, "oidc", over), over)

    with Worker(installed) as worker:
        reaches(installed, before.id, Status.VERIFIED)
        later = installed.add("ben")  # while the process is waiting for work
        gateway.words[later.id] = "NOT_VERIFIED"
        reaches(installed, later.id, Status.REJECTED)
        eventually(lambda: gateway.reads_of(refused.id) > 1)
        assert gateway.reads_of(before.id) == 1
        assert worker.end(signal.SIGTERM) == 0

    assert installed.row(before.id).next_poll_at is None
    assert installed.row(refused.id).status is Status.STARTED
    with installed.parts() as parts, parts.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM sessions").scalar() == 0
    jobs = list(installed.settings.instance_dir.glob("jobs.sqlite3*"))
    lying = b"".join(path.read_bytes() for path in jobs)
    assert before.id.encode() in lying
    assert MARKER.encode() not in lying
    assert b"pretend-token" not in lying
    assert MARKER not in worker.log
    assert "Traceback" not in worker.log


def test_while_the_gateway_is_away_reads_are_postponed_and_made_later(
    installed: Installation, gateway: PretendGateway
):
    row = installed.add()
    gateway.words[row.id] = "VERIFIED"
    gateway.status = 503
    with Worker(installed):
        eventually(lambda: "gateway_away" in installed.events(row.id), seconds=40)
        assert installed.row(row.id).status is Status.STARTED
        gateway.status = 200
        reaches(installed, row.id, Status.VERIFIED)


def test_a_read_whose_process_is_killed_in_the_middle_is_made_by_the_next_one(
    installed: Installation, gateway: PretendGateway
):
    row = installed.add()
    gateway.words[row.id] = "VERIFIED"
    gateway.held.clear()
    with Worker(installed) as worker:
        eventually(lambda: gateway.reads_of(row.id), seconds=30)
        assert worker.end(signal.SIGKILL) == -signal.SIGKILL
    gateway.held.set()
    assert installed.row(row.id).status is Status.STARTED
    with Worker(installed) as worker:
        reaches(installed, row.id, Status.VERIFIED)
    assert "Traceback" not in worker.log


def test_a_row_that_no_key_opens_is_put_off_and_nobody_waits_for_it(
    installed: Installation, gateway: PretendGateway, tmp_path: Path
):
    stranger = Installation(tmp_path, gateway.url, DATA_KEYS=ANOTHER_KEY)
    sealed = stranger.add("ada").id
    row = installed.add("ben")
    gateway.words[row.id] = "VERIFIED"
    with Worker(installed) as worker:
        reaches(installed, row.id, Status.VERIFIED)
        eventually(lambda: "read_failed" in stranger.events(sealed), seconds=30)
    assert "WrongKey" in worker.log
    assert "Traceback" not in worker.log
    assert all(line.startswith("{") for line in worker.log.splitlines())


def test_the_library_keeps_its_jobs_beside_our_file_or_in_our_server(tmp_path: Path):
    assert job_database("sqlite:////x/state.sqlite3", tmp_path) == (
        f"sqlite:///{tmp_path / 'jobs.sqlite3'}"
    )
    assert job_database("postgresql://db/x", tmp_path) == "postgresql://db/x"
