"""Notices per second and processor per notice, against the vendor's own sample webhook; and on a
slow disk, against one commit per notice."""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import common
from serving import Office

from tests.support.bulk_rows import insert_people

CLIENTS, FEW_CLIENTS = 128, 32
WORDS = ("PENDING_VALIDATION", "PENDING_VERIFICATION", "VERIFIED", "VIDEO_AVAILABLE")
HEAD = (
    "POST /webhooks/mobbscan HTTP/1.1\r\nHost: localhost\r\nUser-Agent: gateway\r\nAccept: */*\r\n"
    "Content-Type: application/json\r\nX-Notice-Key: agreed\r\nContent-Length: {}\r\n\r\n"
)
Measure = Callable[[], common.Load]


def notices(ids: Sequence[str]) -> Iterator[bytes]:
    """Every word about each onboarding, shuffled, then all again; one in ten comes twice."""
    choice = random.Random(1)
    bodies = [json.dumps({"verificationId": one, "status": word}) for one in ids for word in WORDS]
    requests = [(HEAD.format(len(body)) + body).encode() for body in bodies]
    while True:
        choice.shuffle(requests)
        for each in requests:
            yield each
            if choice.random() < 0.1:
                yield each


class Bench:
    """Servers that stay up until the end of the block, to be measured in turns."""

    def __init__(self, seconds: float, onboardings: int) -> None:
        self._seconds = seconds
        self._onboardings = onboardings
        self._stack = ExitStack()

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def vendor(self) -> Measure:
        ids = [str(uuid.uuid4()) for _ in range(self._onboardings)]
        return self._measure("vendor_webhook:app", ids, CLIENTS, common.BARE, {})

    def ours(
        self, app: str = "wsgi:app", clients: int = CLIENTS, url: str | None = None, **more: str
    ) -> Measure:
        office = Office(self._folder(), "http://127.0.0.1:1", url)
        insert_people(office.wired.engine, self._onboardings, datetime.now(UTC), sealed(office))
        with office.wired.database.reading() as work:
            ids = [one.id for one in work.onboardings.listed(site=None, status=None, limit=10**6)]
        office.wired.engine.dispose()
        return self._measure(app, ids, clients, (), {**office.environment, **more})

    def postgres(self) -> Measure:
        return self.ours(url=self._stack.enter_context(common.postgres()))

    def _folder(self) -> Path:
        made = tempfile.TemporaryDirectory(prefix="mobbscan-embed-bench-")
        return Path(self._stack.enter_context(made))

    def _measure(
        self,
        app: str,
        ids: Sequence[str],
        clients: int,
        options: Sequence[str],
        environment: Mapping[str, str],
    ) -> Measure:
        served = common.gunicorn(app, self._folder(), *options, **environment)
        address, pid = self._stack.enter_context(served)
        requests = notices(ids)
        return partial(
            common.load, address, requests, clients=clients, seconds=self._seconds, pid=pid
        )


def sealed(office: Office) -> bytes:
    return office.wired.database.cipher.seal("x")


def show(title: str, found: Mapping[str, Sequence[common.Load]]) -> None:
    control = next(iter(found.values()))
    rows = [
        (
            name,
            common.spread([one.rate for one in loads], "{:.0f}"),
            common.spread(common.ratios([a.rate for a in loads], [b.rate for b in control])),
            common.spread([one.processor_us for one in loads], "{:.0f}"),
            common.spread(
                common.ratios([a.processor_us for a in loads], [b.processor_us for b in control])
            ),
            common.spread([one.quantile_ms(0.99) for one in loads], "{:.0f}"),
            str(sum(one.failures for one in loads)),
        )
        for name, loads in found.items()
    ]
    head = ("", "per second", "× control", "µs of processor", "× control", "p99 ms", "not 204")
    common.table(title, head, rows)


def measured(candidates: Mapping[str, Measure], rounds: int) -> dict[str, list[common.Load]]:
    for each in candidates.values():
        each()  # what is done once is done before
    return common.interleaved(candidates, rounds)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--seconds", type=float, default=2.0)
    asked.add_argument("--onboardings", type=int, default=5000)
    given = asked.parse_args()
    with Bench(given.seconds, given.onboardings) as bench:
        candidates = {
            "vendor's sample": bench.vendor(),
            "ours, SQLite": bench.ours(),
            "ours, PostgreSQL": bench.postgres(),
        }
        show(f"Notices, {CLIENTS} clients, one worker", measured(candidates, given.rounds))
    with Bench(given.seconds, given.onboardings) as bench:
        slow = partial(bench.ours, "slow_disk:app", FEW_CLIENTS)
        candidates = {"one commit per notice": slow(BENCH_MOST="1"), "ours": slow()}
        title = f"Notices on SQLite, {FEW_CLIENTS} clients, a commit takes 2 ms more"
        show(title, measured(candidates, given.rounds))


if __name__ == "__main__":
    main()
