"""Measure the processor time of each step with ten thousand and a hundred thousand onboardings.

`--full` adds a million, which takes some minutes to fill. The steps run on an SQLite file, called
as a server's thread calls them; the query plans of their statements are printed for both databases.
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
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import common
from serving import BenchInstallation
from sqlalchemy import Engine, event

from tests.support.bulk_rows import insert_people, multiply_rows
from tests.support.instant_gateway import running
from webapp.domain.onboarding_inputs import OnboardingInputs
from webapp.jobs.process import MAX_IN_FLIGHT, SEARCH_LIMIT
from webapp.journey.api_create import CreateInput
from webapp.journey.views import Visitor

SIZES = (10_000, 100_000)
FULL = 1_000_000
#: The host's id of a user whom the API has created.
KNOWN = "known"
Step = Callable[[], object]


class FilledInstallation:
    """An installation with `count` onboardings, and one user whose steps are measured."""

    def __init__(self, folder: Path, gateway_url: str, count: int, url: str | None = None) -> None:
        self.installation = BenchInstallation(folder, gateway_url, url)
        self._parts = self.installation.wired
        seal = self._parts.database.cipher.seal("x")
        if count == FULL:
            insert_people(self._parts.engine, count // 10, datetime.now(UTC), seal)
            multiply_rows(self._parts.engine)
        else:
            insert_people(self._parts.engine, count, datetime.now(UTC), seal)
        self._new_users = self._signed_in()
        self._user = next(self._new_users)
        self._onboarding_id = self._start()

    def _signed_in(self) -> Iterator[Visitor]:
        while True:
            for one in self.installation.add_users(200):
                found = self._parts.steps.admit.find_visitor(one.session_id)
                assert found is not None
                yield found

    def _start(self, who: Visitor | None = None) -> str:
        return self._parts.steps.start.begin(who or self._user, None, "2026-01", "en")

    def steps(self) -> dict[str, Step]:
        steps, body = self._parts.steps, json.dumps
        notice = body(
            {"verificationId": self._onboarding_id, "status": "PENDING_VERIFICATION"}
        ).encode()
        api, site = steps.host_api, self._user.site
        numbers = itertools.count()

        def wanted(subject: str) -> CreateInput:
            return CreateInput(subject, None, None, None, OnboardingInputs(metadata={"a": "b"}))

        api.create.create(site, wanted(KNOWN))
        return {
            "start": lambda: self._start(next(self._new_users)),
            "home page": lambda: steps.present.home(self._user),
            "status": lambda: steps.result.status(self._user, self._onboarding_id),
            "session": lambda: steps.admit.find_visitor(self._user.session_id),
            "notice": lambda: steps.webhook.store(notice),
            "due polls": lambda: steps.gateway_poll.due_polls(SEARCH_LIMIT + MAX_IN_FLIGHT),
            "poll": lambda: steps.gateway_poll.poll(self._onboarding_id),
            "API: create": lambda: api.create.create(site, wanted(f"new-{next(numbers)}")),
            "API: get": lambda: api.read.onboarding(site, self._onboarding_id),
            "API: list": lambda: api.read.page(site, after=5000, limit=20),
            "API: list of a time": lambda: api.read.page(
                site, after=datetime.now(UTC) - timedelta(hours=1), limit=20
            ),
            "API: subject": lambda: api.read.subject(site, KNOWN),
            "clean-up": lambda: self._parts.database.sweep(datetime.now(UTC)),
        }

    def print_plans(self) -> None:
        """Print the query plan of each statement of the steps."""
        with recorded_statements(self._parts.engine) as sent:
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
def recorded_statements(engine: Engine) -> Iterator[dict[str, Any]]:
    """Yield a dict that collects the statements sent in the block, with their values."""
    sent: dict[str, Any] = {}

    def record(_c: Any, _cursor: Any, statement: str, values: Any, _x: Any, many: bool) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            sent[statement] = values[0] if many else values

    event.listen(engine, "before_cursor_execute", record)
    yield sent
    event.remove(engine, "before_cursor_execute", record)


def processor_us(step: Step, times: int) -> float:
    """Return the processor time of one call; the time of the disk does not depend on the size."""
    before = time.process_time()
    for _ in range(times):
        step()
    return (time.process_time() - before) / times * 1e6


def measure_growth(installations: dict[int, FilledInstallation], rounds: int, times: int) -> None:
    found: dict[tuple[str, int], list[float]] = {}
    steps = {count: installation.steps() for count, installation in installations.items()}
    first = next(iter(installations))
    for round_ in range(rounds):
        for name in steps[first]:
            for count in itertools.islice(
                itertools.cycle(installations), round_, round_ + len(installations)
            ):
                found.setdefault((name, count), []).append(processor_us(steps[count][name], times))
    common.table(
        f"Processor time of a step, in µs, and as a multiple of that; {rounds} rounds",
        ["", f"{first:,}", *(f"{count:,} ×" for count in list(installations)[1:])],
        [
            [
                name,
                f"{statistics.median(found[name, first]):.0f}",
                *(
                    common.spread(common.ratios(found[name, count], found[name, first]))
                    for count in list(installations)[1:]
                ),
            ]
            for name in steps[first]
        ],
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--full", action="store_true", help="also measure a million")
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--times", type=int, default=30)
    given = options.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="mobbscan-embed-bench-"))
    try:
        with running() as gateway, common.postgres() as postgres:
            installations = {
                count: FilledInstallation(folder / str(count), gateway.url, count)
                for count in (*SIZES, *([FULL] if given.full else ()))
            }
            measure_growth(installations, given.rounds, given.times)
            print(f"\nSQLite, {SIZES[-1]:,} onboardings\n")
            installations[SIZES[-1]].print_plans()
            other = FilledInstallation(folder / "postgres", gateway.url, SIZES[0], postgres)
            print(f"\nPostgreSQL, {SIZES[0]:,} onboardings\n")
            other.print_plans()
            for installation in (*installations.values(), other):
                installation.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
