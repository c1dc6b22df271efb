"""The shop's table of results, written by messages.

A row names no customer if its first message says that the onboarding was erased.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FINAL = ("verified", "rejected")
_TABLE = """
CREATE TABLE IF NOT EXISTS onboardings (
    id TEXT PRIMARY KEY,
    customer TEXT,
    status TEXT NOT NULL,
    reasons TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    updated_at TEXT NOT NULL
)
"""
# Messages may be repeated, and overtake each other: the highest sequence is right.
_SAVE = """
INSERT INTO onboardings (id, customer, status, reasons, sequence, updated_at)
VALUES (:id, :customer, :status, :reasons, :sequence, :updated_at)
ON CONFLICT (id) DO UPDATE SET status = excluded.status, reasons = excluded.reasons,
    sequence = excluded.sequence, updated_at = excluded.updated_at
WHERE excluded.sequence > onboardings.sequence
"""
_NEWEST = """
SELECT id, status, reasons, updated_at FROM onboardings WHERE customer = ?
ORDER BY status = 'verified' DESC, rowid DESC LIMIT 1
"""


@dataclass(frozen=True)
class Result:
    """What the shop knows: `via` is `message` or `return`, `at` an RFC 3339 time in UTC."""

    onboarding: str
    status: str
    via: str
    at: str
    reasons: tuple[str, ...] = ()

    @property
    def is_final(self) -> bool:
        return self.status in FINAL


class Results:
    """The table in an SQLite file, with a connection for each call."""

    def __init__(self, file: Path) -> None:
        self._file = file
        file.touch(mode=0o600)
        with self._connection() as connection:
            connection.execute(_TABLE)

    def save(self, message: Mapping[str, Any]) -> None:
        """Store the message, unless a later one about the same onboarding is stored."""
        data = message["data"]
        row = {
            "id": data["id"],
            "customer": data["subject"],
            "status": data["status"],
            "reasons": json.dumps([reason["code"] for reason in data["reasons"]]),
            "sequence": data["sequence"],
            "updated_at": message["timestamp"],
        }
        with self._connection() as connection:
            connection.execute(_SAVE, row)

    def of(self, customer: str) -> Result | None:
        """Return the customer's verified onboarding, or the newest one."""
        with self._connection() as connection:
            row = connection.execute(_NEWEST, (customer,)).fetchone()
        if row is None:
            return None
        return Result(row[0], row[1], "message", row[3], tuple(json.loads(row[2])))

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._file)
        try:
            with connection:
                yield connection
        finally:
            connection.close()
