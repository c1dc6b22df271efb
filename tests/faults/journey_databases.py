"""All steps over a database of either kind, for thousands of examples; a test imports these."""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import text

from tests.support.databases import address, migrated_postgres, migrated_sqlite, postgres
from tests.unit.journey.fakes import Clock
from tests.unit.journey.harness import JourneyHarness

__all__ = ["address", "emptied", "kind", "migrated_postgres", "migrated_sqlite", "postgres"]
__all__ += ["Ticking", "tmp_path"]


class Ticking(Clock):
    """No two looks at it are the same."""

    def __call__(self) -> datetime:
        self.moment += timedelta(milliseconds=1)
        return self.moment


def emptied(harness: JourneyHarness) -> None:
    """Forget everything but people."""
    with harness.engine.begin() as connection:
        for table in ("consents", "inbox", "timeline", "links", "onboardings"):
            connection.execute(text(f"DELETE FROM {table}"))


@pytest.fixture
def kind(database_kind: str) -> str:
    return database_kind


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """In memory where there is such a folder: thousands of commits, and no power will fail."""
    quick = "/dev/shm"
    with TemporaryDirectory(dir=quick if os.access(quick, os.W_OK) else None) as folder:
        yield Path(folder)
