"""Gives numbers to changed onboardings, as the jobs process does."""

from sqlalchemy import URL, select, update

from webapp.store.schema import onboardings
from webapp.store.unit_of_work import Database

_LAST: dict[URL, int] = {}


def number_changes(database: Database) -> None:
    """Number all onboardings that have changed, in the order of their changes."""
    number = onboardings.c.change_number
    with database.writing() as work:
        last = _LAST.get(database.engine.url, 0)
        waiting = select(onboardings.c.id).where(number.is_(None))
        for id_ in list(work.connection.scalars(waiting.order_by(onboardings.c.updated_at))):
            last += 1
            work.connection.execute(
                update(onboardings).where(onboardings.c.id == id_).values(change_number=last)
            )
        _LAST[database.engine.url] = last
