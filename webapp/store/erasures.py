"""Store erasures, as `domain.Erasure`.

Every writer first locks the onboarding's row (`Onboardings.get` with `for_update`).
"""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from webapp.domain.erasures import (
    Erasure,
    ErasureProblem,
    ErasureState,
    GatewayAnswer,
    GatewayEvidence,
)
from webapp.store.erasures_table import IS_BLOCKED, erasures
from webapp.store.repository import Repository

_columns = erasures.c
_FIELDS = tuple(field.name for field in fields(Erasure))
#: Never changed.
_FIXED = ("id", "onboarding_id", "site", "actor", "requested_at")
_ANSWERS = ("read_before", "delete", "read_after", "other_process")

_ADD = insert(erasures)
_SAVE = update(erasures).where(_columns.id == bindparam("this"))
_GET = select(erasures).where(_columns.id == bindparam("this"))
_OF = select(erasures).where(_columns.onboarding_id == bindparam("onboarding"))
_IS_OPEN = select(_columns.id).where(
    _columns.onboarding_id == bindparam("onboarding"), _columns.next_attempt_at.is_not(None)
)
_EXISTS = select(_columns.id).where(_columns.onboarding_id == bindparam("onboarding"))
_BLOCKED = (
    select(_columns.id).where(IS_BLOCKED, _columns.state == str(ErasureState.BLOCKED)).limit(1)
)


class Erasures(Repository):
    def add(self, erasure: Erasure) -> None:
        """Insert. Raises AlreadyExists, on leaving `writing`, if the onboarding has one."""
        self._connection.execute(_ADD, _values(erasure))

    def save(self, erasure: Erasure) -> None:
        """Update the row; the caller holds the lock on the onboarding's row."""
        values = {**_values(erasure), "this": erasure.id}
        for name in _FIXED:
            del values[name]
        self._connection.execute(_SAVE, values)

    def get(self, erasure_id: str) -> Erasure | None:
        row = self._connection.execute(_GET, {"this": erasure_id}).one_or_none()
        return _erasure(row) if row else None

    def of(self, onboarding_id: str) -> Erasure | None:
        """Return the erasure of the onboarding."""
        row = self._connection.execute(_OF, {"onboarding": onboarding_id}).one_or_none()
        return _erasure(row) if row else None

    def is_open(self, onboarding_id: str) -> bool:
        """Whether the onboarding has an erasure with attempts to come."""
        return self._connection.scalar(_IS_OPEN, {"onboarding": onboarding_id}) is not None

    def erased_since(self, time: datetime, limit: int) -> list[tuple[str, datetime]]:
        """Return ids of onboardings whose data was deleted here since then, and when, in order."""
        query = (
            select(_columns.onboarding_id, _columns.erased_at)
            .where(_columns.erased_at >= time)
            .order_by(_columns.erased_at, _columns.onboarding_id)
            .limit(limit)
        )
        return [(row.onboarding_id, row.erased_at) for row in self._connection.execute(query)]

    def listed(self, *, site: str | None, state: str | None, limit: int) -> list[Erasure]:
        """Return erasures, newest first."""
        query = select(erasures).order_by(_columns.requested_at.desc(), _columns.id).limit(limit)
        if site:
            query = query.where(_columns.site == site)
        if state:
            query = query.where(_columns.state == state)
        return [_erasure(row) for row in self._connection.execute(query)]

    def exists(self, onboarding_id: str) -> bool:
        """Whether the onboarding has an erasure, open or settled."""
        return self._connection.scalar(_EXISTS, {"onboarding": onboarding_id}) is not None

    def has_blocked(self) -> bool:
        """Whether the gateway refuses any erasure."""
        return self._connection.scalar(_BLOCKED) is not None


def _values(one: Erasure) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(one, name) for name in _FIELDS}
    values["state"] = str(one.state)
    values["problem"] = str(one.problem) if one.problem else None
    values["evidence"] = _evidence_json(one.evidence) if one.evidence else None
    return values


def _erasure(row: Any) -> Erasure:
    values = {name: getattr(row, name) for name in _FIELDS}
    values["state"] = ErasureState(row.state)
    values["problem"] = ErasureProblem(row.problem) if row.problem else None
    values["evidence"] = _evidence(row.evidence) if row.evidence else None
    return Erasure(**values)


def _evidence_json(evidence: GatewayEvidence) -> dict[str, Any]:
    answers = {name: getattr(evidence, name) for name in _ANSWERS}
    stored = {
        name: [answer.http_status, answer.at.isoformat()]
        for name, answer in answers.items()
        if answer is not None
    }
    return {"method": evidence.method, **stored}


def _evidence(stored: dict[str, Any]) -> GatewayEvidence:
    answers = {
        name: GatewayAnswer(stored[name][0], datetime.fromisoformat(stored[name][1]))
        for name in _ANSWERS
        if name in stored
    }
    return GatewayEvidence(stored["method"], **answers)
