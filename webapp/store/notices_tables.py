"""Define the tables of notices; `Sealed` columns are encrypted."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table, UniqueConstraint, text

from webapp.store.column_types import Sealed, UtcDateTime
from webapp.store.metadata import UUID_TEXT, metadata

#: Literals, or the database would not use the partial indexes.
IS_TO_FORWARD = text("forward_at IS NOT NULL")
FORWARD_FAILED = text("forward_error IS NOT NULL")

inbox = Table(
    "inbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("verification_id", UUID_TEXT, nullable=False),
    Column("status", String(64), nullable=False),
    # NULL: the onboarding is erased.
    Column("body", Sealed),
    Column("times", Integer, nullable=False),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    # Set by the transaction of the poll whose answer agrees with the notice.
    Column("settled_at", UtcDateTime),
    Column("settled_as", String(32)),
    # When it is handed on to an older receiver (FORWARD_UNKNOWN_NOTICES_TO), or when the attempt in
    # flight counts as lost. None: nothing to do, handed on already, or all attempts failed.
    Column("forward_at", UtcDateTime),
    Column("forward_attempts", Integer, nullable=False, server_default="0"),
    # Why the last attempt failed; cleared by a success.
    Column("forward_error", String(32)),
    Column("forwarded_at", UtcDateTime),
    UniqueConstraint("verification_id", "status"),
    Index(
        "ix_inbox_unsettled",
        "verification_id",
        sqlite_where=text("settled_at IS NULL"),
        postgresql_where=text("settled_at IS NULL"),
    ),
    Index(
        "ix_inbox_forward_at",
        "forward_at",
        sqlite_where=IS_TO_FORWARD,
        postgresql_where=IS_TO_FORWARD,
    ),
    Index(
        "ix_inbox_forward_failed",
        "forward_error",
        sqlite_where=FORWARD_FAILED,
        postgresql_where=FORWARD_FAILED,
    ),
    Index(
        "ix_inbox_unconfirmed",
        "settled_at",
        sqlite_where=text("settled_as = 'unconfirmed'"),
        postgresql_where=text("settled_as = 'unconfirmed'"),
    ),
)

# Unusable bodies with a valid signature, for operators; the oldest are deleted first.
quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("received_at", UtcDateTime, nullable=False),
    Column("reason", String(64), nullable=False),
    Column("size", Integer, nullable=False),
    Column("body", Sealed, nullable=False),
    sqlite_autoincrement=True,
)
