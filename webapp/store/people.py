"""Store people, found by a keyed hash of the host's user id, which itself is encrypted."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from webapp.domain.onboarding import Person
from webapp.store.column_types import Cipher
from webapp.store.schema import people
from webapp.store.sql import insert_if_absent

_LONGEST_LOCALE = 35  # RFC 5646, 4.4.1; the column's length


class People:
    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def admit(
        self,
        site: str,
        subject: str,
        subject_hash: str,
        now: datetime,
        *,
        name: str | None,
        locale: str | None,
    ) -> Person:
        """Insert or update the person of this site and subject, and return them.

        Ignores a `locale` that is too long for a language tag.
        """
        locale = locale if locale and len(locale) <= _LONGEST_LOCALE else None
        known = self._find(site, subject_hash)
        if known is None:
            self._add(site, subject, subject_hash, now, name, locale)
            known = self._find(site, subject_hash)  # possibly added by another process
        if known is None:
            raise LookupError("no such person")
        seen: dict[str, object] = {"seen_at": now}
        if name:
            seen["name"] = self._cipher.seal(name)
        if locale:
            seen["locale"] = locale
        self._connection.execute(update(people).where(people.c.id == known).values(**seen))
        return self.get(known)

    def _find(self, site: str, subject_hash: str) -> str | None:
        return self._connection.scalar(
            select(people.c.id).where(people.c.site == site, people.c.subject_hash == subject_hash)
        )

    def _add(
        self,
        site: str,
        subject: str,
        subject_hash: str,
        now: datetime,
        name: str | None,
        locale: str | None,
    ) -> None:
        insert_if_absent(
            self._connection,
            people,
            id=str(uuid.uuid4()),
            site=site,
            subject_hash=subject_hash,
            subject=self._cipher.seal(subject),
            name=self._cipher.seal(name) if name else None,
            locale=locale,
            created_at=now,
            seen_at=now,
        )

    def get(self, person_id: str) -> Person:
        """Return the person. Raises LookupError for an unknown id, which foreign keys prevent."""
        row = self._connection.execute(select(people).where(people.c.id == person_id)).one_or_none()
        if row is None:
            raise LookupError("no such person")
        return person_of(row.id, row, self._cipher)


def person_of(person_id: str, row: Any, cipher: Cipher) -> Person:
    """Return the person from a row that contains the columns of `people`."""
    name = cipher.open(row.name) if row.name else None
    return Person(person_id, row.site, cipher.open(row.subject), name, row.locale)
