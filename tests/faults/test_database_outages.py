"""The database is stopped, read-only, locked, or its disk is full: correct answers, recovery."""

import json
import os
import resource
import signal
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import httpx
import pytest

from tests.faults.notice_checks import SELECT_INBOX, missing_notices
from tests.faults.notice_load import NoticeSenders
from tests.support.eventually import eventually
from tests.support.postgres import Postgres, shared
from tests.support.server_processes import child_processes, jobs_process_of
from tests.support.stack import Person, Stack
from tests.support.user_journey import UserJourney, force_outcome, start_onboarding

#: Answer to a notice that cannot be stored.
UNAVAILABLE = 503
STACK_OPTIONS: dict[str, Any] = {
    # The only notice about a process may be refused during the outage: the server polls soon.
    "environment": {"RECONCILE_AFTER": "1s,2s,5s"},
    "leave_out": ("provider", "shop"),
}


@contextmanager
def notices_sent_throughout(stack: Stack) -> Iterator[NoticeSenders]:
    """Send notices before, during and after the outage; acknowledged ones must be stored."""
    events = [(str(uuid.uuid4()), "VERIFIED") for _ in range(20_000)]
    senders = NoticeSenders(
        stack.addresses.server,
        stack.webhook_headers,
        events,
        lambda _: None,
        clients=4,
        per_second=40,
        enough=len(events),
        seconds=120,
    )
    with senders:
        eventually(lambda: senders.acknowledged > 5, seconds=30)
        yield senders
        before = senders.acknowledged
        eventually(lambda: senders.acknowledged > before + 5, seconds=60)
    assert set(senders.record.answers) <= {204, UNAVAILABLE}, senders.record.answers
    assert missing_notices(senders.record.acknowledged, stack.rows(SELECT_INBOX)) == []


def get_as_operator(stack: Stack, path: str, seconds: float = 30) -> httpx.Response:
    token = stack.instance.secret("operations_token")
    return httpx.get(
        stack.server_url + path,
        headers={"Authorization": f"Bearer {token}"},
        timeout=seconds,
        trust_env=False,
        verify=False,
    )


def post_notice(stack: Stack) -> httpx.Response:
    return httpx.post(
        f"{stack.server_url}/webhooks/mobbscan",
        json={"verificationId": str(uuid.uuid4()), "status": "VERIFIED"},
        headers=stack.webhook_headers,
        timeout=30,
        trust_env=False,
        verify=False,
    )


def assert_unavailable(stack: Stack, senders: NoticeSenders) -> None:
    """Notices get a 503 with Retry-After, /readyz names the database, /healthz stays well."""
    refused = senders.record.answers[UNAVAILABLE]
    eventually(lambda: senders.record.answers[UNAVAILABLE] > refused + 5, seconds=60)
    answer = post_notice(stack)
    assert (answer.status_code, answer.content) == (UNAVAILABLE, b"")
    assert int(answer.headers["Retry-After"]) > 0
    ready = eventually(lambda: not_ready(stack))
    assert not ready["ready"]
    assert "DATABASE_URL" in " ".join(ready["problems"])
    assert get_as_operator(stack, "/healthz").status_code == 200


def not_ready(stack: Stack) -> dict[str, Any] | None:
    answer = get_as_operator(stack, "/readyz")
    return answer.json() if answer.status_code == 503 else None


def assert_recovers(stack: Stack, journey: UserJourney) -> None:
    eventually(lambda: get_as_operator(stack, "/readyz").status_code == 200, seconds=60)
    journey.until("verified", seconds=60)
    assert journey.look().heading == "You are verified"


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """Return a PostgreSQL server of this test, which may stop it."""
    server = Postgres()
    yield server
    server.close()


@pytest.mark.parametrize(
    "stop_mode", ["immediate", pytest.param("fast", marks=pytest.mark.nightly)]
)
def test_postgresql_restart_loses_no_notice_and_recovers(
    own_postgres: Postgres, tmp_path_factory: pytest.TempPathFactory, stop_mode: str
) -> None:
    folder = tmp_path_factory.mktemp("outage")
    with Stack(folder, database=own_postgres, **STACK_OPTIONS) as stack:
        journey = start_onboarding(stack, Person("ada", "Ada Lovelace", "en"))
        eventually(lambda: "jobs_started" in stack.logs("server"), seconds=60)
        processes = set(child_processes(stack))
        with notices_sent_throughout(stack) as senders:
            own_postgres.stop(stop_mode)
            assert_unavailable(stack, senders)
            assert journey.browser.get(journey.url).status == UNAVAILABLE
            force_outcome(stack, journey.id, "passes")
            own_postgres.start()
            assert_recovers(stack, journey)
        assert set(child_processes(stack)) == processes, "no process was restarted"


@contextmanager
def read_only(stack: Stack, server: Postgres, *, end_sessions_after: bool) -> Iterator[None]:
    """End all sessions and allow only reads, as on a server that has become a standby.

    With `end_sessions_after` the read-only sessions are ended too, otherwise the tested server
    must replace them.
    """
    name = stack.rows("SELECT current_database() AS name")[0]["name"]
    server.execute(f"ALTER DATABASE {name} SET default_transaction_read_only TO on")
    end_sessions(stack)
    yield
    server.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    if end_sessions_after:
        end_sessions(stack)


def end_sessions(stack: Stack) -> None:
    stack.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


@pytest.mark.parametrize(
    "end_sessions_after", [True, pytest.param(False, marks=pytest.mark.nightly)]
)
def test_read_only_postgresql_is_reported_and_recovers(
    tmp_path_factory: pytest.TempPathFactory, *, end_sessions_after: bool
) -> None:
    folder = tmp_path_factory.mktemp("outage")
    with Stack(folder, database="postgresql", **STACK_OPTIONS) as stack:
        journey = start_onboarding(stack, Person("ada", "Ada Lovelace", "en"))
        eventually(lambda: "jobs_started" in stack.logs("server"), seconds=60)
        processes = set(child_processes(stack))
        with notices_sent_throughout(stack) as senders:
            with read_only(stack, shared(), end_sessions_after=end_sessions_after):
                force_outcome(stack, journey.id, "passes")
                assert_unavailable(stack, senders)
                assert "read-only" in " ".join((not_ready(stack) or {})["problems"])
                assert journey.look().status == 200, "stored rows can still be read"
                eventually(lambda: "database_connection_lost" in stack.logs("server"), seconds=60)
            assert_recovers(stack, journey)
        assert set(child_processes(stack)) == processes, "no process was restarted"


@pytest.fixture(scope="module")
def sqlite_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("outage")
    with Stack(folder, database="sqlite", **STACK_OPTIONS) as stack:
        yield stack


@contextmanager
def locked(stack: Stack) -> Iterator[None]:
    """Hold the write lock, as a backup or a shell may do."""
    with closing(sqlite3.connect(stack.sqlite_file(), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_short_sqlite_lock_delays_notices(sqlite_stack: Stack) -> None:
    journey = start_onboarding(sqlite_stack, Person("ada-of-a-moment", "Ada Lovelace", "en"))
    with notices_sent_throughout(sqlite_stack) as senders:
        with locked(sqlite_stack):
            time.sleep(0.3)  # transactions from before the lock have ended
            before = senders.acknowledged
            time.sleep(2)
            assert senders.acknowledged == before, "notices wait for the lock"
        force_outcome(sqlite_stack, journey.id, "passes")
        assert_recovers(sqlite_stack, journey)
    assert senders.record.answers[UNAVAILABLE] == 0


@pytest.mark.nightly
def test_long_sqlite_lock_is_reported_and_recovers(sqlite_stack: Stack) -> None:
    journey = start_onboarding(sqlite_stack, Person("ada-of-long", "Ada Lovelace", "en"))
    with locked(sqlite_stack):
        force_outcome(sqlite_stack, journey.id, "passes")
        refused = post_notice(sqlite_stack)
        assert (refused.status_code, refused.content) == (UNAVAILABLE, b"")
        assert int(refused.headers["Retry-After"]) > 0
        assert not_ready(sqlite_stack)
    assert_recovers(sqlite_stack, journey)


@contextmanager
def disk_full(stack: Stack) -> Iterator[None]:
    """Forbid all processes of the server to write to any file, by a resource limit.

    This needs neither privileges nor a small disk. Difference: writes fail with EFBIG, not ENOSPC.
    """
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    _limit_files(stack, (0, hard))
    try:
        yield
    finally:
        _limit_files(stack, (hard, hard))


def _limit_files(stack: Stack, limits: tuple[int, int]) -> None:
    # The master first: processes that it forks meanwhile inherit the limit.
    for each in (stack.children.by_name["server"].pid, *child_processes(stack)):
        resource.prlimit(each, resource.RLIMIT_FSIZE, limits)


def test_full_disk_is_reported_and_recovers(sqlite_stack: Stack) -> None:
    journey = start_onboarding(sqlite_stack, Person("ada-of-the-disk", "Ada Lovelace", "en"))
    with notices_sent_throughout(sqlite_stack) as senders:
        with disk_full(sqlite_stack):
            force_outcome(sqlite_stack, journey.id, "passes")
            assert_unavailable(sqlite_stack, senders)
            assert journey.look().status == 200, "stored rows can still be read"
        assert_recovers(sqlite_stack, journey)


@pytest.mark.nightly
def test_jobs_process_waits_while_disk_is_full(sqlite_stack: Stack) -> None:
    """The running jobs process waits, and so does one that starts while the disk is full."""
    master = sqlite_stack.children.by_name["server"].pid
    eventually(lambda: log_lines(sqlite_stack, "jobs_started"), seconds=60)
    journey = start_onboarding(sqlite_stack, Person("ada-of-the-jobs", "Ada Lovelace", "en"))
    first_line = len(sqlite_stack.logs("server").splitlines())
    with disk_full(sqlite_stack):
        force_outcome(sqlite_stack, journey.id, "passes")
        jobs = jobs_process_of(master)
        assert jobs is not None
        assert_pauses_grow(sqlite_stack, first_line)
        assert jobs_process_of(master) == jobs
        for path in sqlite_stack.instance.state.glob("jobs.sqlite3*"):
            path.unlink()  # the next process must create its tables
        os.kill(jobs, signal.SIGKILL)
        restart_line = len(sqlite_stack.logs("server").splitlines())
        new = eventually(lambda: {jobs_process_of(master)} - {jobs, None}, seconds=60)
        assert_pauses_grow(sqlite_stack, restart_line)
        assert {jobs_process_of(master)} == new
        assert log_lines(sqlite_stack, "jobs_started", restart_line) == []
    assert_recovers(sqlite_stack, journey)
    assert len(log_lines(sqlite_stack, "jobs_started", restart_line)) == 1
    restored = eventually(
        lambda: log_lines(sqlite_stack, "database_connection_restored", restart_line)
    )
    assert len(restored) == 1
    assert {jobs_process_of(master)} == new
    lines = sqlite_stack.logs("server").splitlines()[first_line:]
    assert [line for line in lines if not line.startswith("{")] == []


def assert_pauses_grow(stack: Stack, first: int) -> None:
    eventually(lambda: len(log_lines(stack, "database_connection_lost", first)) > 1, seconds=60)
    pauses = [line["pause_seconds"] for line in log_lines(stack, "database_connection_lost", first)]
    assert pauses[:2] == [1.0, 2.0]


def log_lines(stack: Stack, event: str, first: int = 0) -> list[dict[str, Any]]:
    """Return the log lines of this event from line number `first` on."""
    lines = stack.logs("server").splitlines()[first:]
    events = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
    return [line for line in events if line["event"] == event]
