"""The database is away, locked or full: nobody is told what is not true, and all goes on after."""

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

from tests.faults import notice_checks
from tests.faults.notice_load import Senders
from tests.support.eventually import eventually
from tests.support.postgres import Postgres, shared
from tests.support.server_processes import child_processes, jobs_process_of
from tests.support.stack import Person, Stack
from tests.support.user_journey import UserJourney, force_outcome, start_onboarding

#: What may come back in place of a 204 while the database is away.
TRY_AGAIN = 503
COMPANY: dict[str, Any] = {
    # A notice that is refused meanwhile may be the only one: the server soon asks by itself.
    "environment": {"RECONCILE_AFTER": "1s,2s,5s"},
    "leave_out": ("provider", "shop"),
}


@contextmanager
def notices_pouring_in(stack: Stack) -> Iterator[Senders]:
    """From before the trouble until after it; what has been acknowledged is there afterwards."""
    events = [(str(uuid.uuid4()), "VERIFIED") for _ in range(20_000)]
    senders = Senders(
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
    assert set(senders.record.answers) <= {204, TRY_AGAIN}, senders.record.answers
    assert notice_checks.missing(senders.record.acknowledged, stack.rows(notice_checks.INBOX)) == []


def ask(stack: Stack, path: str, seconds: float = 30) -> httpx.Response:
    token = stack.instance.secret("operations_token")
    return httpx.get(
        stack.server_url + path,
        headers={"Authorization": f"Bearer {token}"},
        timeout=seconds,
        trust_env=False,
        verify=False,
    )


def notice(stack: Stack) -> httpx.Response:
    return httpx.post(
        f"{stack.server_url}/webhooks/mobbscan",
        json={"verificationId": str(uuid.uuid4()), "status": "VERIFIED"},
        headers=stack.webhook_headers,
        timeout=30,
        trust_env=False,
        verify=False,
    )


def says_that_it_cannot_store(stack: Stack, senders: Senders) -> None:
    """The gateway, an operator and Ada are all told: not now."""
    refused = senders.record.answers[TRY_AGAIN]
    eventually(lambda: senders.record.answers[TRY_AGAIN] > refused + 5, seconds=60)
    answer = notice(stack)
    assert (answer.status_code, answer.content) == (TRY_AGAIN, b"")
    assert int(answer.headers["Retry-After"]) > 0
    ready = eventually(lambda: not_ready(stack))
    assert not ready["ready"]
    assert "DATABASE_URL" in " ".join(ready["problems"])
    assert ask(stack, "/healthz").status_code == 200


def not_ready(stack: Stack) -> dict[str, Any] | None:
    answer = ask(stack, "/readyz")
    return answer.json() if answer.status_code == 503 else None


def goes_on_by_itself(stack: Stack, walk: UserJourney) -> None:
    eventually(lambda: ask(stack, "/readyz").status_code == 200, seconds=60)
    walk.until("verified", seconds=60)
    assert walk.look().heading == "You are verified"


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """One that may be stopped: nobody else's rows are in it."""
    server = Postgres()
    yield server
    server.close()


@pytest.mark.parametrize("how", ["immediate", pytest.param("fast", marks=pytest.mark.nightly)])
def test_postgresql_stopped_and_started_again(
    own_postgres: Postgres, tmp_path_factory: pytest.TempPathFactory, how: str
) -> None:
    folder = tmp_path_factory.mktemp("outage")
    with Stack(folder, database=own_postgres, **COMPANY) as stack:
        walk = start_onboarding(stack, Person("ada", "Ada Lovelace", "en"))
        eventually(lambda: "jobs_started" in stack.logs("server"), seconds=60)
        processes = set(child_processes(stack))
        with notices_pouring_in(stack) as senders:
            own_postgres.stop(how)
            says_that_it_cannot_store(stack, senders)
            assert walk.browser.get(walk.url).status == TRY_AGAIN
            force_outcome(stack, walk.id, "passes")
            own_postgres.start()
            goes_on_by_itself(stack, walk)
        assert set(child_processes(stack)) == processes, "none of them had to be started again"


@contextmanager
def read_only(stack: Stack, server: Postgres, *, cut: bool) -> Iterator[None]:
    """As on a server that has become the standby of another: sessions are cut, new ones may read.

    `cut` once more when it is over; otherwise the server has to leave those by itself.
    """
    name = stack.rows("SELECT current_database() AS name")[0]["name"]
    server.execute(f"ALTER DATABASE {name} SET default_transaction_read_only TO on")
    end_sessions(stack)
    yield
    server.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    if cut:
        end_sessions(stack)


def end_sessions(stack: Stack) -> None:
    stack.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


@pytest.mark.parametrize("cut", [True, pytest.param(False, marks=pytest.mark.nightly)])
def test_postgresql_that_may_only_be_read_is_said_and_survived(
    tmp_path_factory: pytest.TempPathFactory, *, cut: bool
) -> None:
    folder = tmp_path_factory.mktemp("outage")
    with Stack(folder, database="postgresql", **COMPANY) as stack:
        walk = start_onboarding(stack, Person("ada", "Ada Lovelace", "en"))
        eventually(lambda: "jobs_started" in stack.logs("server"), seconds=60)
        processes = set(child_processes(stack))
        with notices_pouring_in(stack) as senders:
            with read_only(stack, shared(), cut=cut):
                force_outcome(stack, walk.id, "passes")
                says_that_it_cannot_store(stack, senders)
                assert "read-only" in " ".join((not_ready(stack) or {})["problems"])
                assert walk.look().status == 200, "what is stored can still be read"
                eventually(lambda: "database_away" in stack.logs("server"), seconds=60)
            goes_on_by_itself(stack, walk)
        assert set(child_processes(stack)) == processes, "none of them had to be started again"


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("outage")
    with Stack(folder, database="sqlite", **COMPANY) as stack:
        yield stack


@contextmanager
def locked(stack: Stack) -> Iterator[None]:
    """As a backup or somebody's shell holds it."""
    with closing(sqlite3.connect(stack.sqlite_file(), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_sqlite_locked_for_a_moment_is_waited_for(on_sqlite: Stack) -> None:
    walk = start_onboarding(on_sqlite, Person("ada-of-a-moment", "Ada Lovelace", "en"))
    with notices_pouring_in(on_sqlite) as senders:
        with locked(on_sqlite):
            time.sleep(0.3)  # who had the lock before us is done
            before = senders.acknowledged
            time.sleep(2)
            assert senders.acknowledged == before, "they wait"
        force_outcome(on_sqlite, walk.id, "passes")
        goes_on_by_itself(on_sqlite, walk)
    assert senders.record.answers[TRY_AGAIN] == 0


@pytest.mark.nightly
def test_sqlite_locked_for_long_is_said(on_sqlite: Stack) -> None:
    walk = start_onboarding(on_sqlite, Person("ada-of-long", "Ada Lovelace", "en"))
    with locked(on_sqlite):
        force_outcome(on_sqlite, walk.id, "passes")
        refused = notice(on_sqlite)
        assert (refused.status_code, refused.content) == (TRY_AGAIN, b"")
        assert int(refused.headers["Retry-After"]) > 0
        assert not_ready(on_sqlite)
    goes_on_by_itself(on_sqlite, walk)


@contextmanager
def disk_full(stack: Stack) -> Iterator[None]:
    """No byte can be written to any file any more, by any process of the server.

    A limit of the system does it, so it needs no right and no disk of its own. The one difference:
    writes fail with EFBIG in place of ENOSPC.
    """
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    _limit_files(stack, (0, hard))
    try:
        yield
    finally:
        _limit_files(stack, (hard, hard))


def _limit_files(stack: Stack, limits: tuple[int, int]) -> None:
    # The master first: who is born meanwhile takes after it.
    for each in (stack.children.by_name["server"].pid, *child_processes(stack)):
        resource.prlimit(each, resource.RLIMIT_FSIZE, limits)


def test_a_full_disk_is_said_and_survived(on_sqlite: Stack) -> None:
    walk = start_onboarding(on_sqlite, Person("ada-of-the-disk", "Ada Lovelace", "en"))
    with notices_pouring_in(on_sqlite) as senders:
        with disk_full(on_sqlite):
            force_outcome(on_sqlite, walk.id, "passes")
            says_that_it_cannot_store(on_sqlite, senders)
            assert walk.look().status == 200, "what is stored can still be read"
        goes_on_by_itself(on_sqlite, walk)


def test_the_jobs_wait_for_room_on_the_disk(on_sqlite: Stack) -> None:
    """Those that were at work, and those that are started meanwhile."""
    master = on_sqlite.children.by_name["server"].pid
    eventually(lambda: said(on_sqlite, "jobs_started"), seconds=60)
    walk = start_onboarding(on_sqlite, Person("ada-of-the-jobs", "Ada Lovelace", "en"))
    earlier = len(on_sqlite.logs("server").splitlines())
    with disk_full(on_sqlite):
        force_outcome(on_sqlite, walk.id, "passes")
        jobs = jobs_process_of(master)
        assert jobs is not None
        waits_ever_longer(on_sqlite, earlier)
        assert jobs_process_of(master) == jobs
        for path in on_sqlite.instance.state.glob("jobs.sqlite3*"):
            path.unlink()  # so that the next one has tables to make
        os.kill(jobs, signal.SIGKILL)
        started = len(on_sqlite.logs("server").splitlines())
        new = eventually(lambda: {jobs_process_of(master)} - {jobs, None}, seconds=60)
        waits_ever_longer(on_sqlite, started)
        assert {jobs_process_of(master)} == new
        assert said(on_sqlite, "jobs_started", started) == []
    goes_on_by_itself(on_sqlite, walk)
    assert len(said(on_sqlite, "jobs_started", started)) == 1
    assert len(eventually(lambda: said(on_sqlite, "database_back", started))) == 1
    assert {jobs_process_of(master)} == new
    lines = on_sqlite.logs("server").splitlines()[earlier:]
    assert [line for line in lines if not line.startswith("{")] == []


def waits_ever_longer(stack: Stack, first: int) -> None:
    eventually(lambda: len(said(stack, "database_away", first)) > 1, seconds=60)
    pauses = [line["pause_seconds"] for line in said(stack, "database_away", first)]
    assert pauses[:2] == [1.0, 2.0]


def said(stack: Stack, event: str, first: int = 0) -> list[dict[str, Any]]:
    """Lines of that event in the server's log, from its line number `first` on."""
    lines = stack.logs("server").splitlines()[first:]
    told = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
    return [line for line in told if line["event"] == event]
