"""What is read is read only: the tests of everything else would fail where it is not so."""

import pytest

from tests.unit.store.rows import NOW, add, admit, onboarding
from webapp.store.unit_of_work import Database


@pytest.fixture
def kind() -> str:
    return "sqlite"


def test_a_write_inside_reading_fails_the_test_that_runs_it(database: Database):
    with pytest.raises(AssertionError, match="written inside"), database.reading() as work:
        work.alarms.ring("gateway_forbidden", NOW)


def test_one_on_the_fast_way_does_too(database: Database):
    row = onboarding(admit(database))
    with pytest.raises(AssertionError, match="written inside"), database.reading() as work:
        work.onboardings.add(row)
    add(database, row)
    with database.reading() as work:
        assert work.onboardings.get(row.id) == row
