"""Measure event streams of one worker against browsers that poll, and reloads under load.

Both get the same changes at the same rate. One worker cannot answer thousands of polling browsers,
so fewer poll, and processor time is compared per browser. Latency is the time from the return of
the commit to the arrival in the browser; one thread of this process plays all browsers.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import common
from polling import PollingBrowsers
from serving import BenchInstallation

from tests.support.event_source_clients import EventSourceClients
from tests.support.load_clients import LoadClients, RepeatedRequest, seconds_until
from tests.support.server_processes import child_processes_of
from tests.support.signed_in_users import SignedInUser, change_status, create_signed_in_users
from webapp.domain.onboarding import Status
from webapp.server.file_limit import raise_file_limit

COUNT, FULL = 1000, 5000
POLLERS = 200
CHANGES_PER_SECOND = 20
NOTICE_CLIENTS = 8
NOTICE_HEADERS = {"X-Notice-Key": "agreed", "Content-Type": "application/json"}
LastSeen = Callable[[int], tuple[int, float]]


@dataclass
class Figures:
    """One round: latencies in ms, processor time in µs per second and browser, KB per browser."""

    p50: float
    p99: float
    processor: float
    memory: float = 0.0
    notice_p99: float = 0.0
    quiet_notice_p99: float = 1.0


class BenchServer:
    """A running gunicorn with its installation; `worker` is the pid of its first worker."""

    def __init__(
        self, installation: BenchInstallation, address: tuple[str, int], arbiter: int
    ) -> None:
        self.installation, self.address, self.arbiter = installation, address, arbiter
        self.worker = min(child_processes_of(arbiter))

    def add_users(self, count: int) -> list[SignedInUser]:
        return create_signed_in_users(
            self.installation.wired.database, self.installation.settings, count
        )

    def memory(self) -> float:
        """Return the memory of the worker (proportional set size, KB)."""
        lines = Path(f"/proc/{self.worker}/smaps_rollup").read_text().splitlines()
        return float(next(line.split()[1] for line in lines if line.startswith("Pss:")))

    def notices(self, seconds: float, clients: int = NOTICE_CLIENTS) -> float:
        """Send notices and return the p99 of their latency (ms)."""
        load = common.run_load(self.address, notices(), clients=clients, seconds=seconds)
        if load.failures:
            raise SystemExit("notices were refused")
        return load.quantile_ms(0.99)


class Servers:
    """Starts a new server for each figure, because a process does not return memory."""

    def __init__(self, folder: Path, database_url: str | None) -> None:
        self._folder, self._database_url = folder, database_url

    @contextmanager
    def serving(self, workers: int = 1) -> Iterator[BenchServer]:
        folder = self._folder / uuid.uuid4().hex
        installation = BenchInstallation(folder, "http://127.0.0.1:1", self._database_url)
        given = {**installation.environment, "WEB_CONCURRENCY": str(workers)}
        with common.gunicorn("wsgi:app", folder, **given) as (address, arbiter):
            server = BenchServer(installation, address, arbiter)
            server.notices(0.5, clients=128)  # starts all threads
            yield server
        installation.wired.engine.dispose()


def notice() -> bytes:
    return json.dumps({"verificationId": str(uuid.uuid4()), "status": "VERIFIED"}).encode()


def notices() -> Iterator[bytes]:
    head = "".join(f"{name}: {value}\r\n" for name, value in NOTICE_HEADERS.items())
    while True:
        body = notice()
        yield (
            f"POST /webhooks/mobbscan HTTP/1.1\r\nHost: localhost\r\n{head}"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode() + body


# Waiting


def changes(
    installation: BenchInstallation, users: Sequence[SignedInUser], seconds: float, seen: LastSeen
) -> list[float]:
    """Change some onboardings, one after the other; return the latency of each (seconds)."""
    chosen = random.Random(1).sample(range(len(users)), int(seconds * CHANGES_PER_SECOND))
    committed = {}
    for n in chosen:
        version = change_status(
            installation.wired.database, users[n].onboarding_id, Status.IN_REVIEW
        )
        committed[n] = version, time.monotonic()
        time.sleep(1 / CHANGES_PER_SECOND)
    seconds_until(lambda: all(seen(n)[0] >= version for n, (version, _) in committed.items()), 30)
    return [seen(n)[1] - at for n, (_, at) in committed.items()]


def measured(
    server: BenchServer, users: Sequence[SignedInUser], seconds: float, seen: LastSeen
) -> Figures:
    before, begin = common.processor_seconds(server.worker), time.monotonic()
    latencies = sorted(changes(server.installation, users, seconds, seen))
    used = common.processor_seconds(server.worker) - before
    return Figures(
        p50=statistics.median(latencies) * 1000,
        p99=latencies[int(0.99 * len(latencies))] * 1000,
        processor=used / (time.monotonic() - begin) / len(users) * 1e6,
    )


def waiting(servers: Servers, count: int, seconds: float, with_notices: bool) -> Figures:
    with servers.serving() as server:
        users = server.add_users(count)
        quiet = server.notices(seconds / 2) if with_notices else 1.0
        before = server.memory()
        with EventSourceClients(server.address, [each.request() for each in users]) as clients:
            seconds_until(lambda: clients.waiting == count, 300)
            memory = (server.memory() - before) / count

            def seen(n: int) -> tuple[int, float]:
                return int(str(clients.browsers[n].seen["version"])), clients.browsers[n].seen_at

            found = measured(server, users, seconds, seen)
            found.memory, found.quiet_notice_p99 = memory, quiet
            if with_notices:
                found.notice_p99 = server.notices(seconds / 2)
            failed = clients.refused or clients.broken or clients.unanswered
            if failed or clients.waiting < count:
                raise SystemExit("some event streams were refused or broken")
        return found


def polling(servers: Servers, seconds: float) -> Figures:
    with servers.serving() as server:
        users = server.add_users(POLLERS)
        with PollingBrowsers(server.address, users) as pollers:
            seconds_until(lambda: all(version for version, _ in pollers.seen), 60)
            found = measured(server, users, seconds, pollers.seen.__getitem__)
            if pollers.failed or pollers.late:
                print(f"polling: {pollers.failed} answers failed, {pollers.late} were late")
        return found


def compare(
    title: str, servers: Servers, counts: Sequence[int], options: argparse.Namespace, notices: bool
) -> None:
    candidates = {
        f"{count:,}": partial(waiting, servers, count, options.seconds, notices) for count in counts
    }
    found = common.interleaved(
        {**candidates, "polling": partial(polling, servers, options.seconds)}, options.rounds
    )
    control = found.pop("polling")
    head = [
        "browsers", "KB each", "commit to browser: p50 ms", "p99 ms", "polling: p50 ms", "p99 ms",
        "processor of one, µs per s", "of one that polls", "ratio",
    ]  # fmt: skip
    if notices:
        head += ["notice p99 ms", "× without streams"]
    common.table(title, head, [_row(*each, control, notices) for each in found.items()])


def _row(
    name: str, found: Sequence[Figures], control: Sequence[Figures], notices: bool
) -> list[str]:
    cheaper = common.ratios(_all(control, "processor"), _all(found, "processor"))
    row = [
        name,
        common.spread(_all(found, "memory"), "{:.1f}"),
        common.spread(_all(found, "p50"), "{:.1f}"),
        common.spread(_all(found, "p99"), "{:.1f}"),
        common.spread(_all(control, "p50"), "{:.0f}"),
        common.spread(_all(control, "p99"), "{:.0f}"),
        common.spread(_all(found, "processor"), "{:.0f}"),
        common.spread(_all(control, "processor"), "{:.0f}"),
        "1/" + common.spread(cheaper, "{:.0f}"),
    ]
    if notices:
        with_them, without = _all(found, "notice_p99"), _all(found, "quiet_notice_p99")
        row.append(common.spread(with_them, "{:.0f}"))
        row.append(common.spread(common.ratios(with_them, without)))
    return row


def _all(figures: Sequence[Figures], name: str) -> list[float]:
    return [getattr(each, name) for each in figures]


# Reloads


@dataclass
class ReloadResult:
    """Seconds until the old workers had ended, requests meanwhile, and failed ones."""

    seconds: float
    requests: int
    failed: int


def reload(server: BenchServer, count: int) -> ReloadResult:
    """Send HUP under load, and wait until all browsers have reconnected."""
    users = server.add_users(count + 1)
    clients = EventSourceClients(server.address, [each.request() for each in users[1:]])
    with clients, LoadClients(server.address, _repeated_requests(users[0])) as load:
        seconds_until(lambda: clients.waiting == count and load.answers.total() > 100, 300)
        old = set(child_processes_of(server.arbiter))
        begin = load.answers.total()
        os.kill(server.arbiter, signal.SIGHUP)
        seconds = seconds_until(lambda: not old & set(child_processes_of(server.arbiter)), 60)
        seconds_until(lambda: clients.streams >= 2 * count and clients.waiting == count, 300)
        requests = load.answers.total() - begin + count
    failed = sum(load.failed.values()) + clients.broken + clients.unanswered
    failed += clients.refused.total()
    return ReloadResult(seconds, requests, failed)


def _repeated_requests(ada: SignedInUser) -> list[RepeatedRequest]:
    status = "GET", f"/onboardings/{ada.onboarding_id}/status", {"Cookie": ada.cookie}
    stored = "POST", "/webhooks/mobbscan", NOTICE_HEADERS, notice
    return [
        RepeatedRequest(*what, keeps=keeps) for keeps in (True, False) for what in (status, stored)
    ]


def reloads(servers: Servers, counts: Sequence[int], rounds: int) -> None:
    with servers.serving(workers=2) as server:
        found = common.interleaved(
            {f"{count:,}": partial(reload, server, count) for count in (0, *counts)}, rounds
        )
    rows = [
        [
            name,
            common.spread([each.seconds for each in each_of], "{:.1f}"),
            f"{sum(each.requests for each in each_of):,}",
            str(sum(each.failed for each in each_of)),
        ]
        for name, each_of in found.items()
    ]
    head = ("open streams", "old workers ended after (s)", "requests meanwhile", "failed")
    common.table("HUP under load, two workers, SQLite", head, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help=f"also measure {FULL:,} browsers")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0)
    options = parser.parse_args()
    counts = [COUNT, *([FULL] if options.full else [])]
    raise_file_limit()  # each browser needs an open file
    with ExitStack() as open_:
        made = tempfile.TemporaryDirectory(prefix="mobbscan-embed-bench-")
        folder = Path(open_.enter_context(made))
        sqlite = Servers(folder, None)
        compare("SQLite, one worker", sqlite, counts, options, notices=True)
        reloads(sqlite, [COUNT], options.rounds)
        postgres = Servers(folder, open_.enter_context(common.postgres()))
        compare("PostgreSQL, one worker", postgres, counts, options, notices=False)


if __name__ == "__main__":
    main()
