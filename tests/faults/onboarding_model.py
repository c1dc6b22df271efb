"""Independent model of one user's onboardings of one flow, written from the documentation.

Imports nothing of the product. A test reports each external event (a click, a return of the
browser, an answer of the gateway). The model derives the expected statuses, and raises
AssertionError for gateway calls that must never be made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

#: The status behind each word of the gateway, and the rank of statuses: they only increase.
STATUS_OF_WORD = {
    "PENDING_VALIDATION": "deciding",
    "PENDING_VERIFICATION": "in_review",
    "PENDING": "in_review",
    "VERIFIED": "verified",
    "NOT_VERIFIED": "rejected",
}
RANK = {"deciding": 1, "in_review": 2, "verified": 3, "rejected": 3, "erased": 4}
VERDICTS = ("verified", "rejected")
LOCAL_END_STATUSES = ("expired", "canceled")
AWAITING_USER = ("created", "started", "interrupted")
MAY_EXPIRE = (*AWAITING_USER, "submitted")
ACTIVE = (*MAY_EXPIRE, "deciding", "in_review")
EXPIRY, GRACE = timedelta(hours=48), timedelta(hours=24)
ATTEMPTS, STARTS_PER_DAY = 3, 10
LOST_READS, LOST_AFTER = 3, timedelta(hours=24)
#: While a create call may be in flight, no process makes another one.
LEASE = timedelta(seconds=15)


def status_of_word(word: str) -> str | None:
    """Return the status behind a word, in any letter case; None if it is not a status."""
    return STATUS_OF_WORD.get(word.strip().upper())


@dataclass
class ModelOnboarding:
    """Expected state of an onboarding.

    `known`: the gateway has answered with a word. `submitted`: it counts as an attempt.
    """

    id: str
    created_at: datetime
    status: str = "created"
    creates: int = 0
    known: bool = False
    submitted: bool = False
    interruptions: int = 0
    contradicted: bool = False
    unanswered_polls: int = 0
    unanswered_since: datetime | None = None
    in_flight_until: datetime | None = None

    @property
    def expires_at(self) -> datetime:
        return self.created_at + EXPIRY

    @property
    def active(self) -> bool:
        return self.status in ACTIVE


@dataclass
class Click:
    """A start in progress.

    `successors`: replacement rows that are due and not seen yet. `replaced_after_refusal`: a row
    was replaced because its hosted address was lost.
    """

    successors: int = 0
    replaced_after_refusal: bool = False


class OnboardingModel:
    """The model; `clock` is that of the tested steps."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.rows: dict[str, ModelOnboarding] = {}
        self._clock = clock
        self._clicks: list[Click] = []

    @property
    def active(self) -> ModelOnboarding | None:
        found = [row for row in self.rows.values() if row.active]
        assert len(found) <= 1, f"several active at once: {found}"
        return found[0] if found else None

    # Events of the gateway

    def answered(self, onboarding: str, word: str) -> None:
        """Apply an authenticated answer: a status advances and never returns."""
        row = self.rows[onboarding]
        row.known |= bool(word)
        row.unanswered_polls, row.unanswered_since = 0, None
        next_status = status_of_word(word)
        if next_status is not None and self._advances(row, next_status):
            row.status, row.submitted = next_status, True
        elif row.status in VERDICTS and next_status in VERDICTS and next_status != row.status:
            row.contradicted = True
        self.polled(onboarding)

    def _advances(self, row: ModelOnboarding, next_status: str) -> bool:
        if row.status in LOCAL_END_STATUSES:
            return next_status in VERDICTS or (
                self.active is None and not self._clicks_with_successors()
            )
        return RANK[next_status] > RANK.get(row.status, 0)

    def answer_refused(self, onboarding: str) -> None:
        """The gateway refused to answer: no data yet or, after an earlier word, a lost process.

        An active process is canceled after LOST_READS such answers over LOST_AFTER.
        """
        row, now = self.rows[onboarding], self._clock()
        if not (row.known and row.active):
            row.unanswered_polls, row.unanswered_since = 0, None
        else:
            row.unanswered_polls += 1
            row.unanswered_since = row.unanswered_since or now
            if row.unanswered_polls >= LOST_READS and now >= row.unanswered_since + LOST_AFTER:
                row.status = "canceled"
        self.polled(onboarding)

    def polled(self, onboarding: str) -> None:
        """Expire it if its time is over, except while a decision is awaited."""
        row = self.rows[onboarding]
        if row.status in MAY_EXPIRE and self._clock() >= row.expires_at:
            row.status = "expired"

    def create_called(self, onboarding: str) -> None:
        """The paid call: once per row, except after an error, and never twice in flight."""
        if onboarding not in self.rows:
            self.appeared([onboarding])
        row, now = self.rows[onboarding], self._clock()
        assert row.status == "created", f"a second create: {row}"
        assert row.in_flight_until is None or now >= row.in_flight_until, f"two at once: {row}"
        row.creates += 1
        row.in_flight_until = now + LEASE

    def create_answered(self, onboarding: str) -> None:
        row = self.rows[onboarding]
        row.in_flight_until = None
        if row.status == "created":
            row.status = "started"

    def create_failed(self, onboarding: str, *, refused: bool) -> None:
        """Handle a failed create call.

        A refusal of the first call means wrong settings. A refusal of a later call means that an
        answer was lost: the row is replaced, at most once per click.
        """
        row = self.rows[onboarding]
        row.in_flight_until = None
        if refused and row.status == "created":
            if row.creates == 1:
                row.status = "canceled"
            elif not self._clicks[-1].replaced_after_refusal:
                self._clicks[-1].replaced_after_refusal = True
                self._replace(row)

    def delete_called(self, onboarding: str) -> None:
        """Only replaced rows are deleted; a row is replaced after its second interruption."""
        row = self.rows[onboarding]
        if row.status == "interrupted":
            assert row.interruptions > 1, f"not offered once more: {row}"
            self._replace(row)
        assert row.status == "canceled", f"deleted, but not replaced: {row}"

    def _replace(self, row: ModelOnboarding) -> None:
        row.status = "canceled"
        if not self._verified():
            self._clicks[-1].successors += 1

    def decision_called(self, onboarding: str, *, review: bool) -> None:
        """A decision is sent only in a status that allows it."""
        possible = ("deciding",) if review else ("deciding", "in_review")
        assert self.rows[onboarding].status in possible, self.rows[onboarding]

    # Events of the user

    def returned(self, onboarding: str, *, failed: bool) -> bool:
        """The browser returned. Return False if the reference is too old."""
        row = self.rows[onboarding]
        if self._clock() > row.expires_at + GRACE:
            return False
        if row.status in ("started", "interrupted") and not failed:
            row.status, row.submitted = "submitted", True
        elif row.status == "started":
            row.status = "interrupted"
            row.interruptions += 1
        return True

    @contextmanager
    def clicking(self) -> Iterator[None]:
        """Context of one click.

        A row without any create call expires without a call. An unfinished row is canceled if
        another one has been verified meanwhile.
        """
        row = self.active
        if row is not None and row.status in AWAITING_USER and self._verified():
            row.status = "canceled"
        elif row is not None and row.status == "created" and not row.creates:
            self.polled(row.id)
        self._clicks.append(Click())
        yield
        self._clicks.pop()

    def clicked(self, *, unfinished: bool) -> str:
        """Return the id of the onboarding to which a successful click leads."""
        row = self.active
        if row is None:
            return (self._verified() or list(self.rows.values()))[-1].id
        if row.status == "interrupted":
            assert row.interruptions == 1 or self._daily_limit_reached(), f"not replaced: {row}"
            row.status = "started"
        elif row.status == "submitted" and unfinished:
            row.status, row.submitted = "started", False
        return row.id

    def appeared(self, onboardings: Iterable[str]) -> None:
        """Register new rows; each must have been allowed."""
        for each in onboardings:
            assert self.may_start_again(), f"a new row in addition to {list(self.rows.values())}"
            self.rows[each] = ModelOnboarding(each, self._clock())
            if waiting := self._clicks_with_successors():
                waiting[-1].successors -= 1

    def may_start_again(self) -> bool:
        """Whether a new row is allowed: none active, none verified, attempts left."""
        rows = list(self.rows.values())
        if self.active is not None:
            return False
        is_finished = bool(self._verified()) or bool(rows and rows[-1].status == "erased")
        limit_reached = (
            sum(row.submitted for row in rows) >= ATTEMPTS or self._daily_limit_reached()
        )
        return bool(self._clicks_with_successors()) or not (is_finished or limit_reached)

    def _clicks_with_successors(self) -> list[Click]:
        """Return the clicks whose replacement row has not been seen yet."""
        return [click for click in self._clicks if click.successors]

    def _verified(self) -> list[ModelOnboarding]:
        return [row for row in self.rows.values() if row.status == "verified"]

    def _daily_limit_reached(self) -> bool:
        since = self._clock() - timedelta(days=1)
        recent = [row for row in self.rows.values() if row.creates and row.created_at > since]
        return len(recent) >= STARTS_PER_DAY
