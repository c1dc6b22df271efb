"""Limits of a real server with several web workers, and of two servers on one database."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from sqlalchemy import Engine

from tests.support.eventually import eventually
from tests.support.gunicorn_server import SERVE, GunicornServer, Serving
from tests.unit.cli.installation import Installation

COMMAND = [*SERVE, "--no-jobs"]


def statuses(server: GunicornServer, count: int, peer: str) -> Counter[int]:
    """Send bad hand-offs from the address `peer`, and count the answers by status."""

    def attempt(_: int) -> int:
        # A connection of its own each time, so that all workers get some of them.
        address = "http://{}:{}/handoff?token=garbage".format(*server.address)
        headers = {"X-Forwarded-For": peer, "Connection": "close"}
        return httpx.get(
            address, headers=headers, trust_env=False, timeout=60, verify=False
        ).status_code

    with ThreadPoolExecutor(4) as pool:
        return Counter(pool.map(attempt, range(count)))


def within_one_minute(check: Callable[[str], None]) -> None:
    """Run `check` with a new client address until it has ended in the minute in which it began.

    When the minute changes, old attempts begin to count less, and exact numbers cannot be expected.
    """
    for number in range(1, 6):
        began = time.time() // 60
        failure: AssertionError | None = None
        try:
            check(f"203.0.113.{number}")
        except AssertionError as error:
            failure = error
        if time.time() // 60 == began:
            if failure is not None:
                raise failure
            return
    raise AssertionError("no attempt ended within a minute")


@pytest.mark.both_databases
def test_limit_holds_over_all_workers_within_seconds(serving: Serving, address: str) -> None:
    environ = {"DATABASE_URL": address, "TRUSTED_PROXY_HOPS": "1", "WEB_CONCURRENCY": "3"}
    server = serving(COMMAND, **environ).ready()

    def check(peer: str) -> None:
        found = statuses(server, 120, peer)
        assert found[401] <= 90, "each worker allows 30 before it knows of the others"
        eventually(lambda: statuses(server, 12, peer) == {429: 12}, seconds=20)
        assert statuses(server, 1, "192.0.2.2") == {401: 1}

    within_one_minute(check)


def test_limit_holds_over_two_nodes_on_one_postgresql(
    serving: Serving, migrated_postgres: Engine, installed: Installation
) -> None:
    environ = {
        "DATABASE_URL": migrated_postgres.url.render_as_string(hide_password=False),
        "TRUSTED_PROXY_HOPS": "1",
        "WEB_CONCURRENCY": "1",
    }
    one = serving(COMMAND, **environ).ready()
    two = serving(COMMAND, **environ, INSTANCE_DIR=str(installed.folder / "two")).ready()

    def check(peer: str) -> None:
        assert statuses(one, 40, peer) == {401: 30, 429: 10}
        time.sleep(1.5)
        # The other node learns it within a second of the first failure that it sees itself.
        assert statuses(two, 1, peer) == {401: 1}
        eventually(lambda: statuses(two, 2, peer) == {429: 2}, seconds=20)

    within_one_minute(check)


def test_attempts_beyond_the_limit_write_nothing_and_hold_no_address(
    serving: Serving, installed: Installation
) -> None:
    server = serving(COMMAND, TRUSTED_PROXY_HOPS="1").ready()
    state = installed.folder / "instance"

    def written() -> dict[str, int]:
        return {path.name: path.stat().st_mtime_ns for path in state.glob("*.sqlite3-wal")}

    def check(peer: str) -> None:
        assert statuses(server, 40, peer) == {401: 30, 429: 10}
        time.sleep(2.5)  # what was counted is shared within a second
        before = written()
        assert before, "the database has no write-ahead log"
        assert statuses(server, 60, peer) == {429: 60}
        time.sleep(1.5)
        assert written() == before
        stored = b"".join(path.read_bytes() for path in state.glob("*.sqlite3*"))
        assert b"handoff/" in stored
        assert peer.encode() not in stored
        assert peer not in server.log
        assert "attempt_limited" in server.log

    within_one_minute(check)
