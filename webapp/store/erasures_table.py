"""Define the table of erasures: ids, words, times and HTTP statuses, no personal data."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, text

from webapp.store.column_types import UtcDateTime
from webapp.store.metadata import UUID_TEXT, metadata

#: Literals, or the database would not use the partial index.
IS_BLOCKED = text("state = 'blocked'")

erasures = Table(
    "erasures",
    metadata,
    Column("id", UUID_TEXT, primary_key=True),
    Column("onboarding_id", UUID_TEXT, ForeignKey("onboardings.id"), nullable=False, unique=True),
    Column("site", String(63), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("problem", String(32)),
    # The gateway's answers; NULL if it never had a process.
    Column("evidence", JSON(none_as_null=True)),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", UtcDateTime),
    # The lease of the attempt in flight.
    Column("claimed_until", UtcDateTime),
    Column("requested_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("erased_at", UtcDateTime),
    Column("is_person_erased", Boolean, nullable=False),
    Column("receipt", Text),
    Index("ix_erasures_requested_at", "requested_at"),
    Index("ix_erasures_erased_at", "erased_at"),
    Index(
        "ix_erasures_blocked",
        "state",
        sqlite_where=IS_BLOCKED,
        postgresql_where=IS_BLOCKED,
    ),
)
