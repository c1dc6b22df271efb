"""A real jobs process with more due polls than it can make soon."""

import signal
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.eventually import eventually
from tests.unit.cli.installation import Installation
from tests.unit.jobs.fake_gateway import FakeGateway
from tests.unit.jobs.jobs_process import SHORT_REENQUEUE, Worker
from webapp.domain.onboarding import Onboarding, Status
from webapp.domain.schedule import PollReason
from webapp.jobs.process import MAX_IN_FLIGHT


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with FakeGateway() as gateway:
        yield gateway


@pytest.fixture
def installed(tmp_path: Path, gateway: FakeGateway) -> Installation:
    installation = Installation(tmp_path, gateway.url)
    installation.upgrade()
    return installation


def backlog(installed: Installation, gateway: FakeGateway, count: int) -> list[Onboarding]:
    """Add `count` onboardings that are overdue and verified at the gateway."""
    first = installed.add("first", next_poll_at=None)
    due = datetime.now(UTC) - timedelta(minutes=1)
    rows = [
        replace(
            first,
            id=str(uuid.uuid4()),
            flow=f"{n}",
            next_poll_at=due,
            poll_reason=str(PollReason.QUIET),
        )
        for n in range(count)
    ]
    with installed.parts() as parts, parts.database.writing() as work:
        for row in rows:
            work.onboardings.add(row)
    gateway.words = {row.id: "VERIFIED" for row in rows}
    return rows


def still_due(installed: Installation) -> int:
    with installed.parts() as parts:
        return len(parts.steps.gateway_poll.due_polls(1000))


def jobs(installed: Installation) -> list[tuple[str, str]]:
    """Return id and status of each job in the library's table."""
    path = installed.settings.instance_dir / "jobs.sqlite3"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute("SELECT workflow_uuid, status FROM workflow_status").fetchall()


def test_jobs_process_with_backlog_longer_than_reenqueue_polls_each_once(
    installed: Installation, gateway: FakeGateway
):
    rows = backlog(installed, gateway, 48)
    gateway.poll_seconds = 1.5
    with Worker(installed, SHORT_REENQUEUE) as worker:
        eventually(lambda: not still_due(installed), seconds=60, every=0.3)
        assert worker.end(signal.SIGTERM) == 0
    assert [gateway.polls_of(row.id) for row in rows] == [1] * len(rows)
    assert len(jobs(installed)) == len(rows)


def test_jobs_process_with_backlog_polls_a_fresh_onboarding_first(
    installed: Installation, gateway: FakeGateway
):
    backlog(installed, gateway, 300)
    gateway.poll_seconds = 0.3
    with Worker(installed):
        eventually(lambda: gateway.polls > 10, seconds=60)
        fresh = installed.add("ada", next_poll_at=datetime.now(UTC))
        gateway.words[fresh.id] = "VERIFIED"
        before = gateway.polls
        eventually(lambda: gateway.polls_of(fresh.id), seconds=60, every=0.01)
        assert gateway.polls - before < 3 * MAX_IN_FLIGHT
        assert still_due(installed) > 100


def test_recovered_job_whose_row_was_rescheduled_polls_nothing(
    installed: Installation, gateway: FakeGateway
):
    row = installed.add()
    gateway.held.clear()
    with Worker(installed) as worker:
        eventually(lambda: gateway.polls_of(row.id), seconds=60)
        assert worker.end(signal.SIGKILL) == -signal.SIGKILL
    gateway.held.set()
    ((recovered, _),) = jobs(installed)
    later = datetime.now(UTC) + timedelta(hours=1)
    with installed.parts() as parts, parts.database.writing() as work:
        work.onboardings.schedule_poll(row.id, later, PollReason.QUIET, 0)
    with Worker(installed):
        eventually(lambda: (recovered, "SUCCESS") in jobs(installed), seconds=60)
    assert gateway.polls_of(row.id) == 1
    assert installed.row(row.id).status is Status.STARTED
