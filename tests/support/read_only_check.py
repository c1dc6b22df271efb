"""Fixture that fails a test which writes inside `reading()` on SQLite.

PostgreSQL would commit such a write at once; SQLite rolls it back and counts it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from webapp.store.unit_of_work import Database, UnitOfWork

__all__ = ["check_read_only"]


def rows_changed(work: UnitOfWork) -> int:
    """Return the number of rows that the connection changed; PostgreSQL has no such count."""
    return getattr(work.connection.connection.driver_connection, "total_changes", 0)


@pytest.fixture(scope="session", autouse=True)
def check_read_only() -> Iterator[None]:
    reading = Database.reading

    @contextmanager
    def watched(database: Database) -> Iterator[UnitOfWork]:
        with reading(database) as work:
            before = rows_changed(work)
            yield work
            assert rows_changed(work) == before, "something was written inside reading()"

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Database, "reading", watched)
        yield
