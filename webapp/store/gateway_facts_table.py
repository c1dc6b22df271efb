"""Define the table of what the gateway's process data really contains; no personal data."""

from __future__ import annotations

from sqlalchemy import Column, String, Table

from webapp.store.column_types import UtcDateTime
from webapp.store.metadata import metadata

# Names, shapes and words (`gateway.observed_facts`), one row for each from its first occurrence on.
gateway_facts = Table(
    "gateway_facts",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("name", String(128), primary_key=True),
    Column("shape", String(64), primary_key=True),
    Column("first_seen_at", UtcDateTime, nullable=False),
    # An operator has seen this deviation from the contract: it raises no alarm any more.
    Column("accepted_at", UtcDateTime),
)
