"""The final status of an onboarding does not depend on the order or repetition of events."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import seed as use_seed
from hypothesis import strategies as st

from tests.faults.journey_databases import (  # noqa: F401 - fixtures
    address,
    delete_onboardings,
    kind,
    migrated_postgres,
    migrated_sqlite,
    postgres,
    tmp_path,
)
from tests.faults.notice_load import STATE_CHAINS
from tests.unit.journey.harness import JourneyHarness

#: Status after each last word of the gateway. Without a decision of the host site an onboarding
#: that awaits validation goes to manual review.
FINAL_STATUS = {
    "PENDING_VALIDATION": "in_review",
    "PENDING_VERIFICATION": "in_review",
    "VERIFIED": "verified",
    "NOT_VERIFIED": "rejected",
}
NOTICES = (*FINAL_STATUS, "VIDEO_AVAILABLE", "A_WORD_OF_NEXT_YEAR")
ERRORS = (None, "PermissionError", "TimeoutError")

chains = st.sampled_from(STATE_CHAINS)
events = st.one_of(
    st.tuples(st.just("notice"), st.sampled_from(NOTICES)),
    st.tuples(st.just("back"), st.sampled_from(ERRORS)),
    st.just(("jobs", None)),
)
event_lists = st.lists(events, max_size=8)
repeated_indexes = st.lists(st.integers(0, 7), max_size=6)
Event = tuple[str, str | None]
Result = tuple[str, str | None, tuple[str, ...]]


@dataclass
class EventPlayer:
    """Applies events to one onboarding."""

    harness: JourneyHarness
    onboarding: str

    def apply(self, event: Event) -> None:
        what, word = event
        if what == "state":
            self.harness.set_gateway_word(self.onboarding, str(word))
        elif what == "notice":
            self.harness.notice(self.onboarding, str(word))
        elif what == "back":
            self.harness.back(self.onboarding, word)
        else:
            self.harness.run_due()
        self.harness.clock.advance(milliseconds=1)

    def result(self) -> Result:
        """Make all due polls; return the status, the gateway's word and the reasons."""
        for _ in range(6):
            self.harness.clock.advance(minutes=20)
            self.harness.run_due()
        row = self.harness.row(self.onboarding)
        return str(row.status), row.gateway_status, tuple(str(one.code) for one in row.reasons)


@pytest.fixture
def harness(address: str) -> Iterator[JourneyHarness]:  # noqa: F811
    harness = JourneyHarness(address)
    yield harness
    harness.close()


def result_of(harness: JourneyHarness, events: Sequence[Event]) -> Result:
    """Start an onboarding, apply the events and return the result."""
    player = EventPlayer(harness, harness.begin(harness.visitor("ada")))
    for event in events:
        player.apply(event)
    result = player.result()
    harness.gateway.processes.clear()
    delete_onboardings(harness)
    return result


def merge(chain: Sequence[str], others: list[Event], position: Callable[[], float]) -> list[Event]:
    """Merge the gateway's states, in their order, with other events at random positions."""
    state_positions = sorted(position() for _ in chain)
    positioned: list[tuple[float, Event]] = [
        (at, ("state", word)) for at, word in zip(state_positions, chain, strict=True)
    ]
    positioned += [(position(), each) for each in others]
    return [event for _, event in sorted(positioned, key=lambda one: one[0])]


@pytest.mark.parametrize("examples", [30, pytest.param(10_000, marks=pytest.mark.nightly)])
def test_status_after_reordered_and_repeated_events_is_the_same(
    harness: JourneyHarness, seed: int, examples: int
) -> None:
    @use_seed(seed)
    @settings(max_examples=examples)
    @given(chains, event_lists, repeated_indexes, st.randoms())
    def check(chain: Sequence[str], others: list[Event], again: list[int], random_: Random) -> None:
        repeats = [others[number % len(others)] for number in again if others]
        once = result_of(harness, merge(chain, others, random_.random))
        repeated = result_of(harness, merge(chain, others + repeats, random_.random))
        assert once == repeated
        assert once[0] == FINAL_STATUS[chain[-1]]

    check()
