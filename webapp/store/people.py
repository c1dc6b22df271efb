"""People: found by a keyed hash of the host's user id, which itself is kept encrypted."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.exc import IntegrityError

from webapp.domain.onboarding import Person
from webapp.store.column_types import Cipher
from webapp.store.prepared import Prepared
from webapp.store.schema import people

_GET = Prepared(select(people).where(people.c.id == bindparam("sought")))
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
        """The person of this site and subject, made or brought up to date.

        A `locale` too long for any language tag is left out.
        """
        locale = locale if locale and len(locale) <= _LONGEST_LOCALE else None
        known = self._find(site, subject_hash)
        if known is None:
            try:
                with self._connection.begin_nested():
                    return self._add(site, subject, subject_hash, now, name, locale)
            except IntegrityError:  # another door was quicker
                known = self._find(site, subject_hash)
                if known is None:
                    raise
        told: dict[str, object] = {"seen_at": now}
        if name:
            told["name"] = self._cipher.seal(name)
        if locale:
            told["locale"] = locale
        self._connection.execute(update(people).where(people.c.id == known.id).values(**told))
        return self.get(known.id)

    def _find(self, site: str, subject_hash: str) -> Row[Any] | None:
        return self._connection.execute(
            select(people).where(people.c.site == site, people.c.subject_hash == subject_hash)
        ).one_or_none()

    def _add(
        self,
        site: str,
        subject: str,
        subject_hash: str,
        now: datetime,
        name: str | None,
        locale: str | None,
    ) -> Person:
        person = Person(str(uuid.uuid4()), site, subject, name, locale)
        self._connection.execute(
            insert(people).values(
                id=person.id,
                site=site,
                subject_hash=subject_hash,
                subject=self._cipher.seal(subject),
                name=self._cipher.seal(name) if name else None,
                locale=locale,
                created_at=now,
                seen_at=now,
            )
        )
        return person

    def get(self, person_id: str) -> Person:
        """Raises LookupError for an unknown id: rows refer to people only by foreign key."""
        row = _GET.row(self._connection, {"sought": person_id})
        if row is None:
            raise LookupError("no such person")
        return person_of(row.id, row, self._cipher)


def person_of(person_id: str, row: Any, cipher: Cipher) -> Person:
    """The person of this id whose columns are in `row`."""
    name = cipher.open(row.name) if row.name else None
    return Person(person_id, row.site, cipher.open(row.subject), name, row.locale)
