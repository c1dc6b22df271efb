"""Measure messages sent per second, and how soon one arrives, also beside a receiver that is dead.

The control posts the same bodies to the same receiver, one `httpx.post` after the other. The
receiver is a process of its own that answers 204 and verifies nothing.
"""

from __future__ import annotations

import argparse
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import common
import httpx

from tests.support.message_receiver import SECRET
from tests.unit.journey.harness import BANK, SHOP, JourneyHarness
from webapp.domain.messages import DELIVERED, Message
from webapp.hostsite.sender import MessageClient
from webapp.hostsite.signing import signed_headers
from webapp.jobs.message_sender import MessageSender
from webapp.journey.announce import new_ping
from webapp.journey.message_delivery import MessageDelivery
from webapp.store import migrate
from webapp.store.engine import make_engine

#: Time limit of one measurement, in which every message arrives.
LIMIT_SECONDS = 120.0
_RECEIVER = """
import sys, socketserver
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response_only(204)
        self.end_headers()
    def log_message(self, *_): pass
class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
server = Server(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


@contextmanager
def receiver_process() -> Iterator[str]:
    """Yield the address of a receiver in a process of its own."""
    process = subprocess.Popen([sys.executable, "-c", _RECEIVER], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/hooks"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@contextmanager
def dead_receiver() -> Iterator[str]:
    """Yield the address of a receiver that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/hooks"


class Ages:
    """Collects the ages of messages at the attempt that delivered them (seconds)."""

    def __init__(self) -> None:
        self.values: list[float] = []
        self._lock = threading.Lock()

    def observe(self, outcome: str, seconds: float, age: float) -> None:
        if outcome == DELIVERED:
            with self._lock:
                self.values.append(age + seconds)

    def wait_for(self, count: int) -> None:
        """Wait until so many messages have arrived."""
        end = time.monotonic() + LIMIT_SECONDS
        while len(self.values) < count:
            if time.monotonic() > end:
                raise SystemExit(f"{len(self.values)} of {count} messages arrived")
            time.sleep(0.01)


@dataclass(frozen=True)
class Run:
    per_second: float
    p99: float


def message(site: str) -> Message:
    """Return a message of about the size of a real one, which belongs to no onboarding."""
    return new_ping(site, datetime.now(UTC), livemode=False)


def post_in_a_loop(url: str, count: int) -> Run:
    began = time.perf_counter()
    for _ in range(count):
        one = message("shop")
        headers = signed_headers(one.id, one.body, datetime.now(UTC), [SECRET])
        httpx.post(url, content=one.body, headers=headers, trust_env=False).raise_for_status()
    return Run(count / (time.perf_counter() - began), 0.0)


@contextmanager
def sender(address: str, url: str, dead_url: str) -> Iterator[tuple[JourneyHarness, Ages]]:
    """Run the sender of a jobs process; the site `bank` has a receiver that is dead."""
    more = {"webhook_secrets": (SECRET,), "allow_private_webhook": True}
    sites = {
        "shop": SHOP.model_copy(update={"webhook_url": url, **more}),
        "bank": BANK.model_copy(update={"webhook_url": dead_url, **more}),
    }
    harness = JourneyHarness(address, sites=sites, clock=_Now())
    ages, client = Ages(), MessageClient(harness.clock)
    running = MessageSender(harness.database, MessageDelivery(harness.deps, client, ages.observe))
    harness.subscriptions._watcher.start(lambda _touched: running.wake())
    running.start()
    try:
        yield harness, ages
    finally:
        running.close()
        client.close()
        harness.close()


class _Now:
    def __call__(self) -> datetime:
        return datetime.now(UTC)


def send_backlog(address: str, url: str, dead_url: str, count: int, dead: int) -> Run:
    """Deliver a backlog; `dead` messages wait for the receiver that never answers."""
    with sender(address, url, dead_url) as (harness, ages):
        with harness.database.writing() as work:
            for site, number in (("bank", dead), ("shop", count)):
                for _ in range(number):
                    work.messages.add(message(site))
        began = time.perf_counter()
        ages.wait_for(count)
        return Run(count / (time.perf_counter() - began), 0.0)


def send_singly(address: str, url: str, dead_url: str, count: int, dead: int) -> Run:
    """Announce changes one after the other, and measure how old each is when it has arrived."""
    with sender(address, url, dead_url) as (harness, ages):
        with harness.database.writing() as work:
            for _ in range(dead):
                work.messages.add(message("bank"))
        for number in range(count):
            visitor = harness.visitor(f"person-{number}-{time.monotonic_ns()}")
            harness.start.prepare(visitor, "default", "en")
            time.sleep(0.05)
        ages.wait_for(count)
        return Run(0.0, statistics.quantiles(ages.values, n=100)[98])


def fresh(address: str) -> str:
    engine = make_engine(address)
    migrate.upgrade(engine)
    with engine.begin() as connection:
        for table in ("message_attempts", "messages", "receivers"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    engine.dispose()
    return address


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--messages", type=int, default=400)
    given = options.parse_args()
    count, dead = given.messages, 200
    with (
        tempfile.TemporaryDirectory() as folder,
        common.postgres() as postgres,
        receiver_process() as url,
        dead_receiver() as dead_url,
    ):
        addresses = {"SQLite": f"sqlite:///{Path(folder)}/state", "PostgreSQL": postgres}
        candidates: dict[str, Callable[[], Run]] = {
            "httpx.post in a loop": lambda: post_in_a_loop(url, count // 4)
        }
        for name, address in addresses.items():
            for beside in (0, dead):
                label = f"ours, {name}" + (", beside a dead receiver" if beside else "")
                candidates[label] = _both(address, url, dead_url, count, beside)
        found = common.interleaved(candidates, given.rounds)
    control = [each.per_second for each in found["httpx.post in a loop"]]
    rows = []
    for name, runs in found.items():
        rate = [each.per_second for each in runs]
        late = [1000 * each.p99 for each in runs]
        rows.append(
            [
                name,
                common.spread(rate, "{:.0f}"),
                common.spread(common.ratios(rate, control)),
                common.spread(late, "{:.0f}") if any(late) else "",
            ]
        )
    common.table(
        f"{count} messages to one receiver, {given.rounds} rounds",
        ["", "per second", "× control", "written → arrived p99 ms"],
        rows,
    )


def _both(address: str, url: str, dead_url: str, count: int, dead: int) -> Callable[[], Run]:
    def run() -> Run:
        rate = send_backlog(fresh(address), url, dead_url, count, dead).per_second
        late = send_singly(fresh(address), url, dead_url, min(count, 100), dead).p99
        return Run(rate, late)

    return run


if __name__ == "__main__":
    main()
