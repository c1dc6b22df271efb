"""Fixtures for thousands of examples on one database: reset, ticking clock, files in memory."""

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

__all__ = ["address", "kind", "migrated_postgres", "migrated_sqlite", "postgres"]
__all__ += ["TickingClock", "delete_onboardings", "tmp_path"]


OF_ONBOARDINGS = (
    *("consents", "decisions", "inbox", "timeline", "links"),
    *("onboarding_inputs", "message_attempts", "messages", "onboardings"),
)


class TickingClock(Clock):
    """Clock that advances by a millisecond each time it is read."""

    def __call__(self) -> datetime:
        self.moment += timedelta(milliseconds=1)
        return self.moment


def delete_onboardings(harness: JourneyHarness) -> None:
    """Delete everything except people."""
    with harness.engine.begin() as connection:
        for table in OF_ONBOARDINGS:
            connection.execute(text(f"DELETE FROM {table}"))


@pytest.fixture
def kind(database_kind: str) -> str:
    return database_kind


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """Return a folder in memory if possible: thousands of commits need not reach a disk."""
    shared_memory = "/dev/shm"
    in_memory = os.access(shared_memory, os.W_OK)
    with TemporaryDirectory(dir=shared_memory if in_memory else None) as folder:
        yield Path(folder)
