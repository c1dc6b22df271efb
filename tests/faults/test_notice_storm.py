"""Kill -9, over and over, while notices pour in: what has been acknowledged is there."""

import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.faults import notice_checks
from tests.faults.conftest import Tell
from tests.faults.notice_load import Plan, Senders, plan
from tests.faults.process_killer import ProcessKiller
from tests.support.eventually import eventually
from tests.support.stack import Person, Stack
from tests.support.user_journey import gateway_call_counts, start_onboarding

#: After the storm: until everybody is where they should be, on a busy machine.
SETTLED_SECONDS = 180


@dataclass(frozen=True)
class Size:
    """`strangers`: notices about ids the server does not know. `enough`: acknowledged ones that
    end the storm, as `seconds` do."""

    onboardings: int
    strangers: int
    clients: int
    per_second: float
    victims: Sequence[str]
    calm: tuple[int, int]
    enough: int
    seconds: float


SMALL = Size(
    onboardings=20,
    strangers=220,
    clients=8,
    per_second=100,
    victims=("worker", "worker", "jobs", "everything"),
    calm=(25, 45),
    enough=220,
    seconds=200,
)
LARGE = Size(
    onboardings=1000,
    strangers=100_000,
    clients=32,
    per_second=1000,
    victims=(*["worker"] * 14, *["jobs"] * 4, "everything"),
    calm=(200, 500),
    enough=100_000,
    seconds=1800,
)


@pytest.fixture
def stormy(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[Stack]:
    with Stack(
        tmp_path_factory.mktemp("storm"),
        database=database_kind,
        environment={"RECONCILE_AFTER": "1s,2s,5s"},
        leave_out=("provider", "shop"),
    ) as running:
        running.gateway_control.patch("/switches", json={"notices": "never"}).raise_for_status()
        yield running


class Gateway:
    """Takes each process through its chain, and tells nobody."""

    def __init__(self, stack: Stack, storm: Plan) -> None:
        self._stack = stack
        self._left = {each: iter(chain) for each, chain in storm.chains.items()}

    def advance(self, onboarding: str) -> None:
        if (word := next(self._left[onboarding], None)) is not None:
            step = {"state": word, "notice": False}
            answer = self._stack.gateway_control.post(f"/processes/{onboarding}/state", json=step)
            answer.raise_for_status()

    def finish(self) -> None:
        """What the storm did not get round to."""
        for onboarding, left in self._left.items():
            while left.__length_hint__():
                self.advance(onboarding)

    def says(self) -> dict[str, str]:
        answer = self._stack.gateway_control.get("/processes", timeout=60).raise_for_status()
        return {each["id"]: each["state"] for each in answer.json()["processes"]}


def onboardings(stack: Stack, count: int) -> list[str]:
    """So many people with their hosted page open."""

    def one(number: int) -> str:
        walk = start_onboarding(stack, Person(f"ada-{number}", "Ada Lovelace", "en"))
        walk.browser.close()
        return walk.id

    with ThreadPoolExecutor(4) as at_once:
        return list(at_once.map(one, range(count)))


def storm_over(stack: Stack, size: Size, seed: int, tell: Tell) -> None:
    storm = plan(onboardings(stack, size.onboardings), size.strangers, random.Random(seed))
    gateway = Gateway(stack, storm)
    senders = Senders(
        stack.addresses.server,
        stack.webhook_headers,
        storm.events,
        gateway.advance,
        clients=size.clients,
        per_second=size.per_second,
        enough=size.enough,
        seconds=size.seconds,
    )

    def nothing_is_missing() -> None:
        assert notice_checks.missing(senders.known_now(), stack.rows(notice_checks.INBOX)) == []

    killer = ProcessKiller(
        stack,
        random.Random(f"{seed} kills"),
        size.victims,
        size.calm,
        progress=lambda: senders.acknowledged,
        struck=nothing_is_missing,
    )
    began = time.monotonic()
    with senders:
        killer.rage(lambda: senders.busy)
    tell(f"{senders.record} in {time.monotonic() - began:.0f} s; killed {dict(killer.killed)}")
    nothing_is_missing()
    assert notice_checks.too_much(senders.record, stack.rows(notice_checks.INBOX)) == []
    assert killer.killed.keys() == set(size.victims)

    began = time.monotonic()
    gateway.finish()
    eventually(
        lambda: not notice_checks.astray(gateway.says(), stack.rows(notice_checks.ONBOARDINGS)),
        seconds=SETTLED_SECONDS,
        every=0.5,
    )
    later = time.monotonic() - began
    tell(f"{size.onboardings} onboardings where they should be {later:.0f} s later")
    assert gateway.says().keys() == storm.chains.keys()
    assert gateway_call_counts(stack)["creates"] == size.onboardings


@pytest.mark.both_databases
@pytest.mark.timeout(400)
def test_whatever_dies_every_acknowledged_notice_is_there_once_and_nobody_is_stuck(
    stormy: Stack, seed: int, tell: Tell
) -> None:
    storm_over(stormy, SMALL, seed, tell)


@pytest.mark.nightly
@pytest.mark.both_databases
@pytest.mark.timeout(3600)
def test_of_100_000_acknowledged_notices_none_is_lost_in_hundreds_of_kills(
    stormy: Stack, seed: int, tell: Tell
) -> None:
    storm_over(stormy, LARGE, seed, tell)
