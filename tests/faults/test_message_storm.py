"""Kills server processes while messages are sent: none is lost, ids and bodies stay the same."""

import json
import random
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.faults.conftest import ReportLine
from tests.faults.process_killer import ProcessKiller
from tests.support.eventually import eventually
from tests.support.message_receiver import SECRET, MessageReceiver, Received, Response
from tests.support.stack import Person, Stack
from tests.support.user_journey import start_onboarding

#: Time limit until all messages are delivered, on a busy machine: attempts that were in flight
#: when their process was killed are made again after half a minute.
DELIVERED_SECONDS = 240
#: The share of requests that the receiver refuses in the storm.
FAULT_SHARE = 0.2
SELECT_MESSAGES = "SELECT id, onboarding_id, sequence, number, state FROM messages"
SELECT_STATUSES = "SELECT id, status FROM onboardings"


@dataclass(frozen=True)
class Size:
    """Onboardings that are announced, and messages that arrive between two kills."""

    onboardings: int
    between_kills: tuple[int, int]


SMALL = Size(onboardings=10, between_kills=(4, 10))
LARGE = Size(onboardings=100, between_kills=(10, 40))


@pytest.fixture
def receiver() -> Iterator[MessageReceiver]:
    with MessageReceiver() as running:
        yield running


@pytest.fixture
def stack(
    tmp_path_factory: pytest.TempPathFactory, database_kind: str, receiver: MessageReceiver
) -> Iterator[Stack]:
    with Stack(
        tmp_path_factory.mktemp("messages"),
        database=database_kind,
        site={
            "webhook_url": receiver.url,
            "webhook_secrets": [SECRET],
            "allow_private_webhook": True,
        },
        leave_out=("provider", "shop"),
    ) as running:
        yield running


class UnreliableReceiver:
    """Takes each message slowly, and refuses some."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(f"{seed} receiver")
        self._lock = threading.Lock()
        self.taken: set[str] = set()
        self.fault_share = FAULT_SHARE

    def respond(self, received: Received) -> Response:
        time.sleep(0.4)
        with self._lock:
            if self._random.random() < self.fault_share:
                return Response(self._random.choice((429, 500, 503)))
            self.taken.add(received.id)
        return Response(204)


def unfinished(stack: Stack) -> list[dict[str, object]]:
    """Return the messages that are not delivered or not numbered."""
    rows = stack.rows(SELECT_MESSAGES)
    return [row for row in rows if row["state"] != "delivered" or row["number"] is None]


def recover(stack: Stack) -> None:
    done = stack.command("messages", "recover", "--site", "shop", "--since", "2020-01-01")
    assert done.returncode == 0, done.stderr


def run_storm(
    stack: Stack, receiver: MessageReceiver, size: Size, seed: int, report_line: ReportLine
) -> None:
    receiver.respond = lambda _received: Response(503)
    walks = []
    for number in range(size.onboardings):
        walks.append(start_onboarding(stack, Person(f"ada-{number}", "Ada Lovelace", "en")))
        walks[-1].finish("passes")
    for walk in walks:
        walk.until("verified")
    before = {each.id: each.body for each in receiver.received}
    unreliable = UnreliableReceiver(seed)
    receiver.respond = unreliable.respond

    def assert_no_message_is_missing() -> None:
        assert unreliable.taken <= {row["id"] for row in stack.rows(SELECT_MESSAGES)}

    count = len(stack.rows(SELECT_MESSAGES))
    killer = ProcessKiller(
        stack,
        random.Random(f"{seed} kills"),
        ("jobs", "everything"),
        size.between_kills,
        progress=lambda: len(unreliable.taken),
        while_down=assert_no_message_is_missing,
    )
    began = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        recovered = pool.submit(recover, stack)
        killer.run(lambda: len(unreliable.taken) < count - size.between_kills[1])
        recovered.result()
    unreliable.fault_share = 0.0
    recover(stack)  # instead of waiting for the later attempts, which come after minutes
    eventually(lambda: not unfinished(stack), seconds=DELIVERED_SECONDS, every=0.5)
    report_line(
        f"{count} messages in {time.monotonic() - began:.0f} s, {len(receiver.received)} attempts;"
        f" killed {dict(killer.killed)}"
    )

    rows = stack.rows(SELECT_MESSAGES)
    assert receiver.refused == []
    assert {row["id"] for row in rows} == unreliable.taken
    assert sum(killer.killed.values()) > 0
    assert_ids_and_bodies_are_stable(receiver, before)
    assert_sequences_are_whole(stack, receiver, rows)


def assert_ids_and_bodies_are_stable(receiver: MessageReceiver, before: dict[str, str]) -> None:
    bodies = defaultdict(set)
    for each in receiver.received:
        bodies[each.id].add(each.body)
    assert all(len(found) == 1 for found in bodies.values())
    assert all(bodies[id_] == {body} for id_, body in before.items())
    places = [(each["id"], each["sequence"]) for each in map(_data, map(min, bodies.values()))]
    assert len(places) == len(set(places)), "two ids for one change"


def _data(body: str) -> dict[str, object]:
    data: dict[str, object] = json.loads(body)["data"]
    return data


def assert_sequences_are_whole(
    stack: Stack, receiver: MessageReceiver, rows: list[dict[str, object]]
) -> None:
    statuses = {row["id"]: row["status"] for row in stack.rows(SELECT_STATUSES)}
    numbers = defaultdict(list)
    for row in sorted(rows, key=lambda row: str(row["sequence"]).rjust(9)):
        numbers[row["onboarding_id"]].append(row["number"])
    for onboarding_id, status in statuses.items():
        found = receiver.of(str(onboarding_id))
        assert [each.data["sequence"] for each in found] == list(range(1, len(found) + 1))
        words = [each.data["status"] for each in found]
        assert [each.data["previous_status"] for each in found] == [None, *words[:-1]]
        assert words[-1] == status
        assert numbers[onboarding_id] == sorted(numbers[onboarding_id])
    assert sorted(number for each in numbers.values() for number in each) == list(
        range(1, len(rows) + 1)
    )


@pytest.mark.timeout(900)
def test_killed_processes_lose_no_message(
    stack: Stack, receiver: MessageReceiver, seed: int, report_line: ReportLine
) -> None:
    run_storm(stack, receiver, SMALL, seed, report_line)


@pytest.mark.nightly
@pytest.mark.both_databases
@pytest.mark.timeout(3600)
def test_many_kills_lose_none_of_hundreds_of_messages(
    stack: Stack, receiver: MessageReceiver, seed: int, report_line: ReportLine
) -> None:
    run_storm(stack, receiver, LARGE, seed, report_line)
