"""Random interleavings of all steps in two processes end where an independent model expects."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
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

from tests.faults.conftest import ReportLine
from tests.faults.journey_databases import (  # noqa: F401 - fixtures
    TickingClock,
    address,
    delete_onboardings,
    kind,
    migrated_postgres,
    migrated_sqlite,
    postgres,
    tmp_path,
)
from tests.faults.model_checked_gateway import Killed, ModelCheckedGateway
from tests.faults.onboarding_model import (
    ACTIVE,
    MAY_EXPIRE,
    RANK,
    STATUS_OF_WORD,
    VERDICTS,
    OnboardingModel,
    status_of_word,
)
from tests.unit.journey.fakes import away
from tests.unit.journey.harness import JourneyHarness, unknown_id
from webapp.domain.errors import (
    Conflict,
    DecisionRefused,
    GatewayUnavailable,
    ReferenceExpired,
)
from webapp.domain.onboarding import Status
from webapp.domain.states import known_word
from webapp.gateway.errors import RequestRefused, Unauthorized
from webapp.journey.decision import Decision

WORDS = (*STATUS_OF_WORD, "verified", "VIDEO_AVAILABLE", "A_WORD_OF_NEXT_YEAR", "")
#: No sum of these is a whole day or fifteen seconds, so no limit is met to the millisecond.
TIME_STEPS = {"seconds": 4}, {"seconds": 20}, {"minutes": 7}, {"hours": 5}, {"hours": 29}
#: Faults of the next gateway call of a kind, before or after it takes effect.
FAULTS_BY_NAME: dict[str, Callable[[ModelCheckedGateway, str], None]] = {
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
process_indexes = st.sampled_from([0, 1])


class Interleavings(RuleBasedStateMachine):
    """One user, one flow, and two processes of the product on one database."""

    harnesses: list[JourneyHarness]

    def __init__(self) -> None:
        super().__init__()
        self.gateway: Any = self.harnesses[0].gateway
        self.clock = self.harnesses[0].clock
        self.model = self.gateway.model = OnboardingModel(self.clock)
        self.notices: Counter[tuple[str, str]] = Counter()
        self.visitor = self.harnesses[0].visitor("ada")
        self.flow = "default"

    def teardown(self) -> None:
        try:
            if self.model.rows:
                self._assert_none_is_stuck()
        finally:
            self.gateway.clear_faults()
            self.gateway.processes.clear()
            delete_onboardings(self.harnesses[0])

    @initialize(
        flow=st.sampled_from(["default", "host"]),
        fault=st.none() | st.sampled_from(sorted(FAULTS_BY_NAME)),
    )
    def first_click(self, flow: str, fault: str | None) -> None:
        self.flow = flow
        if fault:
            self.inject_fault("create", fault)
        self.click(0, unfinished=False)

    # Events

    @rule(process=process_indexes, unfinished=st.booleans())
    def click(self, process: int, unfinished: bool) -> None:
        with self.model.clicking():
            try:
                target = self.harnesses[process].begin(
                    self.visitor, self.flow, unfinished=unfinished
                )
            except GatewayUnavailable:
                target = None
            except Killed:
                target = None
            self._register_new_rows()
            if target is not None:
                assert target == self.model.clicked(unfinished=unfinished)

    @rule(
        process=process_indexes,
        number=which,
        word=words,
        notices=st.integers(0, 2),
        poll=st.booleans(),
    )
    def gateway_state_changes(
        self, process: int, number: int, word: str, notices: int, poll: bool
    ) -> None:
        """Change the state at the gateway; send `notices` notices; poll at once if `poll`."""
        if (onboarding := self._nth_newest(number)) in self.gateway.processes:
            self.gateway.processes[onboarding] = word
            if word and notices:
                self.notice(process, number, word, notices)
            if poll:
                self.jobs(process)

    @rule(process=process_indexes, number=which, word=st.sampled_from(sorted(STATUS_OF_WORD)))
    def gateway_state_changes_and_is_polled(self, process: int, number: int, word: str) -> None:
        self.gateway_state_changes(process, number, word, notices=1, poll=True)

    @rule(
        process=process_indexes, number=which, verdict=st.sampled_from(["VERIFIED", "NOT_VERIFIED"])
    )
    def gateway_reaches_verdict(self, process: int, number: int, verdict: str) -> None:
        self.gateway_state_changes(process, number, verdict, notices=1, poll=True)

    @rule(number=which)
    def gateway_loses_process(self, number: int) -> None:
        if (onboarding := self._nth_newest(number)) in self.gateway.processes:
            self.gateway.processes[onboarding] = None

    @rule(process=process_indexes, number=which, word=words.filter(bool), times=st.integers(1, 2))
    def notice(self, process: int, number: int, word: str, times: int) -> None:
        """Send a notice, which may be false, early or late."""
        onboarding = self._nth_newest(number) or unknown_id()
        for _ in range(times):
            self.harnesses[process].notice(onboarding, word)
            self.notices[onboarding, word] += 1

    @rule(process=process_indexes, number=which, error=st.sampled_from([None, "PermissionError"]))
    def browser_returns(self, process: int, number: int, error: str | None) -> None:
        if onboarding := self._nth_newest(number):
            if self.model.returned(onboarding, failed=error is not None):
                self.harnesses[process].back(onboarding, error)
            else:
                with pytest.raises(ReferenceExpired):
                    self.harnesses[process].back(onboarding, error)

    @rule(process=process_indexes)
    def jobs(self, process: int) -> None:
        """Make all due polls, as the jobs process does."""
        harness = self.harnesses[process]
        for onboarding, _planned in harness.gateway_poll.due_polls():
            try:
                harness.gateway_poll.poll(onboarding)
            except GatewayUnavailable:
                harness.gateway_poll.postpone(onboarding)
            except Killed:
                continue
            else:
                self.model.polled(onboarding)

    @rule(
        process=process_indexes, number=which, what=st.sampled_from(["accept", "reject", "review"])
    )
    def operator(self, process: int, number: int, what: str) -> None:
        if not (onboarding := self._nth_newest(number)):
            return
        expected_status = {"accept": "verified", "reject": "rejected", "review": "in_review"}[what]
        possible = ("deciding",) if what == "review" else ("deciding", "in_review")
        before = self.model.rows[onboarding].status
        harness = self.harnesses[process]
        step = Decision(harness.deps, harness.gateway_poll, confirmation_seconds=0)
        decide = getattr(step, what)
        more = {"comment": "seen by Olga"} if what == "reject" else {}
        try:
            result = decide(onboarding, actor="olga", **more)
        except Conflict as conflict:
            ended = conflict.status
        except DecisionRefused:
            assert before in possible
            return
        except Killed:
            return
        else:
            ended = result.onboarding.status
            if result.decision is not None:  # polls carry it out
                assert before in possible
                return
            assert ended == expected_status
        assert ended == self._status(onboarding)

    @rule(step=st.sampled_from(TIME_STEPS))
    def time_passes(self, step: dict[str, float]) -> None:
        self.clock.advance(**step)

    @rule(number=which, sure=st.integers(0, 4))
    def erase(self, number: int, sure: int) -> None:
        """Erase the row in one of five cases, since little can follow; the process remains."""
        if sure == 4 and (onboarding := self._nth_newest(number)):
            self.harnesses[0].put(onboarding, status=Status.ERASED)
            self.model.rows[onboarding].status = "erased"

    @rule(process=process_indexes, times=st.integers(1, 3), deleted=st.booleans())
    def page_fails_repeatedly(self, process: int, times: int, deleted: bool) -> None:
        """The page reports an error and the user tries again, up to a replacement process."""
        if not deleted:
            self.inject_fault("delete", "no answer")
        for _ in range(times):
            self.browser_returns(process, 0, "PermissionError")
            self.click(process, unfinished=False)

    @rule(process=process_indexes, poll_count=st.integers(1, 3))
    def days_pass(self, process: int, poll_count: int) -> None:
        for _ in range(poll_count):
            self.clock.advance(hours=29)
            self.jobs(process)

    @rule(call=st.sampled_from(CALLS), fault=st.sampled_from(sorted(FAULTS_BY_NAME)))
    def inject_fault(self, call: str, fault: str) -> None:
        """Inject a fault into the next call of this kind."""
        FAULTS_BY_NAME[fault](self.gateway, call)

    @rule(
        call=st.sampled_from(CALLS),
        what=st.sampled_from(["click", "notice", "back", "failed", "jobs", "verdict", "operator"]),
        number=which,
    )
    def interrupt_next_call(self, call: str, what: str, number: int) -> None:
        """During the next call of this kind the other process handles an event."""
        self.gateway.meanwhile[call] = {
            "click": lambda: self.click(1, False),
            "notice": lambda: self.notice(1, number, "VERIFIED", 1),
            "back": lambda: self.browser_returns(1, number, None),
            "failed": lambda: self.browser_returns(1, number, "TimeoutError"),
            "jobs": lambda: self.jobs(1),
            "verdict": lambda: self.gateway_state_changes(1, number, "NOT_VERIFIED", 1, True),
            "operator": lambda: self.operator(1, number, "accept"),
        }[what]

    # Invariants

    @invariant()
    def statuses_match_model(self) -> None:
        rows = self._rows()
        statuses = {id_: status for id_, (status, _next_poll_at) in rows.items()}
        assert statuses == {row.id: row.status for row in self.model.rows.values()}
        without_planned_poll = [
            id_
            for id_, (status, next_poll_at) in rows.items()
            if status in ACTIVE and next_poll_at is None
        ]
        assert not without_planned_poll

    # Checks at the end of an example

    def _assert_none_is_stuck(self) -> None:
        """Check all onboardings after days without notices, then after repeated notices."""
        self.gateway.clear_faults()
        self._let_time_pass()
        for row in self.model.rows.values():
            word = self.gateway.processes.get(row.id)
            assert row.status not in MAY_EXPIRE, row
            if row.active:
                assert word is not None, f"the gateway has lost it: {row}"
                assert RANK[row.status] >= RANK.get(status_of_word(word), 0), (row, word)
                assert (row.status, word) != ("deciding", "PENDING_VALIDATION"), "not in review"
        notices = {id_: word for id_, word in self.gateway.processes.items() if word}
        for onboarding, word in notices.items():
            self.harnesses[0].notice(onboarding, word)
            self.notices[onboarding, word] += 1
        self._let_time_pass()
        for onboarding, word in notices.items():
            row = self.model.rows[onboarding]
            if status_of_word(word) in VERDICTS:
                accepted = (status_of_word(word), "erased")
                assert row.contradicted or row.status in accepted, (row, word)
            assert row.active or not self.harnesses[0].open_notices(onboarding)
        self.statuses_match_model()
        self._assert_notices_and_contradictions_are_stored()

    def _let_time_pass(self) -> None:
        """Make the planned polls, then repeatedly those of some days later."""
        for days in (0, 0, 0, 0, 2, 2, 2, 2, 2):
            self.clock.advance(days=days)
            planned = [
                next_poll_at for _status, next_poll_at in self._rows().values() if next_poll_at
            ]
            if not planned:
                return
            # The clock ticks with each read, so it may be after a planned poll already.
            self.clock.moment = max(self.clock.moment, *map(_aware, planned))
            self.clock.advance(seconds=1)
            self.jobs(0)

    def _assert_notices_and_contradictions_are_stored(self) -> None:
        with self.harnesses[0].engine.connect() as connection:
            kept = connection.execute(text("SELECT verification_id, status, times FROM inbox"))
            stored = {(row[0], row[1]): row[2] for row in kept}
        assert self._without_deleted(stored) == self._without_deleted(self.notices)
        for row in self.model.rows.values():
            events = self.harnesses[0].events(row.id)
            assert ("gateway_contradicts" in events) == row.contradicted

    def _without_deleted(self, notices: Mapping[tuple[str, str], int]) -> dict[Any, int]:
        """Leave out notices that an erasure deletes: those with unknown words."""
        erased = {row.id for row in self.model.rows.values() if row.status == "erased"}
        return {
            (id_, word): times
            for (id_, word), times in notices.items()
            if id_ not in erased or known_word(word) != "unknown"
        }

    def _nth_newest(self, number: int) -> str | None:
        """Return the id that is `number` places before the newest, modulo their count."""
        known = list(self.model.rows)
        return known[-1 - number % len(known)] if known else None

    def _status(self, onboarding: str) -> str:
        return self.model.rows[onboarding].status

    def _register_new_rows(self) -> None:
        self.model.appeared(self._rows().keys() - self.model.rows.keys())

    def _rows(self) -> dict[str, tuple[str, Any]]:
        with self.harnesses[0].engine.connect() as connection:
            rows = connection.execute(text("SELECT id, status, next_poll_at FROM onboardings"))
            return {row.id: (row.status, row.next_poll_at) for row in rows}


def _aware(moment: Any) -> datetime:
    """Convert SQLite's text to a UTC time."""
    if isinstance(moment, str):
        return datetime.fromisoformat(moment).replace(tzinfo=UTC)
    return moment


@pytest.fixture
def harnesses(address: str) -> Iterator[list[JourneyHarness]]:  # noqa: F811
    gateway, clock = ModelCheckedGateway(), TickingClock()
    both = [JourneyHarness(address, gateway, clock), JourneyHarness(address, gateway, clock)]
    yield both
    for harness in both:
        harness.close()


#: Examples are slower on PostgreSQL, which takes a round trip per statement.
SHARE = {"sqlite": 1.0, "postgresql": 0.4}


@pytest.mark.parametrize("examples", [12, pytest.param(10_000, marks=pytest.mark.nightly)])
def test_journey_after_random_interleavings_matches_model(
    harnesses: list[JourneyHarness],
    database_kind: str,
    seed: int,
    report_line: ReportLine,
    examples: int,
) -> None:
    machine = use_seed(seed)(type("Interleavings", (Interleavings,), {"harnesses": harnesses}))
    count = round(examples * SHARE[database_kind])
    report_line(f"{count:,} examples of up to {STEPS} steps")
    chosen = settings(
        max_examples=count, stateful_step_count=STEPS, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(machine, settings=chosen)
