"""Define the tables of messages to host sites; `Sealed` columns hold personal data, encrypted."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, text

from webapp.store.column_types import Sealed, UtcDateTime
from webapp.store.metadata import UUID_TEXT, metadata

#: Literals, or the database would not use the partial indexes.
IS_PENDING = text("state = 'pending'")
IS_DEAD = text("state = 'dead'")
IS_UNNUMBERED = text("number IS NULL")

messages = Table(
    "messages",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("site", String(63), nullable=False),
    # Given after the commit by the one writer of `store.numbering`.
    Column("number", BigInteger),
    Column("onboarding_id", UUID_TEXT, ForeignKey("onboardings.id")),
    Column("sequence", Integer),
    Column("type", String(64), nullable=False),
    Column("body", Sealed, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Index("uq_messages_onboarding_id_sequence", "onboarding_id", "sequence", unique=True),
    # The host site's catch-up pages by number.
    Index("ix_messages_site_number", "site", "number"),
    Index("ix_messages_created_at", "created_at"),
    Index(
        "ix_messages_due",
        "site",
        "next_attempt_at",
        sqlite_where=IS_PENDING,
        postgresql_where=IS_PENDING,
    ),
    Index(
        "ix_messages_dead",
        "site",
        "created_at",
        sqlite_where=IS_DEAD,
        postgresql_where=IS_DEAD,
    ),
    Index(
        "ix_messages_unnumbered",
        "created_at",
        sqlite_where=IS_UNNUMBERED,
        postgresql_where=IS_UNNUMBERED,
    ),
)

message_attempts = Table(
    "message_attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("message_id", String(36), ForeignKey("messages.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    # The receiver's HTTP status; without an answer only `error` says why.
    Column("status", Integer),
    Column("error", String(32)),
    Column("duration_ms", Integer, nullable=False),
    Column("answer", Sealed),
    Index("ix_message_attempts_message_id", "message_id", "id"),
    Index("ix_message_attempts_at", "at"),
    sqlite_autoincrement=True,
)

# The health of each site's receiver; no row: no message has failed yet.
receivers = Table(
    "receivers",
    metadata,
    Column("site", String(63), primary_key=True),
    Column("failing_since", UtcDateTime),
    Column("last_failed_at", UtcDateTime),
    Column("disabled_at", UtcDateTime),
    Column("disabled_reason", String(16)),
)
