"""What each step costs as the work grows: with ten thousand onboardings, and a hundred thousand.

`--full` adds a million, which takes some minutes to fill. The steps are called as a server's
thread calls them, on an SQLite file; the plans of their statements are printed for both databases.
"""

from __future__ import annotations

import argparse
import itertools
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import common
from serving import Office
from sqlalchemy import Engine, event

from tests.support.bulk_rows import insert_people, multiply_rows
from tests.support.instant_gateway import running
from webapp.jobs.process import MAX_IN_FLIGHT, SEARCH_LIMIT
from webapp.journey.views import Visitor

SIZES = (10_000, 100_000)
FULL = 1_000_000
Step = Callable[[], object]


class Crowded:
    """An installation with so many onboardings, and one person in it whose steps are measured."""

    def __init__(self, folder: Path, gateway_url: str, count: int, url: str | None = None) -> None:
        self.office = Office(folder, gateway_url, url)
        self._parts = self.office.wired
        seal = self._parts.database.cipher.seal("x")
        if count == FULL:
            insert_people(self._parts.engine, count // 10, datetime.now(UTC), seal)
            multiply_rows(self._parts.engine)
        else:
            insert_people(self._parts.engine, count, datetime.now(UTC), seal)
        self._newcomers = self._signed_in()
        self._ada = next(self._newcomers)
        self._adas = self._start()

    def _signed_in(self) -> Iterator[Visitor]:
        while True:
            for one in self.office.admit(200):
                found = self._parts.steps.admit.find_visitor(one.session_id)
                assert found is not None
                yield found

    def _start(self, who: Visitor | None = None) -> str:
        return self._parts.steps.start.begin(who or self._ada, None, "2026-01", "en")

    def steps(self) -> dict[str, Step]:
        steps, body = self._parts.steps, json.dumps
        notice = body({"verificationId": self._adas, "status": "PENDING_VERIFICATION"}).encode()
        return {
            "start": lambda: self._start(next(self._newcomers)),
            "home page": lambda: steps.present.home(self._ada),
            "status": lambda: steps.result.status(self._ada, self._adas),
            "session": lambda: steps.admit.find_visitor(self._ada.session_id),
            "notice": lambda: steps.webhook.store(notice),
            "what is due": lambda: steps.gateway_poll.due_polls(SEARCH_LIMIT + MAX_IN_FLIGHT),
            "read-back": lambda: steps.gateway_poll.poll(self._adas),
            "cleaning": lambda: self._parts.database.sweep(datetime.now(UTC)),
        }

    def plans(self) -> None:
        """Print how the database goes about each statement."""
        with heard(self._parts.engine) as sent:
            for step in self.steps().values():
                step()
        with self._parts.engine.connect() as connection:
            sqlite = connection.dialect.name == "sqlite"
            explain = "EXPLAIN QUERY PLAN" if sqlite else "EXPLAIN"
            for sql, values in sent.items():
                plan = connection.exec_driver_sql(f"{explain} {sql}", values)
                print("-", " ".join(sql.split())[:150])
                for row in plan:
                    print("     ", (row.detail if sqlite else row[0])[:150])

    def close(self) -> None:
        self._parts.gateway.close()
        self._parts.engine.dispose()


@contextmanager
def heard(engine: Engine) -> Iterator[dict[str, Any]]:
    """Every statement sent meanwhile, with values it was sent with."""
    sent: dict[str, Any] = {}

    def hear(_c: Any, _cursor: Any, statement: str, values: Any, _x: Any, many: bool) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            sent[statement] = values[0] if many else values

    event.listen(engine, "before_cursor_execute", hear)
    yield sent
    event.remove(engine, "before_cursor_execute", hear)


def cost(step: Step, times: int) -> float:
    """Microseconds of processor for one; the disk's own pace is not what grows here."""
    before = time.process_time()
    for _ in range(times):
        step()
    return (time.process_time() - before) / times * 1e6


def growth(houses: dict[int, Crowded], rounds: int, times: int) -> None:
    found: dict[tuple[str, int], list[float]] = {}
    steps = {count: house.steps() for count, house in houses.items()}
    first = next(iter(houses))
    for round_ in range(rounds):
        for name in steps[first]:
            for count in itertools.islice(itertools.cycle(houses), round_, round_ + len(houses)):
                found.setdefault((name, count), []).append(cost(steps[count][name], times))
    common.table(
        f"Processor time of a step, in µs, and as a multiple of that; {rounds} rounds",
        ["", f"{first:,}", *(f"{count:,} ×" for count in list(houses)[1:])],
        [
            [
                name,
                f"{statistics.median(found[name, first]):.0f}",
                *(
                    common.spread(common.ratios(found[name, count], found[name, first]))
                    for count in list(houses)[1:]
                ),
            ]
            for name in steps[first]
        ],
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--full", action="store_true", help="a million too")
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--times", type=int, default=30)
    given = options.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="mobbscan-embed-bench-"))
    try:
        with running() as gateway, common.postgres() as postgres:
            houses = {
                count: Crowded(folder / str(count), gateway.url, count)
                for count in (*SIZES, *([FULL] if given.full else ()))
            }
            growth(houses, given.rounds, given.times)
            print(f"\nSQLite, {SIZES[-1]:,} onboardings\n")
            houses[SIZES[-1]].plans()
            other = Crowded(folder / "postgres", gateway.url, SIZES[0], postgres)
            print(f"\nPostgreSQL, {SIZES[0]:,} onboardings\n")
            other.plans()
            for house in (*houses.values(), other):
                house.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
