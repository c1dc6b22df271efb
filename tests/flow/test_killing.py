"""Each process, killed at each point of a person's way and started again: all ends as it should.

What only some points can show (a worker's death during the create call, all at once after a
notice, Ada's session) is in test_restarts.py.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

import httpx
import pytest

from tests.flow.test_restarts import let_the_call_be_long_ago
from tests.support.eventually import eventually
from tests.support.http_session import HttpSession, Page
from tests.support.server_processes import jobs_process, kill_server, web_workers
from tests.support.stack import Person, Stack
from tests.support.user_journey import (
    UserJourney,
    count_processes,
    force_outcome,
    gateway_call_counts,
    gateway_switches,
    log_in_by_handoff,
    sent_notices,
)

Kill = Callable[[Stack], None]
# Longer than any of these tests between two killings: nobody waits for it.
AT_ONCE_SECONDS = 40


@pytest.fixture(scope="module")
def fragile(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[Stack]:
    """A stack of which nobody else has anything to lose; its server soon asks by itself."""
    folder = tmp_path_factory.mktemp("killing")
    stack = Stack(
        folder,
        database=database_kind,
        environment={"RECONCILE_AFTER": "1s,2s,5s"},
        leave_out=("provider", "shop"),
    )
    # The vendor's machines fall over too, but do not forget.
    child = stack.children.by_name["gateway"]
    words = (*child.program.arguments, f"--state={folder / 'gateway.json'}")
    child.program = replace(child.program, arguments=words)
    with stack:
        yield stack


def jobs(stack: Stack) -> None:
    killed = eventually(lambda: jobs_process(stack), seconds=60)
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: (now := jobs_process(stack)) and now != killed, seconds=60)


def one_worker(stack: Stack) -> None:
    both = eventually(lambda: len(found := web_workers(stack)) == 2 and found, seconds=60)
    os.kill(both[0], signal.SIGKILL)
    eventually(lambda: len(now := web_workers(stack)) == 2 and both[0] not in now, seconds=60)


def whole_server(stack: Stack) -> None:
    kill_server(stack)
    stack.restart("server")


def both_workers(stack: Stack) -> None:
    both = eventually(lambda: len(found := web_workers(stack)) == 2 and found, seconds=60)
    for each in both:
        os.kill(each, signal.SIGKILL)
    eventually(lambda: len(now := web_workers(stack)) == 2 and not {*both} & {*now}, seconds=60)


def gateway(stack: Stack) -> None:
    stack.kill("gateway")
    stack.restart("gateway")


KILLS = (jobs, one_worker, both_workers, whole_server, gateway)


def decided_slowly(walk: UserJourney) -> None:
    """The gateway has decided and says so; asked again, it takes its time."""
    slow = {"at": ["data"], "kind": "slow", "delay_ms": 3000, "times": 1, "process": walk.id}
    walk.stack.gateway_control.post("/faults", json=slow).raise_for_status()
    force_outcome(walk.stack, walk.id, "passes")


def was_delivered(walk: UserJourney) -> bool:
    sent = sent_notices(walk.stack, walk.id)
    return any((one["status"], one["state"]) == ("VERIFIED", "delivered") for one in sent)


def press(browser: HttpSession, page: Page) -> Page:
    return browser.submit(page, page.form("/onboardings"))


def press_in_vain(browser: HttpSession) -> None:
    with suppress(httpx.TransportError):
        press(browser, browser.get("/"))


def started(stack: Stack, browser: HttpSession) -> UserJourney:
    """Press the button until the hosted page is there, as a person would."""

    def pressed() -> Page | None:
        with suppress(httpx.TransportError):
            page = press(browser, browser.get("/"))
            return page if page.frames else None
        return None

    page = eventually(pressed, seconds=AT_ONCE_SECONDS, every=0.5)
    return UserJourney(stack, browser, page.path.rpartition("/")[2], page)


def look_again(walk: UserJourney) -> None:
    """A worker's death cuts the connections it held: a browser asks anew."""
    eventually(lambda: _asked(walk), seconds=AT_ONCE_SECONDS)


def _asked(walk: UserJourney) -> bool:
    with suppress(httpx.TransportError):
        return walk.look().status == 200
    return False


def rows_of(walk: UserJourney) -> list[str]:
    found = walk.stack.rows(
        "SELECT status FROM onboardings WHERE person_id ="
        " (SELECT person_id FROM onboardings WHERE id = ?) ORDER BY created_at",
        walk.id,
    )
    return [row["status"] for row in found]


def is_verified(walk: UserJourney) -> None:
    eventually(lambda: _status(walk) == "verified", seconds=AT_ONCE_SECONDS, every=0.2)
    assert walk.look().heading == "You are verified"


def _status(walk: UserJourney) -> str:
    with suppress(httpx.TransportError):
        return str(walk.status["status"])
    return ""


@pytest.mark.parametrize("kill", KILLS, ids=lambda kill: kill.__name__)
def test_everybody_ends_where_they_should_wherever_they_were(fragile: Stack, kill: Kill) -> None:
    """Five people, each at another point of the way, when it happens."""

    def arrived(point: str) -> HttpSession:
        return log_in_by_handoff(fragile, Person(f"{point}-{kill.__name__}", "Ada Lovelace", "en"))[
            0
        ]

    before_create, during_create = arrived("before"), arrived("during")
    in_the_frame, noticed, reading = (
        started(fragile, arrived(point)) for point in ("frame", "noticed", "reading")
    )
    address = in_the_frame.hosted_url
    before = gateway_call_counts(fragile)
    with gateway_switches(fragile, hold_create_ms=2500):
        decided_slowly(reading)
        eventually(lambda: gateway_call_counts(fragile)["faults"] > before["faults"], seconds=60)
        decided_slowly(noticed)
        eventually(lambda: was_delivered(noticed))
        click = threading.Thread(target=press_in_vain, args=(during_create,))
        click.start()
        eventually(lambda: gateway_call_counts(fragile)["creates"] > before["creates"])
        kill(fragile)
        click.join()
    # As long as the call may still be under way, nobody repeats it.
    (row,) = fragile.rows("SELECT id FROM onboardings ORDER BY created_at DESC LIMIT 1")
    let_the_call_be_long_ago(fragile, row["id"])

    look_again(in_the_frame)
    assert in_the_frame.hosted_url == address
    new = [started(fragile, browser) for browser in (before_create, during_create)]
    for walk in (in_the_frame, *new):
        assert count_processes(fragile, walk.id) == 1
        walk.finish("passes")
    for walk in (in_the_frame, *new, noticed, reading):
        is_verified(walk)
        assert rows_of(walk)[-1] == "verified"
        assert set(rows_of(walk)[:-1]) <= {"canceled"}
    assert [rows_of(walk) for walk in (in_the_frame, noticed, reading)] == [["verified"]] * 3
