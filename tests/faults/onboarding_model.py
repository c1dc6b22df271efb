"""One person's onboardings of one flow, told once more from what is promised about them.

Nothing of ours is imported. The model is told what happens at the edges: the person clicks, a
browser comes back, the gateway answers a call. It knows what must have become of it, and refuses
calls that should never have been made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

#: What the gateway's words ask for, and how far each of these is from the start.
ASKS_FOR = {
    "PENDING_VALIDATION": "deciding",
    "PENDING_VERIFICATION": "in_review",
    "PENDING": "in_review",
    "VERIFIED": "verified",
    "NOT_VERIFIED": "rejected",
}
FAR = {"deciding": 1, "in_review": 2, "verified": 3, "rejected": 3, "erased": 4}
VERDICTS = ("verified", "rejected")
OUR_ENDS = ("expired", "canceled")
AWAITING_USER = ("created", "started", "interrupted")
MAY_EXPIRE = (*AWAITING_USER, "submitted")
ACTIVE = (*MAY_EXPIRE, "deciding", "in_review")
EXPIRY, GRACE = timedelta(hours=48), timedelta(hours=24)
ATTEMPTS, OPENED_A_DAY = 3, 10
LOST_READS, LOST_AFTER = 3, timedelta(hours=24)
#: As long as a create call may be under way, nobody makes another one.
LEASE = timedelta(seconds=15)


def asks_for(word: str) -> str | None:
    """The status behind a word, however it is written; None for all that is no status."""
    return ASKS_FOR.get(word.strip().upper())


@dataclass
class Told:
    """`known`: the gateway has had a word for it. `submitted`: counts as one of the attempts."""

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
    """`successors`: rows for which others have made room, and that we have not seen yet.
    `useless`: one has, since its address was lost."""

    successors: int = 0
    useless: bool = False


class Model:
    """`clock` is the one that the steps go by."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.rows: dict[str, Told] = {}
        self._clock = clock
        self._clicks: list[Click] = []

    @property
    def active(self) -> Told | None:
        found = [row for row in self.rows.values() if row.active]
        assert len(found) <= 1, f"several active at once: {found}"
        return found[0] if found else None

    # What the gateway does

    def answered(self, onboarding: str, word: str) -> None:
        """An authenticated answer came: it moves things on, and never back."""
        row = self.rows[onboarding]
        row.known |= bool(word)
        row.unanswered_polls, row.unanswered_since = 0, None
        wanted = asks_for(word)
        if wanted is not None and self._moves_on(row, wanted):
            row.status, row.submitted = wanted, True
        elif row.status in VERDICTS and wanted in VERDICTS and wanted != row.status:
            row.contradicted = True
        self.looked_at(onboarding)

    def _moves_on(self, row: Told, wanted: str) -> bool:
        if row.status in OUR_ENDS:
            return wanted in VERDICTS or (self.active is None and not self._awaited())
        return FAR[wanted] > FAR.get(row.status, 0)

    def not_shown(self, onboarding: str) -> None:
        """The gateway will not speak of it: nothing yet, or, after it had a word, lost one day."""
        row, now = self.rows[onboarding], self._clock()
        if not (row.known and row.active):
            row.unanswered_polls, row.unanswered_since = 0, None
        else:
            row.unanswered_polls += 1
            row.unanswered_since = row.unanswered_since or now
            if row.unanswered_polls >= LOST_READS and now >= row.unanswered_since + LOST_AFTER:
                row.status = "canceled"
        self.looked_at(onboarding)

    def looked_at(self, onboarding: str) -> None:
        """Whoever looks after its time finds it expired, unless somebody is deciding."""
        row = self.rows[onboarding]
        if row.status in MAY_EXPIRE and self._clock() >= row.expires_at:
            row.status = "expired"

    def create_called(self, onboarding: str) -> None:
        """The paid call: for one row at a time, and never while another may be under way."""
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

    def create_came_to_nothing(self, onboarding: str, *, refused: bool) -> None:
        """Refused at the first call: our settings are wrong. Later: an answer has been lost, and
        the row is replaced, once in a click."""
        row = self.rows[onboarding]
        row.in_flight_until = None
        if refused and row.status == "created":
            if row.creates == 1:
                row.status = "canceled"
            elif not self._clicks[-1].useless:
                self._clicks[-1].useless = True
                self._replace(row)

    def delete_called(self, onboarding: str) -> None:
        """What has been replaced is deleted; what went wrong twice is replaced."""
        row = self.rows[onboarding]
        if row.status == "interrupted":
            assert row.interruptions > 1, f"not offered once more: {row}"
            self._replace(row)
        assert row.status == "canceled", f"deleted, but not replaced: {row}"

    def _replace(self, row: Told) -> None:
        row.status = "canceled"
        if not self._verified():
            self._clicks[-1].successors += 1

    def decision_called(self, onboarding: str, *, review: bool) -> None:
        """Nobody asks for what is impossible."""
        possible = ("deciding",) if review else ("deciding", "in_review")
        assert self.rows[onboarding].status in possible, self.rows[onboarding]

    # What people do

    def returned(self, onboarding: str, *, failed: bool) -> bool:
        """A hint. False: the reference is too old."""
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
        """Around all that one click does. What nobody has called about expires without a call,
        and what is to be done yet is not needed when another has been verified meanwhile."""
        row = self.active
        if row is not None and row.status in AWAITING_USER and self._verified():
            row.status = "canceled"
        elif row is not None and row.status == "created" and not row.creates:
            self.looked_at(row.id)
        self._clicks.append(Click())
        yield
        self._clicks.pop()

    def clicked(self, *, unfinished: bool) -> str:
        """After a click that went well: where it leads."""
        row = self.active
        if row is None:
            return (self._verified() or list(self.rows.values()))[-1].id
        if row.status == "interrupted":
            assert row.interruptions == 1 or self._opened_enough(), f"not replaced: {row}"
            row.status = "started"
        elif row.status == "submitted" and unfinished:
            row.status, row.submitted = "started", False
        return row.id

    def appeared(self, onboardings: Iterable[str]) -> None:
        """Rows that are new: there was a place for each."""
        for each in onboardings:
            assert self.may_begin_anew(), f"a new row beside {list(self.rows.values())}"
            self.rows[each] = Told(each, self._clock())
            if awaited := self._awaited():
                awaited[-1].successors -= 1

    def may_begin_anew(self) -> bool:
        """Nothing under way, nobody verified, attempts left."""
        rows = list(self.rows.values())
        if self.active is not None:
            return False
        over = bool(self._verified()) or bool(rows and rows[-1].status == "erased")
        used_up = sum(row.submitted for row in rows) >= ATTEMPTS or self._opened_enough()
        return bool(self._awaited()) or not (over or used_up)

    def _awaited(self) -> list[Click]:
        """Clicks whose new row is there already, though nobody has called about it."""
        return [click for click in self._clicks if click.successors]

    def _verified(self) -> list[Told]:
        return [row for row in self.rows.values() if row.status == "verified"]

    def _opened_enough(self) -> bool:
        since = self._clock() - timedelta(days=1)
        opened = [row for row in self.rows.values() if row.creates and row.created_at > since]
        return len(opened) >= OPENED_A_DAY
