"""Define the table of decisions; `Sealed` columns hold personal data, encrypted."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, text

from webapp.store.column_types import Sealed, UtcDateTime
from webapp.store.metadata import UUID_TEXT, metadata

#: The decision has no outcome yet. Literals, or the database would not use the partial index.
IS_UNSETTLED = text("state IN ('dead', 'open', 'parked')")
#: The decision waits for an operator or for the vendor.
IS_WAITING = text("state IN ('dead', 'parked')")

decisions = Table(
    "decisions",
    metadata,
    Column("id", UUID_TEXT, primary_key=True),
    Column("onboarding_id", UUID_TEXT, ForeignKey("onboardings.id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("case_version", Integer, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("requester", Sealed),
    # Comment, corrections and reason; deleted once the decision is settled.
    Column("content", Sealed),
    # Names of corrected fields with the words of `CorrectionResult`, never their values.
    Column("corrected_fields", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("outcome", String(16)),
    Column("attempts", Integer, nullable=False),
    # Attempts that the gateway has certainly not carried out.
    Column("undelivered_attempts", Integer, nullable=False),
    Column("due_at", UtcDateTime),
    Column("unconfirmed_since", UtcDateTime),
    Column("http_status", Integer),
    Column("reply", Sealed),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_decisions_onboarding_id_created_at", "onboarding_id", "created_at"),
    # At most one unsettled decision per onboarding.
    Index(
        "uq_decisions_one_unsettled",
        "onboarding_id",
        unique=True,
        sqlite_where=IS_UNSETTLED,
        postgresql_where=IS_UNSETTLED,
    ),
    # Parked and dead decisions, for operators.
    Index(
        "ix_decisions_waiting",
        "state",
        "created_at",
        sqlite_where=IS_WAITING,
        postgresql_where=IS_WAITING,
    ),
)
