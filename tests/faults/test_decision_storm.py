"""Kills server processes while operators (by command, killed too) and the host site (by API)
decide: no decision is lost or made twice."""

import random
import subprocess
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
from tests.support.decisions import COMMANDS, GATEWAY_STATES, STATUSES, undecided
from tests.support.eventually import eventually
from tests.support.stack import Person, Stack
from tests.support.stack_fixtures import FLOWS
from tests.support.user_journey import gateway_call_counts, gateway_process

#: Time limit until all decisions are settled, on a busy machine.
SETTLED_SECONDS = 180
#: Seconds after which a command is killed: before, during and after its call.
KILL_RANGE = (0.3, 4.0)
#: Time limit until a call by API is answered: each kill of a call with a key costs a minute.
TAKEN_SECONDS = 900
#: Seconds before a call without an answer is repeated.
RETRY_SECONDS = 0.5
#: Bodies of the calls by API.
BODIES = {
    "accept": {"personal_data": {"name": "AUGUSTA", "post_code": "28001"}},
    "reject": {"comment": "Not the same person.", "reason": "face_mismatch"},
    "pending": {"personal_data": {"city": "Madrid"}},
}
COUNTERS = {"accept": "accepts", "reject": "rejects", "pending": "pendings"}
SELECT_DECISIONS = "SELECT onboarding_id, state, outcome, attempts FROM decisions"
FAULTS = (
    ("drop", {"when": "before_work"}),
    ("drop", {"when": "before_headers"}),
    ("drop", {"when": "after_headers"}),
    ("status", {"status": 500}),
    ("status", {"status": 429}),
    ("slow", {"delay_ms": 1500}),
    ("html", {"status": 200}),
)


@dataclass(frozen=True)
class Size:
    """Onboardings to decide, deciders at a time, how many of the commands are killed, and whether
    calls by API carry an Idempotency-Key."""

    onboardings: int
    operators: int
    killed_share: float = 0.5
    has_keys: bool = False


SMALL = Size(onboardings=9, operators=3)
LARGE = Size(onboardings=90, operators=4)
LARGE_BY_API = Size(onboardings=90, operators=6, has_keys=True)


@pytest.fixture
def stack(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[Stack]:
    with Stack(
        tmp_path_factory.mktemp("decisions"),
        database=database_kind,
        environment={"RECONCILE_AFTER": "1s,2s,5s"},
        tables=FLOWS,
        leave_out=("provider", "shop"),
    ) as running:
        yield running


def add_faults(stack: Stack, count: int, random_: random.Random) -> None:
    """Have the gateway answer about half of the decisions with one fault."""
    for number in range(count):
        kind, options = random_.choice(FAULTS)
        fault = {"at": list(COMMANDS), "kind": kind, "times": 1, "skip": number % 2, **options}
        stack.gateway_control.post("/faults", json=fault).raise_for_status()


class Operators:
    """Decide each onboarding by command, and repeat a command that was killed."""

    processes = ("jobs", "everything")

    def __init__(self, stack: Stack, calls: dict[str, str], size: Size, seed: int) -> None:
        self.acknowledged: list[str] = []
        self.killed = 0
        self._stack, self._calls, self._size, self._seed = stack, calls, size, seed

    def decide_all(self, pool: ThreadPoolExecutor) -> list[Future[None]]:
        return [pool.submit(self._decide, id_) for id_ in self._calls]

    def _decide(self, onboarding_id: str) -> None:
        random_ = random.Random(f"{self._seed} {onboarding_id}")
        verb, *given = COMMANDS[self._calls[onboarding_id]]
        arguments = ("onboardings", verb, onboarding_id, *given, "--yes")
        if random_.random() < self._size.killed_share:
            self.killed += 1
            with suppress(subprocess.TimeoutExpired):  # it has been killed
                self._stack.command(*arguments, seconds=random_.uniform(*KILL_RANGE))
        done = self._stack.command(*arguments)
        assert done.returncode == 0 or "it is stored" in done.stderr, done.stderr
        self.acknowledged.append(onboarding_id)


class HostSite:
    """Decides each onboarding by API, and repeats calls without an answer.

    With keys the repetition of a killed call waits a minute for the lease of its Idempotency-Key.
    """

    processes = ("jobs", "worker", "everything")

    def __init__(self, stack: Stack, calls: dict[str, str], size: Size, seed: int) -> None:
        del seed
        self.acknowledged: list[str] = []
        self.killed = 0
        self._stack, self._calls, self._has_keys = stack, calls, size.has_keys

    def decide_all(self, pool: ThreadPoolExecutor) -> list[Future[None]]:
        return [pool.submit(self._decide, id_) for id_ in self._calls]

    def _decide(self, onboarding_id: str) -> None:
        end = time.monotonic() + TAKEN_SECONDS
        with self._stack.api() as api:
            while not self._is_taken(api, onboarding_id):
                assert time.monotonic() < end, onboarding_id
                self.killed += 1
                time.sleep(RETRY_SECONDS)
        self.acknowledged.append(onboarding_id)

    def _is_taken(self, api: httpx.Client, onboarding_id: str) -> bool:
        call = self._calls[onboarding_id]
        headers = {"Idempotency-Key": onboarding_id} if self._has_keys else {}
        path = f"/onboardings/{onboarding_id}"
        try:
            answer = api.post(f"{path}/{COMMANDS[call][0]}", json=BODIES[call], headers=headers)
        except httpx.TransportError:
            return False
        if answer.status_code in (200, 202):
            return True
        if answer.json()["code"] == "decision_impossible":  # an earlier call has succeeded
            return self._is_confirmed(api, path)
        assert "Retry-After" in answer.headers, answer.text
        return False

    def _is_confirmed(self, api: httpx.Client, path: str) -> bool:
        with suppress(httpx.TransportError):
            answer = api.get(f"{path}/decision")
            if answer.status_code == 200:
                assert answer.json()["outcome"] == "confirmed", answer.text
                return True
            assert "Retry-After" in answer.headers, answer.text  # beyond the limit of the site
        return False


def unsettled(stack: Stack) -> list[dict[str, object]]:
    return [row for row in stack.rows(SELECT_DECISIONS) if row["state"] != "settled"]


def run_storm(
    stack: Stack,
    size: Size,
    seed: int,
    report_line: ReportLine,
    deciders: type[Operators | HostSite],
) -> None:
    random_ = random.Random(seed)
    people = [Person(f"ada-{n}", "Ada Lovelace", "en") for n in range(size.onboardings)]
    walks = [undecided(stack, person) for person in people]
    calls = {walk.id: list(COMMANDS)[n % 3] for n, walk in enumerate(walks)}
    add_faults(stack, size.onboardings // 2, random_)
    operators = deciders(stack, calls, size, seed)

    def assert_no_decision_is_missing() -> None:
        stored = {row["onboarding_id"] for row in stack.rows(SELECT_DECISIONS)}
        assert set(operators.acknowledged) <= stored

    killer = ProcessKiller(
        stack,
        random.Random(f"{seed} kills"),
        operators.processes,
        (1, 2),
        progress=lambda: len(operators.acknowledged),
        while_down=assert_no_decision_is_missing,
    )
    began = time.monotonic()
    with ThreadPoolExecutor(size.operators) as pool:
        running = operators.decide_all(pool)
        killer.run(lambda: not all(each.done() for each in running))
        for each in running:
            each.result()
    eventually(lambda: not unsettled(stack), seconds=SETTLED_SECONDS, every=0.5)
    report_line(
        f"{size.onboardings} decisions in {time.monotonic() - began:.0f} s; killed"
        f" {dict(killer.killed)} and {operators.killed} commands or calls"
    )

    assert_no_decision_is_missing()
    settled = stack.rows(SELECT_DECISIONS)
    assert sorted(row["onboarding_id"] for row in settled) == sorted(calls)
    assert {row["outcome"] for row in settled} == {"confirmed"}
    for walk in walks:
        call = calls[walk.id]
        assert gateway_process(stack, walk.id)["state"] == GATEWAY_STATES[call]
        assert walk.status["status"] == STATUSES[call]
    made = gateway_call_counts(stack)
    wanted = Counter(calls.values())
    assert {call: made[COUNTERS[call]] for call in COMMANDS} == dict(wanted)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("deciders", [Operators, HostSite])
def test_killed_processes_lose_and_repeat_no_decision(
    stack: Stack, seed: int, report_line: ReportLine, deciders: type[Operators | HostSite]
) -> None:
    run_storm(stack, SMALL, seed, report_line, deciders)


@pytest.mark.nightly
@pytest.mark.both_databases
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("deciders", "size"), [(Operators, LARGE), (HostSite, LARGE_BY_API)])
def test_many_kills_lose_and_repeat_no_decision_of_a_large_storm(
    stack: Stack,
    seed: int,
    report_line: ReportLine,
    deciders: type[Operators | HostSite],
    size: Size,
) -> None:
    run_storm(stack, size, seed, report_line, deciders)
