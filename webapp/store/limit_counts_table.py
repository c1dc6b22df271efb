"""Define the table of attempts per minute, which all nodes share."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, String, Table

from webapp.store.metadata import metadata

limit_counts = Table(
    "limit_counts",
    metadata,
    # A word and a site id, or a word and a keyed hash of a client address: no address.
    Column("key", String(128), primary_key=True),
    # Unix time in whole minutes.
    Column("minute", BigInteger, nullable=False, index=True),
    # Attempts in the minute before, and in this one.
    Column("previous", Integer, nullable=False),
    Column("current", Integer, nullable=False),
)
