"""Evidence streams use constant memory, whatever the size of the file."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.gateway.doubles import FILES
from tests.unit.gateway.raw_server import KEEPS_ALIVE, Behaviour, Connection, RawServer

MEGABYTE = 1024 * 1024
PIECE = bytes(range(256)) * 3072  # 768 kB, a whole number of base64 groups
MAX_GROWTH_BYTES = 8 * MEGABYTE


def sending(form: str, megabytes: int) -> Behaviour:
    """Send a recording of `megabytes`, generated chunk by chunk."""
    count = megabytes * MEGABYTE // len(PIECE)
    first = FILES["recording"][:12].ljust(len(PIECE), b"\0")
    pieces = [first, PIECE]
    before, after = b"", b""
    if form != "raw":
        pieces = [base64.b64encode(piece) for piece in pieces]
    if form == "json":
        before, after = b'{"timestamp": "2026-01-10T09:00:00Z", "image": "', b'"}'
    length = len(before) + len(pieces[0]) + count * len(pieces[1]) + len(after)

    def behave(connection: Connection) -> None:
        if b"/pdf/" in connection.request:
            body = FILES["pdf"]
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            return
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length + before)
        connection.send(pieces[0])
        for _ in range(count):
            connection.send(pieces[1])
        connection.send(after)

    KEEPS_ALIVE.add(behave)
    return behave


def measure(root: Path, form: str, megabytes: int, how: str) -> dict[str, float]:
    with RawServer(sending(form, megabytes)) as server:
        script = "tests.unit.gateway.evidence.measure_streaming_memory"
        command = [sys.executable, "-m", script, server.url, how]
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, cwd=root, timeout=600
        )
    measured: dict[str, float] = json.loads(done.stdout)
    assert measured["bytes"] == (1 + megabytes * MEGABYTE // len(PIECE)) * len(PIECE)
    return measured


@pytest.mark.parametrize("form", ["raw", "json", "text"])
@pytest.mark.parametrize("megabytes", [24, pytest.param(200, marks=pytest.mark.nightly)])
def test_evidence_large_file_grows_process_by_less_than_8_megabytes(
    megabytes: int, form: str, root: Path
) -> None:
    assert measure(root, form, megabytes, "untraced")["rss_bytes"] < MAX_GROWTH_BYTES


def test_evidence_python_allocations_stay_below_one_megabyte(root: Path) -> None:
    assert measure(root, "json", 12, "traced")["traced_bytes"] < MEGABYTE
