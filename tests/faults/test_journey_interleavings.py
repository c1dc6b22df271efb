"""Whatever happens in whatever order, the steps end where an independent model says."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import seed as use_seed
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text

from tests.faults.conftest import Tell
from tests.faults.journey_databases import (  # noqa: F401 - fixtures
    Ticking,
    address,
    emptied,
    kind,
    migrated_postgres,
    migrated_sqlite,
    postgres,
    tmp_path,
)
from tests.faults.model_checked_gateway import Killed, ModelCheckedGateway
from tests.faults.onboarding_model import (
    ACTIVE,
    ASKS_FOR,
    FAR,
    MAY_EXPIRE,
    VERDICTS,
    Model,
    asks_for,
)
from tests.unit.journey.fakes import away
from tests.unit.journey.harness import JourneyHarness, unknown_id
from webapp.domain.errors import Conflict, GatewayUnavailable, ReferenceExpired
from webapp.domain.onboarding import Status
from webapp.gateway.errors import RequestRefused, Unauthorized
from webapp.journey.decision import Decision

WORDS = (*ASKS_FOR, "verified", "VIDEO_AVAILABLE", "A_WORD_OF_NEXT_YEAR", "")
#: No sum of these is a whole day or fifteen seconds, so no limit is met to the millisecond.
TURNS = {"seconds": 4}, {"seconds": 20}, {"minutes": 7}, {"hours": 5}, {"hours": 29}
#: What may go wrong with the next call of a kind: before it has done anything, or after.
TROUBLES: dict[str, Callable[[ModelCheckedGateway, str], None]] = {
    "never came": lambda gateway, call: gateway.errors[call].append(away(maybe_sent=False)),
    "no answer": lambda gateway, call: gateway.errors[call].append(away()),
    "answer lost": lambda gateway, call: gateway.lost_answers.update([call]),
    "refused": lambda gateway, call: gateway.errors[call].append(RequestRefused("400", status=400)),
    "401": lambda gateway, call: gateway.errors[call].append(Unauthorized("401", status=401)),
    "killed before": lambda gateway, call: gateway.errors[call].append(Killed()),  # type: ignore[arg-type]
    "killed after": lambda gateway, call: gateway.killed.update([call]),
}
CALLS = ("create", "read", "delete", "send_to_review", "accept", "reject")

STEPS = 30

which = st.integers(0, 3)
words = st.sampled_from(WORDS)
homes = st.sampled_from([0, 1])


class Interleavings(RuleBasedStateMachine):
    """One person, one flow, two processes of ours (`homes`) over one database."""

    harnesses: list[JourneyHarness]

    def __init__(self) -> None:
        super().__init__()
        self.gateway: Any = self.harnesses[0].gateway
        self.clock = self.harnesses[0].clock
        self.model = self.gateway.model = Model(self.clock)
        self.notices: Counter[tuple[str, str]] = Counter()
        self.visitor = self.harnesses[0].visitor("ada")
        self.flow = "default"

    def teardown(self) -> None:
        try:
            if self.model.rows:
                self._nobody_is_stuck()
        finally:
            self.gateway.well_again()
            self.gateway.processes.clear()
            emptied(self.harnesses[0])

    @initialize(
        flow=st.sampled_from(["default", "host"]),
        trouble=st.none() | st.sampled_from(sorted(TROUBLES)),
    )
    def first_click(self, flow: str, trouble: str | None) -> None:
        self.flow = flow
        if trouble:
            self.goes_wrong("create", trouble)
        self.click(0, unfinished=False)

    # What happens

    @rule(home=homes, unfinished=st.booleans())
    def click(self, home: int, unfinished: bool) -> None:
        with self.model.clicking():
            try:
                led = self.harnesses[home].begin(self.visitor, self.flow, unfinished=unfinished)
            except GatewayUnavailable:
                led = None
            except Killed:
                led = None
            self._look_for_new_rows()
            if led is not None:
                assert led == self.model.clicked(unfinished=unfinished)

    @rule(home=homes, number=which, word=words, told=st.integers(0, 2), read=st.booleans())
    def gateway_decides(self, home: int, number: int, word: str, told: int, read: bool) -> None:
        """And tells nobody, or us, or us twice; and is read back at once, or not."""
        if (onboarding := self._some(number)) in self.gateway.processes:
            self.gateway.processes[onboarding] = word
            if word and told:
                self.notice(home, number, word, told)
            if read:
                self.jobs(home)

    @rule(home=homes, number=which, word=st.sampled_from(sorted(ASKS_FOR)))
    def gateway_decides_and_is_heard(self, home: int, number: int, word: str) -> None:
        self.gateway_decides(home, number, word, told=1, read=True)

    @rule(home=homes, number=which, verdict=st.sampled_from(["VERIFIED", "NOT_VERIFIED"]))
    def gateway_ends_it(self, home: int, number: int, verdict: str) -> None:
        self.gateway_decides(home, number, verdict, told=1, read=True)

    @rule(number=which)
    def gateway_forgets(self, number: int) -> None:
        if (onboarding := self._some(number)) in self.gateway.processes:
            self.gateway.processes[onboarding] = None

    @rule(home=homes, number=which, word=words.filter(bool), times=st.integers(1, 2))
    def notice(self, home: int, number: int, word: str, times: int) -> None:
        """True or not, early or late."""
        onboarding = self._some(number) or unknown_id()
        for _ in range(times):
            self.harnesses[home].notice(onboarding, word)
            self.notices[onboarding, word] += 1

    @rule(home=homes, number=which, error=st.sampled_from([None, "PermissionError"]))
    def come_back(self, home: int, number: int, error: str | None) -> None:
        if onboarding := self._some(number):
            if self.model.returned(onboarding, failed=error is not None):
                self.harnesses[home].back(onboarding, error)
            else:
                with pytest.raises(ReferenceExpired):
                    self.harnesses[home].back(onboarding, error)

    @rule(home=homes)
    def jobs(self, home: int) -> None:
        """What the jobs process does at this moment."""
        harness = self.harnesses[home]
        for onboarding, _planned in harness.gateway_poll.due_polls():
            try:
                harness.gateway_poll.poll(onboarding)
            except GatewayUnavailable:
                harness.gateway_poll.postpone(onboarding)
            except Killed:
                continue
            else:
                self.model.looked_at(onboarding)

    @rule(home=homes, number=which, what=st.sampled_from(["accept", "reject", "review"]))
    def operator(self, home: int, number: int, what: str) -> None:
        if not (onboarding := self._some(number)):
            return
        wanted = {"accept": "verified", "reject": "rejected", "review": "in_review"}[what]
        possible = ("deciding",) if what == "review" else ("deciding", "in_review")
        before = self.model.rows[onboarding].status
        harness = self.harnesses[home]
        decide = getattr(Decision(harness.deps, self.gateway, harness.gateway_poll), what)
        more = {"comment": "seen by Olga"} if what == "reject" else {}
        try:
            after = decide(onboarding, actor="olga", **more)
        except Conflict as conflict:
            ended = conflict.status
        except GatewayUnavailable:
            assert before in possible
            return
        except Killed:
            return
        else:
            ended = after.status
            assert ended == wanted
        assert ended == self._status(onboarding)

    @rule(turn=st.sampled_from(TURNS))
    def time_passes(self, turn: dict[str, float]) -> None:
        self.clock.advance(**turn)

    @rule(number=which, sure=st.integers(0, 4))
    def erase(self, number: int, sure: int) -> None:
        """Not often, for little happens afterwards. The row alone: the gateway may still speak."""
        if sure == 4 and (onboarding := self._some(number)):
            self.harnesses[0].put(onboarding, status=Status.ERASED)
            self.model.rows[onboarding].status = "erased"

    @rule(home=homes, times=st.integers(1, 3), deleted=st.booleans())
    def breaks_off(self, home: int, times: int, deleted: bool) -> None:
        """The page reports an error and the person tries again; at last in a new process."""
        if not deleted:
            self.goes_wrong("delete", "no answer")
        for _ in range(times):
            self.come_back(home, 0, "PermissionError")
            self.click(home, unfinished=False)

    @rule(home=homes, poll_count=st.integers(1, 3))
    def is_left_alone(self, home: int, poll_count: int) -> None:
        for _ in range(poll_count):
            self.clock.advance(hours=29)
            self.jobs(home)

    @rule(call=st.sampled_from(CALLS), trouble=st.sampled_from(sorted(TROUBLES)))
    def goes_wrong(self, call: str, trouble: str) -> None:
        """The next call of this kind."""
        TROUBLES[trouble](self.gateway, call)

    @rule(
        call=st.sampled_from(CALLS),
        what=st.sampled_from(["click", "notice", "back", "failed", "jobs", "verdict", "operator"]),
        number=which,
    )
    def in_the_middle(self, call: str, what: str, number: int) -> None:
        """In the middle of the next call of this kind the other process does something."""
        self.gateway.meanwhile[call] = {
            "click": lambda: self.click(1, False),
            "notice": lambda: self.notice(1, number, "VERIFIED", 1),
            "back": lambda: self.come_back(1, number, None),
            "failed": lambda: self.come_back(1, number, "TimeoutError"),
            "jobs": lambda: self.jobs(1),
            "verdict": lambda: self.gateway_decides(1, number, "NOT_VERIFIED", 1, True),
            "operator": lambda: self.operator(1, number, "accept"),
        }[what]

    # What is always true

    @invariant()
    def as_the_model_says(self) -> None:
        rows = self._rows()
        stands = {id_: status for id_, (status, _look_at) in rows.items()}
        assert stands == {row.id: row.status for row in self.model.rows.values()}
        never_asked_again = [
            id_
            for id_, (status, next_poll_at) in rows.items()
            if status in ACTIVE and next_poll_at is None
        ]
        assert not never_asked_again

    # What is true in the end

    def _nobody_is_stuck(self) -> None:
        """First nobody tells us anything, then the gateway repeats all that it has said."""
        self.gateway.well_again()
        self._let_time_pass()
        for row in self.model.rows.values():
            word = self.gateway.processes.get(row.id)
            assert row.status not in MAY_EXPIRE, row
            if row.active:
                assert word is not None, f"the gateway has lost it: {row}"
                assert FAR[row.status] >= FAR.get(asks_for(word), 0), (row, word)
                assert (row.status, word) != ("deciding", "PENDING_VALIDATION"), "nobody decides"
        told = {id_: word for id_, word in self.gateway.processes.items() if word}
        for onboarding, word in told.items():
            self.harnesses[0].notice(onboarding, word)
            self.notices[onboarding, word] += 1
        self._let_time_pass()
        for onboarding, word in told.items():
            row = self.model.rows[onboarding]
            if asks_for(word) in VERDICTS:
                assert row.contradicted or row.status in (asks_for(word), "erased"), (row, word)
            assert row.active or not self.harnesses[0].open_notices(onboarding)
        self.as_the_model_says()
        self._everything_is_on_record()

    def _let_time_pass(self) -> None:
        """Look when it is planned, and then some days later, again and again."""
        for days in (0, 0, 0, 0, 2, 2, 2, 2, 2):
            self.clock.advance(days=days)
            planned = [
                next_poll_at for _status, next_poll_at in self._rows().values() if next_poll_at
            ]
            if not planned:
                return
            # The model's clock is some looks behind: nothing is decided by those.
            self.clock.moment = max(self.clock.moment, *map(_aware, planned))
            self.clock.advance(seconds=1)
            self.jobs(0)

    def _everything_is_on_record(self) -> None:
        with self.harnesses[0].engine.connect() as connection:
            kept = connection.execute(text("SELECT verification_id, status, times FROM inbox"))
            assert {(row[0], row[1]): row[2] for row in kept} == self.notices
        for row in self.model.rows.values():
            events = self.harnesses[0].events(row.id)
            assert ("gateway_contradicts" in events) == row.contradicted

    def _some(self, number: int) -> str | None:
        """The newest but so many, and round again."""
        known = list(self.model.rows)
        return known[-1 - number % len(known)] if known else None

    def _status(self, onboarding: str) -> str:
        return self.model.rows[onboarding].status

    def _look_for_new_rows(self) -> None:
        self.model.appeared(self._rows().keys() - self.model.rows.keys())

    def _rows(self) -> dict[str, tuple[str, Any]]:
        with self.harnesses[0].engine.connect() as connection:
            rows = connection.execute(text("SELECT id, status, next_poll_at FROM onboardings"))
            return {row.id: (row.status, row.next_poll_at) for row in rows}


def _aware(moment: Any) -> datetime:
    """SQLite has no times, and PostgreSQL has its own zone."""
    if isinstance(moment, str):
        return datetime.fromisoformat(moment).replace(tzinfo=UTC)
    return moment


@pytest.fixture
def harnesses(address: str) -> Iterator[list[JourneyHarness]]:  # noqa: F811
    gateway, clock = ModelCheckedGateway(), Ticking()
    both = [JourneyHarness(address, gateway, clock), JourneyHarness(address, gateway, clock)]
    yield both
    for harness in both:
        harness.close()


#: An example takes longer where each statement is a conversation.
SHARE = {"sqlite": 1.0, "postgresql": 0.4}


@pytest.mark.both_databases
def test_steps_and_model_agree_whatever_happens_in_whatever_order(
    harnesses: list[JourneyHarness], database_kind: str, seed: int, tell: Tell
) -> None:
    machine = use_seed(seed)(type("Interleavings", (Interleavings,), {"harnesses": harnesses}))
    examples = round(settings.default.max_examples * SHARE[database_kind])
    tell(f"{examples:,} examples of up to {STEPS} steps")
    chosen = settings(
        max_examples=examples, stateful_step_count=STEPS, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(machine, settings=chosen)
