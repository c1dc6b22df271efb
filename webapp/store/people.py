"""Store people, found by a keyed hash of the host's user id, which itself is encrypted."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from webapp.domain.onboarding import Person
from webapp.store.column_types import Cipher
from webapp.store.repository import SealingRepository
from webapp.store.schema import people
from webapp.store.sql import batched, insert_into

_LONGEST_LOCALE = 35  # RFC 5646, 4.4.1; the column's length


class People(SealingRepository):
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

        None keeps the stored name or locale. Ignores a `locale` too long for a language tag.
        """
        short_locale = locale if locale and len(locale) <= _LONGEST_LOCALE else None
        new = insert_into(self._connection, people).values(
            id=str(uuid.uuid4()),
            site=site,
            subject_hash=subject_hash,
            subject=self._cipher.seal(subject),
            name=self._seal(name),
            locale=short_locale,
            created_at=now,
            seen_at=now,
        )
        updated = new.on_conflict_do_update(
            index_elements=["site", "subject_hash"],
            set_={
                "seen_at": now,
                "name": func.coalesce(new.excluded.name, people.c.name),
                "locale": func.coalesce(new.excluded.locale, people.c.locale),
            },
        )
        return self.get(self._connection.execute(updated.returning(people.c.id)).scalar_one())

    def lock(self, person_id: str) -> None:
        """Let other transactions that lock this person wait for the end of this one.

        Inserts that refer to the person (`FOR KEY SHARE`) do not wait.
        """
        self._connection.execute(
            select(people.c.id).where(people.c.id == person_id).with_for_update(key_share=True)
        )

    def find(self, site: str, subject_hash: str) -> Person | None:
        """Return the person of this site and subject; None if there is none yet."""
        query = select(people).where(people.c.site == site, people.c.subject_hash == subject_hash)
        row = self._connection.execute(query).one_or_none()
        return person_of(row.id, row, self._cipher) if row else None

    def subjects(self, person_ids: Collection[str]) -> dict[str, str]:
        """Return the host's user ids by person id."""
        found = {}
        for batch in batched(set(person_ids)):
            query = select(people.c.id, people.c.subject).where(people.c.id.in_(batch))
            for row in self._connection.execute(query):
                found[row.id] = self._cipher.open(row.subject)
        return found

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
