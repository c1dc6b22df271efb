"""Add up the attempts that the processes of all nodes have counted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import UpdateBase, case, or_

from webapp.domain.limit_counts import LimitCount, LimitTotal
from webapp.store.limit_counts_table import limit_counts
from webapp.store.repository import Repository
from webapp.store.sql import delete_batch, insert_into

_columns = limit_counts.c
#: A count of an earlier minute weighs nothing any more; nodes' clocks may differ.
_RETENTION = timedelta(minutes=5)
#: How many minutes a stored count may be ahead of a new one.
_BELIEVED_MINUTES = 5


class LimitCounts(Repository):
    def add(self, counts: Iterable[LimitCount]) -> list[LimitTotal]:
        """Add the counts, and return the totals of their keys.

        Counts older than the stored minute's predecessor are dropped. At most one statement for
        each minute among the counts: usually one, at a change of the minute two.
        """
        # Sorted, so that two nodes lock the rows in the same order.
        ordered = sorted(counts, key=lambda each: (each.minute, each.key))
        totals: dict[str, LimitTotal] = {}
        for _, batch in groupby(ordered, key=lambda each: each.minute):
            for row in self._connection.execute(self._statement(), [_row(each) for each in batch]):
                totals[row.key] = LimitTotal(row.key, row.minute, row.previous, row.current)
        return list(totals.values())

    def forget(self, now: datetime) -> int:
        """Delete a batch of counts of past minutes; return how many."""
        oldest = int((now - _RETENTION).timestamp()) // 60
        return delete_batch(self._connection, limit_counts, _columns.minute < oldest)

    def _statement(self) -> UpdateBase:
        insert = insert_into(self._connection, limit_counts)
        new = insert.excluded
        # A stored minute far ahead was written by a clock that has been set back since.
        is_newer = or_(
            new.minute > _columns.minute, new.minute < _columns.minute - _BELIEVED_MINUTES
        )
        current = case(
            (is_newer, new.current),
            (new.minute == _columns.minute, _columns.current + new.current),
            else_=_columns.current,
        )
        previous = case(
            (new.minute == _columns.minute + 1, _columns.current),
            (is_newer, 0),
            (new.minute == _columns.minute - 1, _columns.previous + new.current),
            else_=_columns.previous,
        )
        minute = case((is_newer, new.minute), else_=_columns.minute)
        added = insert.on_conflict_do_update(
            index_elements=["key"],
            set_={"minute": minute, "previous": previous, "current": current},
        )
        return added.returning(*_columns)


def _row(count: LimitCount) -> dict[str, object]:
    return {"key": count.key, "minute": count.minute, "previous": 0, "current": count.count}
