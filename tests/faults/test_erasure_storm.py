"""Kills server processes while onboardings are erased: none is lost, and none is erased twice."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

import httpx
import pytest

from tests.faults.conftest import ReportLine
from tests.faults.process_killer import ProcessKiller
from tests.support.erasures import KEYS, delete
from tests.support.eventually import eventually
from tests.support.stack import Person, Stack
from tests.support.user_journey import UserJourney, gateway_call_counts, start_onboarding

#: Time limit until all onboardings are erased, on a busy machine.
ERASED_SECONDS = 240
SELECT_ERASURES = "SELECT id, onboarding_id, state, problem, erased_at, attempts FROM erasures"
#: Faults of the deletion, before and after the gateway has done it.
FAULTS = (
    ("drop", {"when": "before_work"}),
    ("drop", {"when": "before_headers"}),
    ("status", {"status": 500}),
    ("status", {"status": 409}),
    ("slow", {"delay_ms": 1500}),
)


@dataclass(frozen=True)
class Size:
    """Onboardings to erase, and callers at a time."""

    onboardings: int
    callers: int


SMALL = Size(onboardings=6, callers=2)
LARGE = Size(onboardings=100, callers=6)


@pytest.fixture
def stack(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[Stack]:
    with Stack(
        tmp_path_factory.mktemp("erasures"),
        database=database_kind,
        environment={"RECONCILE_AFTER": "1s,2s,5s"},
        site={"api_keys": KEYS},
        leave_out=("provider", "shop"),
    ) as running:
        yield running


def verified(stack: Stack, number: int) -> UserJourney:
    walk = start_onboarding(stack, Person(f"ada-{number}", "Ada Lovelace", "en"))
    walk.finish("passes")
    walk.until("verified")
    return walk


class Callers:
    """Delete each onboarding by API, and repeat a call until it is answered."""

    def __init__(self, stack: Stack, ids: list[str]) -> None:
        self.acknowledged: dict[str, str] = {}
        self._stack, self._ids = stack, ids

    def delete_all(self, pool: ThreadPoolExecutor) -> list[Future[None]]:
        return [pool.submit(self._delete, id_) for id_ in self._ids]

    def _delete(self, onboarding_id: str) -> None:
        self.acknowledged[onboarding_id] = eventually(
            lambda: self._try(onboarding_id), seconds=ERASED_SECONDS, every=0.1
        )

    def _try(self, onboarding_id: str) -> str | None:
        with suppress(httpx.HTTPError):
            answer = delete(self._stack, f"/onboardings/{onboarding_id}")
            if answer.status_code == 202:
                return str(answer.json()["id"])
        return None


def run_storm(stack: Stack, size: Size, seed: int, report_line: ReportLine) -> None:
    random_ = random.Random(seed)
    verified(stack, -1)  # of another user: the proof compares with it
    ids = [verified(stack, number).id for number in range(size.onboardings)]
    for number in range(size.onboardings // 2):
        kind, options = random_.choice(FAULTS)
        fault = {"at": ["delete"], "kind": kind, "times": 1, "skip": number % 2, **options}
        stack.gateway_control.post("/faults", json=fault).raise_for_status()
    callers = Callers(stack, ids)

    def assert_no_erasure_is_missing() -> None:
        stored = {row["onboarding_id"]: row["id"] for row in stack.rows(SELECT_ERASURES)}
        assert callers.acknowledged.items() <= stored.items()

    def erased() -> int:
        return sum(row["erased_at"] is not None for row in stack.rows(SELECT_ERASURES))

    killer = ProcessKiller(
        stack,
        random.Random(f"{seed} kills"),
        ("jobs", "everything", "worker"),
        (1, 4),
        progress=lambda: len(callers.acknowledged) + erased(),
        while_down=assert_no_erasure_is_missing,
    )
    began = time.monotonic()
    with ThreadPoolExecutor(size.callers) as pool:
        running = callers.delete_all(pool)
        killer.run(lambda: erased() < len(ids) and time.monotonic() < began + ERASED_SECONDS)
        for each in running:
            each.result()
    eventually(lambda: erased() == len(ids), seconds=ERASED_SECONDS, every=0.5)
    erasures = stack.rows(SELECT_ERASURES)
    outcomes = Counter((row["state"], row["problem"]) for row in erasures)
    report_line(
        f"{len(ids)} erasures in {time.monotonic() - began:.0f} s; killed {dict(killer.killed)};"
        f" outcomes {dict(outcomes)}"
    )

    assert_no_erasure_is_missing()
    assert sorted(row["onboarding_id"] for row in erasures) == sorted(ids)
    # Unproven are those whose answer was lost with the process that waited for it.
    assert {row["problem"] for row in erasures} <= {None, "not_acknowledged"}
    assert Counter(row["state"] for row in erasures)["confirmed"] > 0
    assert gateway_call_counts(stack)["deletes"] == len(ids)
    assert len(stack.gateway_control.get("/processes").json()["processes"]) == 1
    left = stack.rows("SELECT id, status, person_id FROM onboardings WHERE status <> 'verified'")
    assert sorted(row["id"] for row in left) == sorted(ids)
    assert {(row["status"], row["person_id"]) for row in left} == {("erased", None)}
    assert len(stack.rows("SELECT id FROM people")) == 1
    events = stack.rows("SELECT onboarding_id FROM timeline WHERE event = 'erased'")
    assert sorted(row["onboarding_id"] for row in events) == sorted(ids)
    messages = stack.rows("SELECT onboarding_id FROM messages WHERE type = 'onboarding.erased'")
    assert sorted(row["onboarding_id"] for row in messages) == sorted(ids)


@pytest.mark.timeout(600)
def test_killed_processes_lose_and_repeat_no_erasure(
    stack: Stack, seed: int, report_line: ReportLine
) -> None:
    run_storm(stack, SMALL, seed, report_line)


@pytest.mark.nightly
@pytest.mark.both_databases
@pytest.mark.timeout(3600)
def test_many_kills_lose_and_repeat_none_of_100_erasures(
    stack: Stack, seed: int, report_line: ReportLine
) -> None:
    run_storm(stack, LARGE, seed, report_line)
