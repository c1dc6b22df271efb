"""Persistent counters, exposed as metrics."""

from __future__ import annotations

from sqlalchemy import select

from webapp.store.repository import Repository
from webapp.store.schema import counters
from webapp.store.sql import insert_into

#: Status changes that a poll found although the gateway had sent no notice of them.
MISSED_NOTICES_REPAIRED = "missed_notices_repaired"


class Counters(Repository):
    def add_one(self, name: str) -> None:
        first = insert_into(self._connection, counters).values(name=name, value=1)
        self._connection.execute(
            first.on_conflict_do_update(
                index_elements=["name"], set_={"value": counters.c.value + 1}
            )
        )

    def value(self, name: str) -> int:
        return self._connection.scalar(select(counters.c.value).where(counters.c.name == name)) or 0
