"""Kills server processes repeatedly under a load of notices: no acknowledged notice is lost."""

import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.faults.conftest import ReportLine
from tests.faults.notice_checks import (
    SELECT_INBOX,
    SELECT_ONBOARDINGS,
    missing_notices,
    status_mismatches,
    surplus_notices,
)
from tests.faults.notice_load import NoticePlan, NoticeSenders, plan_notices
from tests.faults.process_killer import ProcessKiller
from tests.support.eventually import eventually
from tests.support.stack import Person, Stack
from tests.support.user_journey import gateway_call_counts, start_onboarding

#: Time limit until all onboardings have their final status, on a busy machine.
SETTLED_SECONDS = 180


@dataclass(frozen=True)
class Size:
    """Size of a storm.

    `unknown_ids`: number of notices whose id the server does not know. `pause_range`: acknowledged
    notices between two kills. It ends after `enough` acknowledged notices or `seconds`.
    """

    onboardings: int
    unknown_ids: int
    clients: int
    per_second: float
    victims: Sequence[str]
    pause_range: tuple[int, int]
    enough: int
    seconds: float


SMALL = Size(
    onboardings=8,
    unknown_ids=140,
    clients=8,
    per_second=100,
    victims=("worker", "jobs", "everything"),
    pause_range=(25, 40),
    enough=140,
    seconds=200,
)
LARGE = Size(
    onboardings=1000,
    unknown_ids=100_000,
    clients=32,
    per_second=1000,
    victims=(*["worker"] * 14, *["jobs"] * 4, "everything"),
    pause_range=(200, 500),
    enough=100_000,
    seconds=1800,
)


@pytest.fixture
def stack(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[Stack]:
    with Stack(
        tmp_path_factory.mktemp("storm"),
        database=database_kind,
        environment={"RECONCILE_AFTER": "1s,2s,5s"},
        leave_out=("provider", "shop"),
    ) as running:
        running.gateway_control.patch("/switches", json={"notices": "never"}).raise_for_status()
        yield running


class Gateway:
    """Advances each process at the sandbox gateway through its states, without notices."""

    def __init__(self, stack: Stack, plan: NoticePlan) -> None:
        self._stack = stack
        self._left = {each: iter(chain) for each, chain in plan.chains.items()}

    def advance(self, onboarding: str) -> None:
        if (word := next(self._left[onboarding], None)) is not None:
            step = {"state": word, "notice": False}
            answer = self._stack.gateway_control.post(f"/processes/{onboarding}/state", json=step)
            answer.raise_for_status()

    def finish(self) -> None:
        """Advance all processes to their last state."""
        for onboarding, left in self._left.items():
            while left.__length_hint__():
                self.advance(onboarding)

    def states(self) -> dict[str, str]:
        answer = self._stack.gateway_control.get("/processes", timeout=60).raise_for_status()
        return {each["id"]: each["state"] for each in answer.json()["processes"]}


def start_onboardings(stack: Stack, count: int) -> list[str]:
    """Start an onboarding for each of `count` users."""

    def one(number: int) -> str:
        journey = start_onboarding(stack, Person(f"ada-{number}", "Ada Lovelace", "en"))
        journey.browser.close()
        return journey.id

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(one, range(count)))


def run_storm(stack: Stack, size: Size, seed: int, report_line: ReportLine) -> None:
    ids = start_onboardings(stack, size.onboardings)
    plan = plan_notices(ids, size.unknown_ids, random.Random(seed))
    gateway = Gateway(stack, plan)
    senders = NoticeSenders(
        stack.addresses.server,
        stack.webhook_headers,
        plan.events,
        gateway.advance,
        clients=size.clients,
        per_second=size.per_second,
        enough=size.enough,
        seconds=size.seconds,
    )

    def assert_no_notice_is_missing() -> None:
        assert missing_notices(senders.acknowledged_notices(), stack.rows(SELECT_INBOX)) == []

    killer = ProcessKiller(
        stack,
        random.Random(f"{seed} kills"),
        size.victims,
        size.pause_range,
        progress=lambda: senders.acknowledged,
        while_down=assert_no_notice_is_missing,
    )
    began = time.monotonic()
    with senders:
        killer.run(lambda: senders.is_busy)
    report_line(
        f"{senders.record} in {time.monotonic() - began:.0f} s; killed {dict(killer.killed)}"
    )
    assert_no_notice_is_missing()
    assert surplus_notices(senders.record, stack.rows(SELECT_INBOX)) == []
    assert killer.killed.keys() == set(size.victims)

    began = time.monotonic()
    gateway.finish()
    eventually(
        lambda: not status_mismatches(gateway.states(), stack.rows(SELECT_ONBOARDINGS)),
        seconds=SETTLED_SECONDS,
        every=0.5,
    )
    seconds = time.monotonic() - began
    report_line(f"{size.onboardings} onboardings had their final status {seconds:.0f} s later")
    assert gateway.states().keys() == plan.chains.keys()
    assert gateway_call_counts(stack)["creates"] == size.onboardings


@pytest.mark.timeout(400)
def test_killed_processes_lose_no_acknowledged_notice(
    stack: Stack, seed: int, report_line: ReportLine
) -> None:
    run_storm(stack, SMALL, seed, report_line)


@pytest.mark.nightly
@pytest.mark.both_databases
@pytest.mark.timeout(3600)
def test_hundreds_of_kills_lose_none_of_100_000_notices(
    stack: Stack, seed: int, report_line: ReportLine
) -> None:
    run_storm(stack, LARGE, seed, report_line)
