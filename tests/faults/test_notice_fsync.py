"""A notice is on the disk before its 204 leaves: the kernel's own word for it, by strace."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

from tests.conftest import find_program
from tests.faults.conftest import Tell
from tests.faults.strace_log import CALLS, answered_too_early, calls
from tests.support.eventually import eventually
from tests.unit.cli.installation import Installation

pytestmark = pytest.mark.needs("strace")

HEADERS = {"X-Notice-Key": "agreed", "Content-Type": "application/json", "Connection": "close"}
CLIENTS = 8


@contextmanager
def traced(app: str, installed: Installation, root: Path, trace: Path) -> Iterator[int]:
    """A server with one worker, all of it under strace; the port it listens on."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    command = [
        *(find_program("strace") or "", "-f", "-yy", "--seccomp-bpf", "-s", "5000"),
        *("-e", f"trace={','.join(CALLS)}", "-e", "signal=none", "-o", str(trace)),
        *(sys.executable, "-m", "gunicorn", app, "--bind", f"127.0.0.1:{port}"),
    ]
    with (installed.folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=root, env=installed.process_environment(), stdout=log, stderr=log
        )
    try:
        eventually(lambda: ready(port), seconds=90)
        yield port
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """strace ends with what it traces; a signal to itself would only make it let go."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    for child in children:
        os.kill(int(child), signal.SIGTERM)
    process.wait(timeout=60)


def ready(port: int) -> bool:
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as line:
        try:
            line.request("GET", "/readyz")
            return line.getresponse().status == 200
        except (OSError, HTTPException):
            return False


def deliver(port: int, id_: str) -> tuple[float, str, int]:
    """One notice over a connection of its own: when, which, and the port it was sent from."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as line:
        line.connect()
        at, mine = time.monotonic(), line.sock.getsockname()[1]
        body = json.dumps({"verificationId": id_, "status": "VERIFIED"})
        line.request("POST", "/webhooks/mobbscan", body, HEADERS)
        assert line.getresponse().status == 204
    return at, id_, mine


def storm(app: str, count: int, tmp_path: Path, root: Path) -> tuple[list[str], Path]:
    """Deliver so many; the ids of those that were answered too early."""
    installed = Installation(tmp_path, "http://127.0.0.1:1", WEB_CONCURRENCY="1")
    installed.upgrade()
    trace, ids = tmp_path / "trace", [str(uuid.uuid4()) for _ in range(count)]
    with traced(app, installed, root, trace) as port, ThreadPoolExecutor(CLIENTS) as clients:
        sent = sorted(clients.map(lambda id_: deliver(port, id_), ids))
    return answered_too_early(trace, [(id_, mine) for _at, id_, mine in sent]), trace


@pytest.mark.parametrize("count", [100, pytest.param(2000, marks=pytest.mark.nightly)])
def test_each_is_on_the_disk_before_it_is_acknowledged(
    tmp_path: Path, root: Path, count: int, tell: Tell
) -> None:
    early, trace = storm("wsgi:app", count, tmp_path, root)
    assert early == []
    syncs = [call for call in calls(trace) if call.name != "sendto" and "-wal>" in call.arguments]
    synced = sum(call.name != "pwrite64" for call in syncs)
    tell(f"{count} of {count} synced before their 204, by {synced} syncs of the log")


def test_the_same_look_finds_a_server_that_does_not_wait_for_its_disk(
    tmp_path: Path, root: Path
) -> None:
    """The control: SQLite with synchronous=NORMAL is caught, so the look can be believed."""
    early, _trace = storm("tests.faults.unsynced_app:app", 16, tmp_path, root)
    assert len(early) > 8
