"""The server recovers when its processes are killed during an onboarding."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

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

#: A create call of that time is not in flight.
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def killable_stack(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[Stack]:
    """A stack of these tests alone, whose server may be killed."""
    folder = tmp_path_factory.mktemp("fragile")
    with Stack(folder, database=database_kind, leave_out=("provider", "shop")) as running:
        yield running


@pytest.fixture
def ada(killable_stack: Stack, request: pytest.FixtureRequest) -> Person:
    return Person(f"ada-{request.node.name}", "Ada Lovelace", "en")


def test_jobs_process_does_not_listen(killable_stack: Stack) -> None:
    """A jobs process that outlives its server must not keep the address in use."""
    server = killable_stack.children.by_name["server"].pid
    jobs = eventually(lambda: jobs_process(killable_stack))
    eventually(lambda: _listening_sockets(server) and not _listening_sockets(jobs))


def test_killed_jobs_process_is_restarted(killable_stack: Stack, ada: Person) -> None:
    walk = start_onboarding(killable_stack, ada)
    killed = eventually(lambda: jobs_process(killable_stack))
    os.kill(killed, signal.SIGKILL)
    walk.capture("passes")
    walk.until("verified")
    assert eventually(lambda: jobs_process(killable_stack)) != killed


def test_killed_web_workers_are_restarted_with_sessions(killable_stack: Stack, ada: Person) -> None:
    walk = start_onboarding(killable_stack, ada)
    killed = eventually(lambda: len(found := web_workers(killable_stack)) == 2 and found)
    for each in killed:
        os.kill(each, signal.SIGKILL)
    walk.capture("passes")
    eventually(lambda: _answers(walk), seconds=60)
    assert not set(web_workers(killable_stack)) & set(killed)
    assert walk.come_back().status == 200
    walk.until("verified")


@pytest.mark.both_databases
def test_killed_server_loses_no_notice_and_no_session(killable_stack: Stack, ada: Person) -> None:
    walk, other = (
        start_onboarding(killable_stack, ada),
        start_onboarding(killable_stack, Person("ben", "Ben Ortega", "en")),
    )
    before = other.status
    # Prevents a poll before the kill.
    with gateway_switches(killable_stack, down=True, rest=False):
        force_outcome(killable_stack, walk.id, "passes")
        eventually(
            lambda: (
                [each["state"] for each in sent_notices(killable_stack, walk.id)] == ["delivered"]
            )
        )
        kill_server(killable_stack)
    killable_stack.restart("server")
    walk.until("verified")

    assert other.status == before
    assert other.look().frames
    other.finish("passes")
    other.until("verified")


def test_server_killed_during_create_call_creates_no_second_process(
    killable_stack: Stack, ada: Person
) -> None:
    browser, home = log_in_by_handoff(killable_stack, ada)
    with (
        gateway_switches(killable_stack, hold_create_ms=1500),
        _server_killed_on_gateway_call(killable_stack, "creates"),
        pytest.raises(httpx.TransportError),
    ):
        browser.submit(home, home.form("/onboardings"))
    killable_stack.restart("server")

    (row,) = killable_stack.rows(
        "SELECT id, status FROM onboardings ORDER BY created_at DESC LIMIT 1"
    )
    assert row["status"] == "created"
    # The restart takes long on a busy machine.
    date_create_call(killable_stack, row["id"], datetime.now(UTC))
    waiting = browser.get(f"/onboardings/{row['id']}")
    assert waiting.heading == "Your check is being opened"
    same = browser.submit(waiting, waiting.form("/onboardings"))
    assert same.path.endswith(row["id"]), "a create call that may be in flight is not repeated"

    date_create_call(killable_stack, row["id"], LONG_AGO)
    page = browser.submit(same, same.form("/onboardings"))
    assert page.frames
    walk = UserJourney(killable_stack, browser, page.path.rpartition("/")[2], page)
    assert count_processes(killable_stack, walk.id) == 1
    walk.finish("passes")
    walk.until("verified")


def test_server_killed_during_the_deletion_of_a_withdrawn_process_deletes_it_later(
    killable_stack: Stack, ada: Person
) -> None:
    walk = start_onboarding(killable_stack, ada)
    lost = {"at": ["delete"], "kind": "drop", "when": "before_work", "delay_ms": 3000, "times": 1}
    killable_stack.gateway_control.post("/faults", json=lost).raise_for_status()
    key = killable_stack.instance.secret("shop_api_key")
    with _server_killed_on_gateway_call(killable_stack, "faults"):
        answer = httpx.post(
            f"{killable_stack.public_url}/api/v1/onboardings/{walk.id}/cancel",
            headers={"Authorization": f"Bearer {key}"},
            trust_env=False,
            timeout=30,
        )
    assert answer.json()["status"] == "canceled"
    assert count_processes(killable_stack, walk.id) == 1
    # Without waiting for the end of the interrupted poll.
    due = "UPDATE onboardings SET next_poll_at = ? WHERE id = ? AND status = 'canceled'"
    assert killable_stack.change(due, LONG_AGO, walk.id) == 1
    killable_stack.restart("server")
    address = f"/processes/{walk.id}"
    eventually(lambda: killable_stack.gateway_control.get(address).status_code == 404)


def _answers(walk: UserJourney) -> bool:
    try:
        return walk.look().status == 200
    except httpx.TransportError:
        return False


@contextmanager
def _server_killed_on_gateway_call(stack: Stack, kind: str) -> Iterator[None]:
    """Kill the server as soon as the gateway counts one more of these calls."""
    before = gateway_call_counts(stack)[kind]

    def kill() -> None:
        eventually(lambda: gateway_call_counts(stack)[kind] > before)
        kill_server(stack)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def date_create_call(stack: Stack, onboarding_id: str, at: datetime) -> None:
    dated = "UPDATE onboardings SET create_called_at = ? WHERE id = ?"
    assert stack.change(dated, at, onboarding_id) == 1


def _listening_sockets(pid: int) -> set[str]:
    """Return the process's sockets that listen, as `/proc` names them."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    listening = {f"socket:[{words[9]}]" for words in lines if words[3] == "0A"}
    opened = set()
    for each in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed in the meantime
            opened.add(str(each.readlink()))
    return listening & opened
