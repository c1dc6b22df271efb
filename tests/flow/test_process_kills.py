"""Kills each process while five users are at different steps; all of them are verified.

Kills at particular steps are in test_server_restarts.py.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

import httpx
import pytest

from tests.flow.test_server_restarts import LONG_AGO, date_create_call
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
#: No test waits that long unless it fails.
LIMIT_SECONDS = 40


@pytest.fixture(scope="module")
def killable_stack(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[Stack]:
    """A stack of these tests alone; its server polls soon, its gateway keeps its state."""
    folder = tmp_path_factory.mktemp("killing")
    stack = Stack(
        folder,
        database=database_kind,
        environment={"RECONCILE_AFTER": "1s,2s,5s"},
        leave_out=("provider", "shop"),
    )
    child = stack.children.by_name["gateway"]
    words = (*child.program.arguments, f"--state={folder / 'gateway.json'}")
    child.program = replace(child.program, arguments=words)
    with stack:
        yield stack


def jobs_process_kill(stack: Stack) -> None:
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


KILLS = (
    jobs_process_kill,
    one_worker,
    both_workers,
    gateway,
)


def decide_with_slow_response(walk: UserJourney) -> None:
    """Have the gateway decide, send its notice, and answer the poll after three seconds."""
    slow = {"at": ["data"], "kind": "slow", "delay_ms": 3000, "times": 1, "process": walk.id}
    walk.stack.gateway_control.post("/faults", json=slow).raise_for_status()
    force_outcome(walk.stack, walk.id, "passes")


def was_delivered(walk: UserJourney) -> bool:
    sent = sent_notices(walk.stack, walk.id)
    return any((one["status"], one["state"]) == ("VERIFIED", "delivered") for one in sent)


def submit_start(browser: HttpSession, page: Page) -> Page:
    return browser.submit(page, page.form("/onboardings"))


def submit_start_ignoring_errors(browser: HttpSession) -> None:
    with suppress(httpx.TransportError):
        submit_start(browser, browser.get("/"))


def started(stack: Stack, browser: HttpSession) -> UserJourney:
    """Submit the start form until the hosted page is shown."""

    def submitted() -> Page | None:
        with suppress(httpx.TransportError):
            page = submit_start(browser, browser.get("/"))
            return page if page.frames else None
        return None

    page = eventually(submitted, seconds=LIMIT_SECONDS, every=0.5)
    return UserJourney(stack, browser, page.path.rpartition("/")[2], page)


def reload_page(walk: UserJourney) -> None:
    """Reload until it works: the connections of a killed worker are closed."""
    eventually(lambda: _reloaded(walk), seconds=LIMIT_SECONDS)


def _reloaded(walk: UserJourney) -> bool:
    with suppress(httpx.TransportError):
        return walk.look().status == 200
    return False


def statuses_of(walk: UserJourney) -> list[str]:
    found = walk.stack.rows(
        "SELECT status FROM onboardings WHERE person_id ="
        " (SELECT person_id FROM onboardings WHERE id = ?) ORDER BY created_at",
        walk.id,
    )
    return [row["status"] for row in found]


def assert_verified(walk: UserJourney) -> None:
    eventually(lambda: _status(walk) == "verified", seconds=LIMIT_SECONDS, every=0.2)
    assert walk.look().heading == "You are verified"


def _status(walk: UserJourney) -> str:
    with suppress(httpx.TransportError):
        return str(walk.status["status"])
    return ""


@pytest.mark.parametrize(
    "kill",
    [whole_server, *(pytest.param(each, marks=pytest.mark.nightly) for each in KILLS)],
    ids=lambda kill: kill.__name__,
)
def test_killed_process_loses_no_onboarding_at_any_step(killable_stack: Stack, kill: Kill) -> None:
    """Five users: before create, during create, in the frame, notice sent, during a poll."""

    def browser_of(point: str) -> HttpSession:
        return log_in_by_handoff(
            killable_stack, Person(f"{point}-{kill.__name__}", "Ada Lovelace", "en")
        )[0]

    before_create, during_create = browser_of("before"), browser_of("during")
    return_in_frame, noticed, reading = (
        started(killable_stack, browser_of(point)) for point in ("frame", "noticed", "reading")
    )
    address = return_in_frame.hosted_url
    before = gateway_call_counts(killable_stack)
    with gateway_switches(killable_stack, hold_create_ms=2500):
        decide_with_slow_response(reading)
        eventually(
            lambda: gateway_call_counts(killable_stack)["faults"] > before["faults"], seconds=60
        )
        decide_with_slow_response(noticed)
        eventually(lambda: was_delivered(noticed))
        start = threading.Thread(target=submit_start_ignoring_errors, args=(during_create,))
        start.start()
        eventually(lambda: gateway_call_counts(killable_stack)["creates"] > before["creates"])
        kill(killable_stack)
        start.join()
    # A create call that may be in flight is not repeated.
    (row,) = killable_stack.rows("SELECT id FROM onboardings ORDER BY created_at DESC LIMIT 1")
    date_create_call(killable_stack, row["id"], LONG_AGO)

    reload_page(return_in_frame)
    assert return_in_frame.hosted_url == address
    new = [started(killable_stack, browser) for browser in (before_create, during_create)]
    for walk in (return_in_frame, *new):
        assert count_processes(killable_stack, walk.id) == 1
        walk.finish("passes")
    for walk in (return_in_frame, *new, noticed, reading):
        assert_verified(walk)
        assert statuses_of(walk)[-1] == "verified"
        assert set(statuses_of(walk)[:-1]) <= {"canceled"}
    assert [statuses_of(walk) for walk in (return_in_frame, noticed, reading)] == [["verified"]] * 3
