"""Store decisions on onboardings, as `domain.DecisionRecord`.

Every writer first locks the onboarding's row (`Onboardings.get` with `for_update`).
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, func, insert, select, update

from webapp.domain.corrections import CorrectionResult
from webapp.domain.decisions import (
    DecisionContent,
    DecisionKind,
    DecisionOutcome,
    DecisionRecord,
    DecisionRequester,
    DecisionState,
    GatewayReply,
)
from webapp.domain.reasons import ReasonCode
from webapp.store.decisions_table import IS_UNSETTLED, IS_WAITING, decisions
from webapp.store.repository import SealingRepository
from webapp.store.schema import IS_OVERDUE, onboardings

_columns = decisions.c
#: Never changed.
_FIXED = ("id", "onboarding_id", "kind", "case_version", "actor", "requester", "created_at")
_oldest_first = (_columns.created_at, _columns.case_version)

_ADD = insert(decisions)
_SAVE = update(decisions).where(_columns.id == bindparam("this"))
_UNSETTLED = select(decisions).where(
    _columns.onboarding_id == bindparam("onboarding"), IS_UNSETTLED
)
_GET = select(decisions).where(_columns.id == bindparam("this"))
_OF = (
    select(decisions)
    .where(_columns.onboarding_id == bindparam("onboarding"))
    .order_by(*_oldest_first)
)
_WAITING = (
    select(_columns.onboarding_id, _columns.kind, _columns.attempts, _columns.created_at)
    .where(and_(IS_WAITING, _columns.state == bindparam("state")))
    .order_by(*_oldest_first)
)
_COUNT_WAITING = select(func.count()).where(and_(IS_WAITING, _columns.state == bindparam("state")))

_OVERDUE = select(func.count(), func.min(onboardings.c.overdue_at)).where(IS_OVERDUE)


class Decisions(SealingRepository):
    def add(self, decision: DecisionRecord) -> None:
        """Insert. Raises AlreadyExists, on leaving `writing`, if another one is unsettled."""
        self._connection.execute(_ADD, self._values(decision))

    def save(self, decision: DecisionRecord) -> None:
        """Update the row; the caller holds the lock on the onboarding's row."""
        values = {**self._values(decision), "this": decision.id}
        for name in _FIXED:
            del values[name]
        self._connection.execute(_SAVE, values)

    def unsettled(self, onboarding_id: str) -> DecisionRecord | None:
        """Return the decision of the onboarding that has no outcome yet, if there is one."""
        return self._one(_UNSETTLED, onboarding=onboarding_id)

    def get(self, decision_id: str) -> DecisionRecord | None:
        return self._one(_GET, this=decision_id)

    def of(self, onboarding_id: str) -> list[DecisionRecord]:
        """Return all decisions on an onboarding, oldest first."""
        rows = self._connection.execute(_OF, {"onboarding": onboarding_id})
        return [self._decision(row) for row in rows]

    def waiting(self, state: DecisionState) -> list[Row[Any]]:
        """Return `(onboarding_id, kind, attempts, created_at)` of parked or of dead decisions,
        oldest first. Decrypts nothing."""
        return list(self._connection.execute(_WAITING, {"state": str(state)}))

    def count_waiting(self, state: DecisionState) -> int:
        """Count the parked or the dead decisions."""
        return self._connection.scalar(_COUNT_WAITING, {"state": str(state)}) or 0

    def overdue(self) -> tuple[int, datetime | None]:
        """Count the onboardings that the host site should have decided; return also since when."""
        count, since = self._connection.execute(_OVERDUE).one()
        return count, since

    def were_ever_awaited(self) -> bool:
        """Whether any onboarding has ever been `deciding`. Reads all rows if none has."""
        ever = select(onboardings.c.id).where(onboardings.c.deciding_at.is_not(None)).limit(1)
        return self._connection.scalar(ever) is not None

    def _one(self, query: Select[Any], **values: object) -> DecisionRecord | None:
        row = self._connection.execute(query, values).one_or_none()
        return self._decision(row) if row else None

    def _values(self, one: DecisionRecord) -> dict[str, Any]:
        return {
            "id": one.id,
            "onboarding_id": one.onboarding_id,
            "kind": str(one.kind),
            "case_version": one.case_version,
            "actor": one.actor,
            "requester": self._seal(
                json.dumps([one.requester.claimed_name, one.requester.os_user])
            ),
            "content": self._seal(_content_text(one.content)),
            "state": str(one.state),
            "outcome": str(one.outcome) if one.outcome else None,
            "attempts": one.attempts,
            "undelivered_attempts": one.undelivered_attempts,
            "corrected_fields": {
                name: str(result) if result else None
                for name, result in one.corrected_fields.items()
            },
            "due_at": one.due_at,
            "unconfirmed_since": one.unconfirmed_since,
            "http_status": one.reply.http_status,
            "reply": self._seal(one.reply.text),
            "created_at": one.created_at,
            "updated_at": one.updated_at,
        }

    def _decision(self, row: Any) -> DecisionRecord:
        content = self._open(row.content)
        return DecisionRecord(
            id=row.id,
            onboarding_id=row.onboarding_id,
            kind=DecisionKind(row.kind),
            case_version=row.case_version,
            actor=row.actor,
            requester=DecisionRequester(*json.loads(self._open(row.requester) or "[]")),
            content=_content(content) if content else None,
            state=DecisionState(row.state),
            created_at=row.created_at,
            updated_at=row.updated_at,
            due_at=row.due_at,
            outcome=DecisionOutcome(row.outcome) if row.outcome else None,
            attempts=row.attempts,
            undelivered_attempts=row.undelivered_attempts,
            corrected_fields={
                name: CorrectionResult(word) if word else None
                for name, word in row.corrected_fields.items()
            },
            reply=GatewayReply(row.http_status, self._open(row.reply)),
            unconfirmed_since=row.unconfirmed_since,
        )


def _content_text(content: DecisionContent | None) -> str | None:
    if content is None:
        return None
    reason = str(content.reason) if content.reason else None
    return json.dumps([content.comment, dict(content.corrections), reason])


def _content(text: str) -> DecisionContent:
    comment, corrections, reason = json.loads(text)
    return DecisionContent(comment, corrections, ReasonCode(reason) if reason else None)
