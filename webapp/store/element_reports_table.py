"""Define the table of errors that elements in pages of host sites report. No personal data."""

from __future__ import annotations

from sqlalchemy import Column, Date, Integer, String, Table

from webapp.store.column_types import UtcDateTime
from webapp.store.metadata import metadata

# One row for each site, day (UTC), code and display: its size does not grow with the reports.
element_reports = Table(
    "element_reports",
    metadata,
    Column("site", String(63), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("code", String(32), primary_key=True),
    Column("display", String(16), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
)
