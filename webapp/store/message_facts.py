"""Read what a message states besides the row of its onboarding, in one statement.

Each start of an onboarding writes two messages; three statements for each of them took a tenth of
its processor time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from sqlalchemy import and_, bindparam, func, select

from webapp.store.api_tables import onboarding_inputs
from webapp.store.messages_tables import messages
from webapp.store.repository import SealingRepository
from webapp.store.schema import people

_inputs = onboarding_inputs.c
_this = bindparam("this", type_=messages.c.onboarding_id.type)
_last_sequence = (
    select(func.max(messages.c.sequence)).where(messages.c.onboarding_id == _this).scalar_subquery()
)
_FACTS = (
    select(
        people.c.subject,
        _inputs["metadata"].label("sealed_metadata"),
        _inputs.expected_match,
        messages.c.sequence,
        messages.c.created_at,
    )
    .select_from(people)
    .outerjoin(onboarding_inputs, _inputs.onboarding_id == _this)
    .outerjoin(
        messages,
        and_(messages.c.onboarding_id == _this, messages.c.sequence == _last_sequence),
    )
    .where(people.c.id == bindparam("person"))
)


@dataclass(frozen=True)
class MessageFacts:
    """Facts for the next message about an onboarding.

    `subject` is the host's user id, None once the onboarding is erased. `expected_match` is None
    before the comparison. The last two are sequence and time (aware UTC) of the message before; 0
    and None for the first one.
    """

    subject: str | None = field(repr=False)
    metadata: Mapping[str, str] = field(repr=False)
    expected_match: str | None
    last_sequence: int
    last_created_at: datetime | None

    @classmethod
    def of_new(cls, subject: str | None, metadata: Mapping[str, str]) -> Self:
        """Return the facts of an onboarding that the same transaction has inserted."""
        return cls(subject, metadata, None, last_sequence=0, last_created_at=None)

    def without_personal_data(self) -> Self:
        """Return the facts for messages about an erased onboarding."""
        return replace(self, subject=None, metadata={}, expected_match=None)


class MessageFactsReader(SealingRepository):
    def of(self, onboarding_id: str, person_id: str) -> MessageFacts:
        """Return the facts. The caller has locked the onboarding, so `last_sequence` is the last.

        Raises sqlalchemy's NoResultFound for an unknown person, which foreign keys prevent.
        """
        values = {"this": onboarding_id, "person": person_id}
        row = self._connection.execute(_FACTS, values).one()
        sealed = self._open(row.sealed_metadata)
        return MessageFacts(
            subject=self._cipher.open(row.subject),
            metadata=json.loads(sealed) if sealed else {},
            expected_match=row.expected_match,
            last_sequence=row.sequence or 0,
            last_created_at=row.created_at,
        )
