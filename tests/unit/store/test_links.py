"""Test the retention of one-time links."""

from datetime import timedelta

from tests.unit.store.rows import NOW, add, admit, onboarding, written
from webapp.store.unit_of_work import Database

HOUR, WEEK = timedelta(hours=1), timedelta(days=7)


def test_forget_deletes_links_a_week_after_expiry(database: Database):
    row = add(database, onboarding(admit(database)))
    written(database, lambda work: work.links.add("old", row.id, NOW, NOW + HOUR))
    written(database, lambda work: work.links.add("used", row.id, NOW, NOW + HOUR))
    written(database, lambda work: work.links.add("new", row.id, NOW, NOW + 2 * HOUR))
    assert written(database, lambda work: work.links.use("used", NOW))
    assert database.sweep(NOW + HOUR + WEEK) == 0
    assert database.sweep(NOW + HOUR + WEEK + HOUR) == 2
    with database.reading() as work:
        assert work.links.get("old") is None
        assert work.links.get("new") is not None
