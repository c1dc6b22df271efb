"""Give numbers to messages and changed onboardings after their commit, by which clients page.

Numbers drawn during a transaction would come out of order: a client that has read up to 7 would
never see 6, committed later. Here one writer at a time numbers rows that are committed, under a
lock, in one transaction: a reader that sees a number sees all lower ones.
"""

from __future__ import annotations

from sqlalchemy import Column, ColumnElement, Select, Table, bindparam, select, update

from webapp.store.messages_tables import messages
from webapp.store.schema import counters, onboardings
from webapp.store.sql import BATCH_SIZE, insert_into
from webapp.store.unit_of_work import Database, UnitOfWork

_Order = tuple[ColumnElement[object], ...]


def number_committed_rows(database: Database) -> int:
    """Number all rows that have none yet, in batches; return how many.

    May run in several processes at once. A row that another transaction has locked is numbered by
    the next call.
    """
    total = 0
    for table, column, order in (
        (messages, messages.c.number, (messages.c.created_at, messages.c.sequence)),
        (onboardings, onboardings.c.change_number, (onboardings.c.updated_at,)),
    ):
        with database.reading() as work:
            first = work.connection.scalar(select(table.c.id).where(column.is_(None)).limit(1))
        numbered = BATCH_SIZE if first is not None else 0
        while numbered == BATCH_SIZE:
            with database.writing() as work:
                numbered = _number_batch(work, table, column, order)
            total += numbered
    return total


def _number_batch(work: UnitOfWork, table: Table, column: Column[int], order: _Order) -> int:
    last = _lock_counter(work, f"{table.name}_numbered")
    ids = list(work.connection.scalars(_unnumbered(table, column, order)))
    if not ids:
        return 0
    numbers = {id_: last + place for place, id_ in enumerate(ids, start=1)}
    # In order of the ids, as every transaction that changes several messages: no deadlock.
    work.connection.execute(
        update(table).where(table.c.id == bindparam("this")).values({column.name: bindparam("n")}),
        [{"this": id_, "n": numbers[id_]} for id_ in sorted(ids)],
    )
    newest = update(counters).where(counters.c.name == f"{table.name}_numbered")
    work.connection.execute(newest.values(value=last + len(ids)))
    return len(ids)


def _unnumbered(table: Table, column: Column[int], order: _Order) -> Select[tuple[str]]:
    query = select(table.c.id).where(column.is_(None)).order_by(*order).limit(BATCH_SIZE)
    if table is onboardings:
        # Their transactions lock several rows in an order of their own. Each numbers one row anew,
        # so leaving one out for now keeps the order.
        return query.with_for_update(skip_locked=True)
    return query


def _lock_counter(work: UnitOfWork, name: str) -> int:
    """Lock the counter until the commit, and return the last number given."""
    first = insert_into(work.connection, counters).values(name=name, value=0)
    locked = first.on_conflict_do_update(
        index_elements=["name"], set_={"value": counters.c.value}
    ).returning(counters.c.value)
    return int(work.connection.execute(locked).scalar_one())
