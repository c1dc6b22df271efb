"""A notice is on the disk before its 204 is sent, by the system calls that strace records."""

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
from tests.faults.conftest import ReportLine
from tests.faults.strace_log import CALLS, acknowledged_before_sync, completed_calls
from tests.support.eventually import eventually
from tests.unit.cli.installation import Installation

pytestmark = pytest.mark.needs("strace")

HEADERS = {"X-Notice-Key": "agreed", "Content-Type": "application/json", "Connection": "close"}
CLIENTS = 8


@contextmanager
def traced_server(app: str, installed: Installation, root: Path, trace: Path) -> Iterator[int]:
    """Run a server with one worker under strace; yield its port."""
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
        eventually(lambda: is_ready(port), seconds=90)
        yield port
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Stop the server, with which strace ends; a signal to strace would only detach it."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    for child in children:
        os.kill(int(child), signal.SIGTERM)
    process.wait(timeout=60)


def is_ready(port: int) -> bool:
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False


def deliver(port: int, id_: str) -> tuple[float, str, int]:
    """Send a notice over a new connection; return its time, its id and the client's port."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.connect()
        at, client_port = time.monotonic(), connection.sock.getsockname()[1]
        body = json.dumps({"verificationId": id_, "status": "VERIFIED"})
        connection.request("POST", "/webhooks/mobbscan", body, HEADERS)
        assert connection.getresponse().status == 204
    return at, id_, client_port


def acknowledged_early(app: str, count: int, tmp_path: Path, root: Path) -> tuple[list[str], Path]:
    """Deliver `count` notices; return the ids acknowledged before their sync, and the trace."""
    installed = Installation(tmp_path, "http://127.0.0.1:1", WEB_CONCURRENCY="1")
    installed.upgrade()
    trace, ids = tmp_path / "trace", [str(uuid.uuid4()) for _ in range(count)]
    with traced_server(app, installed, root, trace) as port, ThreadPoolExecutor(CLIENTS) as clients:
        sent = sorted(clients.map(lambda id_: deliver(port, id_), ids))
    return acknowledged_before_sync(
        trace, [(id_, client_port) for _at, id_, client_port in sent]
    ), trace


@pytest.mark.parametrize("count", [40, pytest.param(2000, marks=pytest.mark.nightly)])
def test_notices_are_synced_before_they_are_acknowledged(
    tmp_path: Path, root: Path, count: int, report_line: ReportLine
) -> None:
    early, trace = acknowledged_early("wsgi:app", count, tmp_path, root)
    assert early == []
    syncs = sum(
        call.name in ("fdatasync", "fsync") and "-wal>" in call.arguments
        for call in completed_calls(trace)
    )
    report_line(f"{count} of {count} synced before their 204, by {syncs} syncs of the log")


def test_check_without_sync_finds_early_acknowledgements(tmp_path: Path, root: Path) -> None:
    """The control: the check finds early answers with SQLite's synchronous=NORMAL."""
    early, _trace = acknowledged_early("tests.faults.unsynced_app:app", 16, tmp_path, root)
    assert len(early) > 8
