"""Processes of the server are killed in the middle; what is true afterwards is what counts."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.support.eventually import eventually
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
    start_onboarding,
)

pytestmark = pytest.mark.both_databases


@pytest.fixture(scope="module")
def fragile(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[Stack]:
    """A stack of which nobody else has anything to lose."""
    folder = tmp_path_factory.mktemp("fragile")
    with Stack(folder, database=database_kind, leave_out=("provider", "shop")) as running:
        yield running


@pytest.fixture
def ada(fragile: Stack, request: pytest.FixtureRequest) -> Person:
    return Person(f"ada-{request.node.name}", "Ada Lovelace", "en")


def test_a_killed_jobs_process_is_replaced_and_goes_on(fragile: Stack, ada: Person) -> None:
    walk = start_onboarding(fragile, ada)
    killed = eventually(lambda: jobs_process(fragile))
    os.kill(killed, signal.SIGKILL)
    walk.capture("passes")
    walk.until("verified")
    assert eventually(lambda: jobs_process(fragile)) != killed


def test_killed_workers_are_replaced_and_ada_stays_signed_in(fragile: Stack, ada: Person) -> None:
    walk = start_onboarding(fragile, ada)
    killed = eventually(lambda: len(found := web_workers(fragile)) == 2 and found)
    for each in killed:
        os.kill(each, signal.SIGKILL)
    walk.capture("passes")
    eventually(lambda: _answers(walk), seconds=60)
    assert not set(web_workers(fragile)) & set(killed)
    assert walk.come_back().status == 200
    walk.until("verified")


def test_the_end_of_the_whole_server_loses_no_notice_no_session_and_no_onboarding(
    fragile: Stack, ada: Person
) -> None:
    walk, other = (
        start_onboarding(fragile, ada),
        start_onboarding(fragile, Person("ben", "Ben Ortega", "en")),
    )
    before = other.status
    # So that nothing can be read back before the end.
    with gateway_switches(fragile, down=True, rest=False):
        force_outcome(fragile, walk.id, "passes")
        eventually(
            lambda: [each["state"] for each in sent_notices(fragile, walk.id)] == ["delivered"]
        )
        kill_server(fragile)
    fragile.restart("server")
    walk.until("verified")

    assert other.status == before
    assert other.look().frames
    other.finish("passes")
    other.until("verified")


def test_a_worker_killed_during_the_create_call_leaves_no_second_process(
    fragile: Stack, ada: Person
) -> None:
    browser, home = log_in_by_handoff(fragile, ada)
    with (
        gateway_switches(fragile, hold_create_ms=1500),
        _killed_once_the_gateway_is_called(fragile),
        pytest.raises(httpx.TransportError),
    ):
        browser.submit(home, home.form("/onboardings"))
    fragile.restart("server")

    (row,) = fragile.rows("SELECT id, status FROM onboardings ORDER BY created_at DESC LIMIT 1")
    assert row["status"] == "created"
    waiting = browser.get(f"/onboardings/{row['id']}")
    assert waiting.heading == "Your check is being opened"
    same = browser.submit(waiting, waiting.form("/onboardings"))
    assert same.path.endswith(row["id"]), "while the call may still be under way nobody repeats it"

    let_the_call_be_long_ago(fragile, row["id"])
    page = browser.submit(same, same.form("/onboardings"))
    assert page.frames
    walk = UserJourney(fragile, browser, page.path.rpartition("/")[2], page)
    assert count_processes(fragile, walk.id) == 1
    walk.finish("passes")
    walk.until("verified")


def _answers(walk: UserJourney) -> bool:
    try:
        return walk.look().status == 200
    except httpx.TransportError:
        return False


@contextmanager
def _killed_once_the_gateway_is_called(stack: Stack) -> Iterator[None]:
    creates = gateway_call_counts(stack)["creates"]

    def kill() -> None:
        eventually(lambda: gateway_call_counts(stack)["creates"] > creates)
        kill_server(stack)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield
    finally:
        killer.join()


def let_the_call_be_long_ago(stack: Stack, onboarding_id: str) -> None:
    earlier = "UPDATE onboardings SET create_called_at = '2020-01-01 00:00:00.000000' WHERE id = ?"
    assert stack.change(earlier, onboarding_id) == 1
