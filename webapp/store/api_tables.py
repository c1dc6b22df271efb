"""Define the tables of the host sites' API; `Sealed` columns are encrypted."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, String, Table, UniqueConstraint

from webapp.store.column_types import Sealed, UtcDateTime
from webapp.store.metadata import UUID_TEXT, metadata

# What the host site gave when it created the onboarding; no row: a user has started it.
onboarding_inputs = Table(
    "onboarding_inputs",
    metadata,
    Column("onboarding_id", UUID_TEXT, ForeignKey("onboardings.id"), primary_key=True),
    Column("types", Sealed),
    Column("return_url", Sealed),
    Column("metadata", Sealed),
    Column("extra_data", Sealed),
    Column("expected", Sealed),
    # The result of comparing `expected` with the document, and a keyed hash of what was compared.
    Column("expected_match", String(16)),
    Column("expected_match_hash", String(64)),
)

# Requests with an Idempotency-Key, and their answers.
api_requests = Table(
    "api_requests",
    metadata,
    Column("id", UUID_TEXT, primary_key=True),
    Column("site", String(63), nullable=False),
    Column("key_hash", String(64), nullable=False),
    Column("body_hash", String(64), nullable=False),
    # The request that holds the lease carries the call out; a crash frees the key at this time.
    Column("lease_until", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("status", Integer),
    # NULL beside a status: the onboarding that the answer showed is erased.
    Column("answer", Sealed),
    Column("onboarding_id", UUID_TEXT, index=True),
    UniqueConstraint("site", "key_hash"),
)

# When each API key was last used, to the minute.
api_key_uses = Table(
    "api_key_uses",
    metadata,
    Column("site", String(63), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("used_at", UtcDateTime, nullable=False),
)
