"""Define the tables of evidence: who has seen a file, and which checksums have matched."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, String, Table

from webapp.store.column_types import Sealed, UtcDateTime
from webapp.store.metadata import UUID_TEXT, metadata

# One row for each stream, written before its first byte and completed after its last one.
evidence_views = Table(
    "evidence_views",
    metadata,
    Column("id", UUID_TEXT, primary_key=True),
    Column("onboarding_id", UUID_TEXT, ForeignKey("onboardings.id"), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("viewer", Sealed, nullable=False),
    Column("kind", String(16), nullable=False),
    # The gateway's word, or a part of its address: it may hold anything.
    Column("type", Sealed),
    Column("part", String(64)),
    Column("checksum", String(16)),
    Column("began_at", UtcDateTime, nullable=False),
    # Null while the file is sent, and for ever if the process was killed meanwhile.
    Column("ended_at", UtcDateTime),
    Column("sha256", String(64)),
    Column("size", BigInteger, nullable=False),
    Column("is_complete", Boolean, nullable=False),
    Index("ix_evidence_views_onboarding_id_began_at", "onboarding_id", "began_at"),
)

# With which algorithms reports of a gateway account have matched their checksum.
checksum_matches = Table(
    "checksum_matches",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("algorithm", String(16), primary_key=True),
    Column("first_matched_at", UtcDateTime, nullable=False),
)
