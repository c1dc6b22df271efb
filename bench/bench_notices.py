"""Measure rate and processor time of notices against the vendor's sample webhook.

Also on a slow disk, against one commit per notice.
"""

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
from serving import BenchInstallation

from tests.support.bulk_rows import insert_people

CLIENTS, SLOW_DISK_CLIENTS = 128, 32
STATUSES = ("PENDING_VALIDATION", "PENDING_VERIFICATION", "VERIFIED", "VIDEO_AVAILABLE")
HEAD = (
    "POST /webhooks/mobbscan HTTP/1.1\r\nHost: localhost\r\nUser-Agent: gateway\r\nAccept: */*\r\n"
    "Content-Type: application/json\r\nX-Notice-Key: agreed\r\nContent-Length: {}\r\n\r\n"
)
Measurement = Callable[[], common.LoadResult]


def notices(ids: Sequence[str]) -> Iterator[bytes]:
    """Yield shuffled notices of every status without end; one in ten is sent twice."""
    choice = random.Random(1)
    bodies = [
        json.dumps({"verificationId": one, "status": word}) for one in ids for word in STATUSES
    ]
    requests = [(HEAD.format(len(body)) + body).encode() for body in bodies]
    while True:
        choice.shuffle(requests)
        for each in requests:
            yield each
            if choice.random() < 0.1:
                yield each


class NoticeServers:
    """Starts servers that run until the end of the block."""

    def __init__(self, seconds: float, onboardings: int) -> None:
        self._seconds = seconds
        self._onboardings = onboardings
        self._stack = ExitStack()

    def __enter__(self) -> NoticeServers:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def vendor(self) -> Measurement:
        ids = [str(uuid.uuid4()) for _ in range(self._onboardings)]
        return self._measure("vendor_webhook:app", ids, CLIENTS, common.BARE, {})

    def ours(
        self, app: str = "wsgi:app", clients: int = CLIENTS, url: str | None = None, **more: str
    ) -> Measurement:
        installation = BenchInstallation(self._folder(), "http://127.0.0.1:1", url)
        insert_people(
            installation.wired.engine, self._onboardings, datetime.now(UTC), sealed(installation)
        )
        with installation.wired.database.reading() as work:
            ids = [one.id for one in work.onboardings.listed(site=None, status=None, limit=10**6)]
        installation.wired.engine.dispose()
        return self._measure(app, ids, clients, (), {**installation.environment, **more})

    def postgres(self) -> Measurement:
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
    ) -> Measurement:
        served = common.gunicorn(app, self._folder(), *options, **environment)
        address, pid = self._stack.enter_context(served)
        requests = notices(ids)
        return partial(
            common.run_load, address, requests, clients=clients, seconds=self._seconds, pid=pid
        )


def sealed(installation: BenchInstallation) -> bytes:
    return installation.wired.database.cipher.seal("x")


def show(title: str, found: Mapping[str, Sequence[common.LoadResult]]) -> None:
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
    head = ("", "per second", "× control", "processor µs", "× control", "p99 ms", "not 204")
    common.table(title, head, rows)


def measured(
    candidates: Mapping[str, Measurement], rounds: int
) -> dict[str, list[common.LoadResult]]:
    for each in candidates.values():
        each()  # warm up
    return common.interleaved(candidates, rounds)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--seconds", type=float, default=2.0)
    asked.add_argument("--onboardings", type=int, default=5000)
    given = asked.parse_args()
    with NoticeServers(given.seconds, given.onboardings) as servers:
        candidates = {
            "vendor's sample": servers.vendor(),
            "ours, SQLite": servers.ours(),
            "ours, PostgreSQL": servers.postgres(),
        }
        show(f"Notices, {CLIENTS} clients, one worker", measured(candidates, given.rounds))
    with NoticeServers(given.seconds, given.onboardings) as servers:
        slow = partial(servers.ours, "slow_disk:app", SLOW_DISK_CLIENTS)
        candidates = {"one commit per notice": slow(BENCH_MAX_BATCH="1"), "ours": slow()}
        title = f"Notices on SQLite, {SLOW_DISK_CLIENTS} clients, a commit takes 2 ms more"
        show(title, measured(candidates, given.rounds))


if __name__ == "__main__":
    main()
