"""Attempts per minute that all nodes add up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from webapp.domain.limit_counts import LimitCount, LimitTotal
from webapp.store.unit_of_work import Database

MINUTE = 30_000_000
pytestmark = pytest.mark.both_databases


def add(database: Database, *counts: tuple[str, int, int]) -> dict[str, LimitTotal]:
    with database.writing() as work:
        totals = work.limit_counts.add([LimitCount(*each) for each in counts])
    return {each.key: each for each in totals}


def test_add_counts_of_two_processes_returns_their_sum(database: Database) -> None:
    add(database, ("link:a", MINUTE, 3), ("link:b", MINUTE, 1))
    totals = add(database, ("link:a", MINUTE, 4))
    assert totals == {"link:a": LimitTotal("link:a", MINUTE, 0, 7)}


def test_add_in_the_next_minute_keeps_the_previous_count(database: Database) -> None:
    add(database, ("link:a", MINUTE, 3))
    assert add(database, ("link:a", MINUTE + 1, 2))["link:a"] == LimitTotal(
        "link:a", MINUTE + 1, 3, 2
    )
    assert add(database, ("link:a", MINUTE + 3, 1))["link:a"] == LimitTotal(
        "link:a", MINUTE + 3, 0, 1
    )


def test_add_at_the_change_of_the_minute_counts_each_in_its_own(database: Database) -> None:
    totals = add(database, ("link:a", MINUTE + 1, 2), ("link:a", MINUTE, 5))
    assert totals["link:a"] == LimitTotal("link:a", MINUTE + 1, 5, 2)


def test_add_late_counts_go_to_the_previous_minute_and_older_ones_are_dropped(
    database: Database,
) -> None:
    add(database, ("link:a", MINUTE, 1))
    assert add(database, ("link:a", MINUTE - 1, 4))["link:a"] == LimitTotal("link:a", MINUTE, 4, 1)
    assert add(database, ("link:a", MINUTE - 2, 9))["link:a"] == LimitTotal("link:a", MINUTE, 4, 1)


def test_add_after_a_clock_was_set_back_begins_anew(database: Database) -> None:
    add(database, ("api_requests/shop", MINUTE + 60, 500))
    totals = add(database, ("api_requests/shop", MINUTE, 2))
    assert totals["api_requests/shop"] == LimitTotal("api_requests/shop", MINUTE, 0, 2)


def test_add_ten_thousand_keys_at_once_returns_every_total(database: Database) -> None:
    many = [(f"link:{number}", MINUTE, 1) for number in range(10_000)]
    add(database, *many)
    totals = add(database, *many)
    assert len(totals) == 10_000
    assert {each.current for each in totals.values()} == {2}


def test_add_from_several_nodes_at_once_loses_nothing(database: Database) -> None:
    keys = [f"link:{number}" for number in range(50)]

    def node(number: int) -> None:
        order = keys if number % 2 else list(reversed(keys))
        add(database, *((key, MINUTE, 1) for key in order))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(node, range(20)))
    totals = add(database, *((key, MINUTE, 1) for key in keys))
    assert {each.current for each in totals.values()} == {21}


def test_forget_deletes_counts_of_past_minutes_only(database: Database) -> None:
    add(database, ("link:old", MINUTE, 1), ("link:new", MINUTE + 8, 1))
    now = datetime.fromtimestamp((MINUTE + 10) * 60, UTC)
    with database.writing() as work:
        assert work.limit_counts.forget(now) == 1
    assert add(database, ("link:old", MINUTE + 10, 1))["link:old"].previous == 0
    assert add(database, ("link:new", MINUTE + 9, 1))["link:new"].previous == 1
