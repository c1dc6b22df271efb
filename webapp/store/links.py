"""Store one-time links; only a hash of the code is stored, so rows alone open nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update

from webapp.store.replay_guard import hash_of
from webapp.store.repository import Repository
from webapp.store.schema import links, onboardings
from webapp.store.sql import batched, delete_batch

_RETENTION_AFTER_EXPIRY = timedelta(days=7)


@dataclass(frozen=True)
class Link:
    """A stored link; all times are aware UTC."""

    onboarding_id: str
    expires_at: datetime
    used_at: datetime | None


class OneTimeLinks(Repository):
    def add(self, code: str, onboarding_id: str, now: datetime, expires_at: datetime) -> None:
        self._connection.execute(
            insert(links).values(
                code_hash=hash_of(code),
                onboarding_id=onboarding_id,
                created_at=now,
                expires_at=expires_at,
            )
        )

    def get(self, code: str) -> Link | None:
        row = self._connection.execute(
            select(links).where(links.c.code_hash == hash_of(code))
        ).one_or_none()
        return Link(row.onboarding_id, row.expires_at, row.used_at) if row else None

    def end_first_to_expire(self, person_id: str, now: datetime, keep: int) -> int:
        """Let all but `keep` usable links of the person expire; return how many did.

        Those that expire first end, so that the short links of a frame, which renews them, do not
        end one that was sent by mail. Of links that expire together the oldest end. The caller must
        hold the person's row, see `Sessions.end_beyond_cap`.
        """
        usable = (
            select(links.c.code_hash)
            .join(onboardings, onboardings.c.id == links.c.onboarding_id)
            .where(
                onboardings.c.person_id == person_id,
                links.c.used_at.is_(None),
                links.c.expires_at > now,
            )
            .order_by(links.c.expires_at.desc(), links.c.created_at.desc(), links.c.code_hash)
        )
        ended = list(self._connection.scalars(usable))[keep:]
        for batch in batched(ended):
            self._connection.execute(
                update(links).where(links.c.code_hash.in_(batch)).values(expires_at=now)
            )
        return len(ended)

    def use(self, code: str, now: datetime) -> bool:
        """Mark the link as used; return whether this call did, of several at once only one."""
        used = self._connection.execute(
            update(links)
            .where(
                links.c.code_hash == hash_of(code),
                links.c.used_at.is_(None),
                links.c.expires_at > now,
            )
            .values(used_at=now)
        )
        return used.rowcount == 1

    def forget(self, now: datetime) -> int:
        """Delete a batch of links that expired long ago; return how many.

        Until then a user who opens an expired link reads that it has expired.
        """
        return delete_batch(
            self._connection, links, links.c.expires_at < now - _RETENTION_AFTER_EXPIRY
        )
