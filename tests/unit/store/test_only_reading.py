"""Test that a test fails when the code under test writes inside `reading`."""

import pytest

from tests.unit.store.rows import NOW
from webapp.store.unit_of_work import Database


@pytest.fixture
def kind() -> str:
    return "sqlite"


def test_reading_with_a_write_inside_fails_the_test(database: Database):
    with pytest.raises(AssertionError, match="written inside"), database.reading() as work:
        work.alarms.raise_alarm("gateway_forbidden", NOW)
