"""A jobs process as it really runs, while more is due than can be read soon."""

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
from tests.unit.jobs.pretend_gateway import PretendGateway
from tests.unit.jobs.worker import HASTY, Worker
from webapp.domain.onboarding import Onboarding, Status
from webapp.domain.schedule import PollReason
from webapp.jobs.process import IN_HAND


@pytest.fixture
def gateway() -> Iterator[PretendGateway]:
    with PretendGateway() as gateway:
        yield gateway


@pytest.fixture
def installed(tmp_path: Path, gateway: PretendGateway) -> Installation:
    installation = Installation(tmp_path, gateway.url)
    installation.upgrade()
    return installation


def backlog(installed: Installation, gateway: PretendGateway, count: int) -> list[Onboarding]:
    """Due since a minute ago by the slow schedule; all of them are verified by now."""
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
        return len(parts.steps.progress.due(1000))


def jobs(installed: Installation) -> list[tuple[str, str]]:
    """Id and state of each job there has been."""
    path = installed.settings.instance_dir / "jobs.sqlite3"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute("SELECT workflow_uuid, status FROM workflow_status").fetchall()


def test_each_is_read_once_although_most_wait_longer_than_until_a_job_is_made_anew(
    installed: Installation, gateway: PretendGateway
):
    rows = backlog(installed, gateway, 48)
    gateway.read_seconds = 1.5
    with Worker(installed, HASTY) as worker:
        eventually(lambda: not still_due(installed), seconds=60, every=0.3)
        assert worker.end(signal.SIGTERM) == 0
    assert [gateway.reads_of(row.id) for row in rows] == [1] * len(rows)
    assert len(jobs(installed)) == len(rows)


def test_who_has_just_come_back_does_not_wait_for_the_backlog(
    installed: Installation, gateway: PretendGateway
):
    backlog(installed, gateway, 300)
    gateway.read_seconds = 0.3
    with Worker(installed):
        eventually(lambda: gateway.reads > 10, seconds=60)
        fresh = installed.add("ada", next_poll_at=datetime.now(UTC))
        gateway.words[fresh.id] = "VERIFIED"
        before = gateway.reads
        eventually(lambda: gateway.reads_of(fresh.id), seconds=60, every=0.01)
        assert gateway.reads - before < 3 * IN_HAND
        assert still_due(installed) > 100, "there was something to wait for"


def test_a_job_left_over_reads_nothing_when_its_row_has_been_put_off_meanwhile(
    installed: Installation, gateway: PretendGateway
):
    row = installed.add()
    gateway.held.clear()
    with Worker(installed) as worker:
        eventually(lambda: gateway.reads_of(row.id), seconds=60)
        assert worker.end(signal.SIGKILL) == -signal.SIGKILL
    gateway.held.set()
    ((left_over, _),) = jobs(installed)
    later = datetime.now(UTC) + timedelta(hours=1)
    with installed.parts() as parts, parts.database.writing() as work:
        work.onboardings.plan(row.id, later, PollReason.QUIET, 0)
    with Worker(installed):
        eventually(lambda: (left_over, "SUCCESS") in jobs(installed), seconds=60)
    assert gateway.reads_of(row.id) == 1
    assert installed.row(row.id).status is Status.STARTED
