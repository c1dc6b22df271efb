"""Live sessions: only a hash of the id is kept, so the table alone opens nothing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select, update

from webapp.domain.onboarding import Person
from webapp.store.batches import batched
from webapp.store.column_types import Cipher
from webapp.store.people import person_of
from webapp.store.portions import delete_portion
from webapp.store.prepared import Prepared
from webapp.store.replay_guard import hash_of
from webapp.store.schema import people, sessions

_LIVE = Prepared(
    select(sessions, people.c.site, people.c.subject, people.c.name, people.c.locale)
    .join(people, people.c.id == sessions.c.person_id)
    .where(
        sessions.c.id_hash == bindparam("sought"),
        sessions.c.revoked_at.is_(None),
        sessions.c.expires_at > bindparam("now"),
    )
)
_LIVE_OF = select(sessions.c.id_hash).where(
    sessions.c.id_hash.in_(bindparam("these", expanding=True)),
    sessions.c.revoked_at.is_(None),
    sessions.c.expires_at > bindparam("now"),
)


@dataclass(frozen=True)
class Session:
    """`id` is the secret of the cookie and known only while it is made or shown."""

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


class Sessions:
    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

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
        """The live session of this id, and whose it is; None when unknown, over or revoked."""
        sought = {"sought": hash_of(session_id), "now": now}
        row = _LIVE.row(self._connection, sought)
        if row is None:
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
        """Those of these that are neither unknown nor over nor revoked."""
        by_hash = {hash_of(each): each for each in session_ids}
        found: set[str] = set()
        for some in batched(by_hash):
            hashes = self._connection.scalars(_LIVE_OF, {"these": some, "now": now})
            found.update(by_hash[each] for each in hashes)
        return found

    def seen(self, session_id: str, now: datetime) -> None:
        """The session has just been used."""
        self._connection.execute(
            update(sessions).where(sessions.c.id_hash == hash_of(session_id)).values(seen_at=now)
        )

    def came_by(self, session_id: str, handoff: str) -> bool:
        """Whether this session was opened by exactly this hand-off."""
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

    def forget(self, now: datetime) -> int:
        """A portion of the sessions that are over; how many."""
        return delete_portion(self._connection, sessions, sessions.c.expires_at < now)

    def _seal(self, text: str | None) -> bytes | None:
        return self._cipher.seal(text) if text else None

    def _open(self, sealed: bytes | None) -> str | None:
        return self._cipher.open(sealed) if sealed else None
