"""Where an onboarding stands follows from the set of facts, with the gateway as the referee."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import seed as use_seed
from hypothesis import strategies as st

from tests.faults.journey_databases import (  # noqa: F401 - fixtures
    address,
    emptied,
    kind,
    migrated_postgres,
    migrated_sqlite,
    postgres,
    tmp_path,
)
from tests.faults.notice_load import CHAINS
from tests.unit.journey.harness import JourneyHarness

#: Told once more, by hand: where each last word of the gateway leads. Nobody decides here, so
#: what is to be validated is handed to a reviewer.
ENDS = {
    "PENDING_VALIDATION": "in_review",
    "PENDING_VERIFICATION": "in_review",
    "VERIFIED": "verified",
    "NOT_VERIFIED": "rejected",
}
NOTICES = (*ENDS, "VIDEO_AVAILABLE", "A_WORD_OF_NEXT_YEAR")
ERRORS = (None, "PermissionError", "TimeoutError")

chains = st.sampled_from(CHAINS)
facts = st.one_of(
    st.tuples(st.just("notice"), st.sampled_from(NOTICES)),
    st.tuples(st.just("back"), st.sampled_from(ERRORS)),
    st.just(("jobs", None)),
)
several = st.lists(facts, max_size=8)
numbers = st.lists(st.integers(0, 7), max_size=6)
Fact = tuple[str, str | None]


@dataclass
class Telling:
    """One onboarding, and all that is told of it."""

    harness: JourneyHarness
    onboarding: str

    def tell(self, fact: Fact) -> None:
        what, word = fact
        if what == "truth":
            self.harness.set_gateway_word(self.onboarding, str(word))
        elif what == "notice":
            self.harness.notice(self.onboarding, str(word))
        elif what == "back":
            self.harness.back(self.onboarding, word)
        else:
            self.harness.run_due()
        self.harness.clock.advance(milliseconds=1)

    def ends(self) -> tuple[str, str | None, tuple[str, ...]]:
        """Status, word of the gateway and reasons once all is quiet."""
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


def told(harness: JourneyHarness, order: Sequence[Fact]) -> tuple[str, str | None, tuple[str, ...]]:
    telling = Telling(harness, harness.begin(harness.visitor("ada")))
    for fact in order:
        telling.tell(fact)
    ended = telling.ends()
    harness.gateway.processes.clear()
    emptied(harness)
    return ended


def interwoven(chain: Sequence[str], others: list[Fact], places: Callable[[], float]) -> list[Fact]:
    """The gateway's own words in their order, everything else anywhere between them."""
    truth = sorted(places() for _ in chain)
    placed: list[tuple[float, Fact]] = [
        (place, ("truth", word)) for place, word in zip(truth, chain, strict=True)
    ]
    placed += [(places(), each) for each in others]
    return [fact for _, fact in sorted(placed, key=lambda one: one[0])]


@pytest.mark.both_databases
def test_order_and_repetition_of_everything_told_do_not_matter(
    harness: JourneyHarness, seed: int
) -> None:
    @use_seed(seed)
    @given(
        chains, st.lists(facts, max_size=8), st.lists(st.integers(0, 7), max_size=6), st.randoms()
    )
    def check(chain: Sequence[str], others: list[Fact], again: list[int], chance: object) -> None:
        repeats = [others[number % len(others)] for number in again if others]
        one = told(harness, interwoven(chain, others, chance.random))  # type: ignore[attr-defined]
        more = told(harness, interwoven(chain, others + repeats, chance.random))  # type: ignore[attr-defined]
        assert one == more
        assert one[0] == ENDS[chain[-1]]

    check()
