"""Store what the gateway's process data really contains: names, shapes and words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from webapp.store.repository import Repository
from webapp.store.schema import gateway_facts
from webapp.store.sql import insert_if_absent

#: `kind`, `name` and `shape` of a fact.
FactKey = tuple[str, str, str]


@dataclass(frozen=True)
class StoredFact:
    """A fact, when it was first seen, and when an operator has accepted it; aware UTC."""

    kind: str
    name: str
    shape: str
    first_seen_at: datetime
    accepted_at: datetime | None

    @property
    def key(self) -> FactKey:
        return self.kind, self.name, self.shape


class GatewayFactRows(Repository):
    def add(self, key: FactKey, now: datetime) -> bool:
        """Store a fact unless it is stored already; return whether it is new."""
        kind, name, shape = key
        values = {"kind": kind, "name": name, "shape": shape, "first_seen_at": now}
        return insert_if_absent(self._connection, gateway_facts, **values)

    def all(self) -> list[StoredFact]:
        """Return all facts, in order of their names."""
        query = select(gateway_facts).order_by(
            gateway_facts.c.name, gateway_facts.c.first_seen_at, gateway_facts.c.shape
        )
        return [StoredFact(*row) for row in self._connection.execute(query)]

    def accept(self, key: FactKey, now: datetime) -> None:
        """Record that an operator has seen this fact."""
        kind, name, shape = key
        columns = gateway_facts.c
        this = (columns.kind == kind, columns.name == name, columns.shape == shape)
        self._connection.execute(update(gateway_facts).where(*this).values(accepted_at=now))
