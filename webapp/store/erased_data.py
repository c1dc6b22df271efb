"""Delete what the tables hold about an onboarding and its person.

Each table that refers to an onboarding or a person is handled here, or by the repository that
`journey.local_erasure` calls; `tests/unit/store/test_erased_data.py` compares this with the schema.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Table, and_, bindparam, delete, exists, select, update

from webapp.domain.states import known_word
from webapp.store.api_tables import api_requests, onboarding_inputs
from webapp.store.decisions_table import decisions
from webapp.store.evidence_tables import evidence_views
from webapp.store.messages_tables import message_attempts, messages
from webapp.store.repository import Repository
from webapp.store.schema import (
    consents,
    failed_polls,
    inbox,
    links,
    onboardings,
    people,
    timeline,
)

#: Tables whose rows about the onboarding are deleted.
DELETED = (consents, links, onboarding_inputs, failed_polls)
#: What stays of the detail of an event: words and ids of our own.
KEPT_DETAIL = frozenset(
    {
        "status",
        "was",
        "kind",
        "outcome",
        "reason",
        "why",
        "http_status",
        "error",
        "version",
        "call",
        "message",
        "type",
        "erasure",
        "problem",
    }
)


_EMPTY_NOTICE = {"body": None, "forward_at": None, "forward_error": None, "forward_attempts": 0}


class ErasedData(Repository):
    """The caller has locked the person and the onboarding, and saves its tombstone."""

    def delete(self, onboarding_id: str) -> None:
        """Delete or empty all rows about the onboarding but its own and its messages."""
        for table in DELETED:
            about = table.c.onboarding_id == onboarding_id
            self._connection.execute(delete(table).where(about))
        self._empty(decisions, onboarding_id, content=None, reply=None)
        self._empty(api_requests, onboarding_id, answer=None)
        # Who has seen evidence, and when, stays.
        self._empty(
            evidence_views, onboarding_id, type=None, part=None, checksum=None, sha256=None, size=0
        )
        self._empty_notices(onboarding_id)
        self._redact_timeline(onboarding_id)
        ids = select(messages.c.id).where(messages.c.onboarding_id == onboarding_id)
        self._connection.execute(
            update(message_attempts)
            .where(message_attempts.c.message_id.in_(ids))
            .values(answer=None)
        )

    def unlink(self, onboarding_id: str, person_id: str) -> None:
        """Separate the onboarding from its person, and from the person's other onboardings."""
        this = update(onboardings).where(onboardings.c.id == onboarding_id)
        self._connection.execute(this.values(person_id=None))
        for column in (onboardings.c.previous_id, onboardings.c.replaced_by):
            refers = and_(onboardings.c.person_id == person_id, column == onboarding_id)
            self._connection.execute(update(onboardings).where(refers).values({column.name: None}))

    def delete_person(self, person_id: str) -> bool:
        """Delete a person without onboardings, and their sessions; return whether it was done.

        Raises AlreadyExists, on leaving `writing`, if an onboarding is added at the same time.
        """
        has_more = exists().where(onboardings.c.person_id == people.c.id)
        gone = delete(people).where(people.c.id == person_id, ~has_more)
        return self._connection.execute(gone).rowcount == 1

    def _empty_notices(self, onboarding_id: str) -> None:
        """Delete the bodies of its notices, and the notices with words that are not known.

        The others stay, so that a repeat of the gateway's is recognised.
        """
        about = inbox.c.verification_id == onboarding_id
        words = self._connection.scalars(select(inbox.c.status).where(about)).all()
        unknown = [word for word in words if known_word(word) == "unknown"]
        if unknown:
            self._connection.execute(delete(inbox).where(about, inbox.c.status.in_(unknown)))
        self._connection.execute(update(inbox).where(about).values(**_EMPTY_NOTICE))

    def _empty(self, table: Table, onboarding_id: str, **values: int | None) -> None:
        about = table.c.onboarding_id == onboarding_id
        self._connection.execute(update(table).where(about).values(**values))

    def _redact_timeline(self, onboarding_id: str) -> None:
        about = timeline.c.onboarding_id == onboarding_id
        rows = self._connection.execute(select(timeline.c.id, timeline.c.detail).where(about))
        changed = [
            {"this": row.id, "kept": kept}
            for row in rows.all()
            if (kept := _kept(row.detail)) != row.detail
        ]
        if changed:
            self._connection.execute(
                update(timeline)
                .where(timeline.c.id == bindparam("this"))
                .values(detail=bindparam("kept", type_=timeline.c.detail.type)),
                changed,
            )


def _kept(detail: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in detail.items() if name in KEPT_DETAIL}
