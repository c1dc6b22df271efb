"""Store login sessions; only a hash of the id is stored, so rows alone open nothing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, func, insert, select, update

from webapp.domain.onboarding import AWAITING_USER, Person
from webapp.domain.session_life import EMBEDDED, SessionFacts, is_live
from webapp.store.people import person_of
from webapp.store.replay_guard import hash_of
from webapp.store.repository import SealingRepository
from webapp.store.schema import onboardings, people, sessions
from webapp.store.sql import batched, delete_batch

_NOT_OVER = and_(sessions.c.revoked_at.is_(None), sessions.c.expires_at > bindparam("now"))
_GET = (
    select(sessions, people.c.site, people.c.subject, people.c.name, people.c.locale)
    .join(people, people.c.id == sessions.c.person_id)
    .where(sessions.c.id_hash == bindparam("this"), _NOT_OVER)
)
_NOT_OVER_OF_THESE = select(sessions.c.id_hash, sessions.c.person_id, sessions.c.created_at).where(
    sessions.c.id_hash.in_(bindparam("these", expanding=True)), _NOT_OVER
)
_NOT_OVER_OF_PERSON = select(
    sessions.c.id_hash,
    sessions.c.person_id,
    sessions.c.via,
    sessions.c.created_at,
    sessions.c.seen_at,
).where(sessions.c.person_id == bindparam("person"), _NOT_OVER)
_PROCESSES_OF_PERSON = select(
    func.max(case((onboardings.c.status.in_(sorted(AWAITING_USER)), 1), else_=0)).label("awaits"),
    func.max(onboardings.c.submitted_at).label("submitted_at"),
).where(onboardings.c.person_id == bindparam("person"))


@dataclass(frozen=True)
class Session:
    """A session; `id` is the secret of the cookie, of which the database has only the hash."""

    id: str
    person_id: str
    via: str
    expires_at: datetime
    flow: str | None = None
    return_url: str | None = None
    state: str | None = None
    id_token: str | None = None
    handoff: str | None = None
    seen_at: datetime | None = None

    def __repr__(self) -> str:
        return f"<Session of {self.person_id} via {self.via}>"


class Sessions(SealingRepository):
    def add(self, session: Session, now: datetime) -> None:
        self._connection.execute(
            insert(sessions).values(
                id_hash=hash_of(session.id),
                person_id=session.person_id,
                via=session.via,
                flow=session.flow,
                return_url=self._seal(session.return_url),
                state=self._seal(session.state),
                id_token=self._seal(session.id_token),
                handoff_hash=hash_of(session.handoff) if session.handoff else None,
                created_at=now,
                seen_at=session.seen_at,
                expires_at=session.expires_at,
            )
        )

    def get(self, session_id: str, now: datetime) -> tuple[Session, Person] | None:
        """Return the session and its person; None when it is unknown, over or revoked."""
        values = {"this": hash_of(session_id), "now": now}
        row = self._connection.execute(_GET, values).one_or_none()
        if row is None or not self._is_live(row, row.seen_at or row.created_at, now):
            return None
        session = Session(
            session_id,
            row.person_id,
            row.via,
            row.expires_at,
            row.flow,
            self._open(row.return_url),
            self._open(row.state),
            self._open(row.id_token),
            seen_at=row.seen_at,
        )
        return session, person_of(row.person_id, row, self._cipher)

    def live(self, session_ids: Collection[str], now: datetime) -> set[str]:
        """Return those of these ids whose session is neither unknown nor over nor revoked.

        For open streams: a session with one is not idle.
        """
        by_hash = {hash_of(each): each for each in session_ids}
        found: set[str] = set()
        for batch in batched(by_hash):
            values = {"these": batch, "now": now}
            rows = self._connection.execute(_NOT_OVER_OF_THESE, values).all()
            found.update(by_hash[row.id_hash] for row in rows if self._is_live(row, now, now))
        return found

    def record_use(self, session_id: str, now: datetime) -> None:
        """Store when the session was last used."""
        self._connection.execute(
            update(sessions).where(sessions.c.id_hash == hash_of(session_id)).values(seen_at=now)
        )

    def was_opened_by(self, session_id: str, handoff: str) -> bool:
        """Return whether exactly this hand-off token opened the session."""
        known = self._connection.scalar(
            select(sessions.c.handoff_hash).where(sessions.c.id_hash == hash_of(session_id))
        )
        return known == hash_of(handoff)

    def revoke(self, session_id: str, now: datetime) -> None:
        self._connection.execute(
            update(sessions)
            .where(sessions.c.id_hash == hash_of(session_id), sessions.c.revoked_at.is_(None))
            .values(revoked_at=now)
        )

    def end_beyond_cap(self, person_id: str, now: datetime, keep: int) -> int:
        """Revoke all but `keep` sessions of the person; return how many ended.

        Sessions that are over already end first, then those of frames, the one that was used
        longest ago before the others: a tab that is killed ends none, and a frame opens another one
        by itself. Then those with a cookie that began first. The caller must hold the person's row,
        or two sessions that begin at once both count without the other.
        """
        rows = self._connection.execute(_NOT_OVER_OF_PERSON, {"person": person_id, "now": now})
        found = sorted(rows, key=lambda row: self._rank(row, now), reverse=True)
        ended = [row.id_hash for row in found[keep:]]
        for batch in batched(ended):
            self._connection.execute(
                update(sessions).where(sessions.c.id_hash.in_(batch)).values(revoked_at=now)
            )
        return len(ended)

    def forget(self, now: datetime) -> int:
        """Delete a batch of expired sessions; return how many."""
        return delete_batch(self._connection, sessions, sessions.c.expires_at < now)

    def _rank(self, row: Any, now: datetime) -> tuple[bool, bool, datetime]:
        """Return the key by which sessions end: the lowest first."""
        used_at = row.seen_at or row.created_at
        is_embedded = row.via == EMBEDDED
        is_live = self._is_live(row, used_at, now)
        return is_live, not is_embedded, used_at if is_embedded else row.created_at

    def _is_live(self, row: Any, used_at: datetime, now: datetime) -> bool:
        """Read the person's processes only for a session that is over without them."""
        facts = SessionFacts(row.created_at, used_at)
        if is_live(facts, now):
            return True
        values = {"person": row.person_id}
        awaits, submitted_at = self._connection.execute(_PROCESSES_OF_PERSON, values).one()
        return is_live(replace(facts, awaits_user=awaits == 1, submitted_at=submitted_at), now)
