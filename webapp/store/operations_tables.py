"""Define the tables of operation: alarms, heartbeats and counters. They hold no personal data."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, String, Table

from webapp.store.column_types import UtcDateTime
from webapp.store.metadata import metadata

# Conditions that need an operator, such as a permission that our account lacks.
alarms = Table(
    "alarms",
    metadata,
    Column("name", String(32), primary_key=True),
    # What it is about, for operators: an origin or an id, never a secret.
    Column("detail", String(255), nullable=False, server_default=""),
    Column("raised_at", UtcDateTime, nullable=False),
    Column("last_raised_at", UtcDateTime, nullable=False),
)

# When each jobs process last reported, by the database's clock.
heartbeats = Table(
    "heartbeats",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("seen_at", UtcDateTime, nullable=False),
)

# Counters that outlive processes and restarts.
counters = Table(
    "counters",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", BigInteger, nullable=False),
)
