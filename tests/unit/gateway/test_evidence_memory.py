"""However large a file is, only a few pieces of it are ever held."""

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
MOST_GROWTH_BYTES = 8 * MEGABYTE


def sending(form: str, megabytes: int) -> Behaviour:
    """A recording of so many megabytes, made while it is sent."""
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


def cost(root: Path, form: str, megabytes: int, how: str) -> dict[str, float]:
    with RawServer(sending(form, megabytes)) as server:
        command = [sys.executable, "-m", "tests.unit.gateway.streaming_memory", server.url, how]
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, cwd=root, timeout=600
        )
    told: dict[str, float] = json.loads(done.stdout)
    assert told["bytes"] == (1 + megabytes * MEGABYTE // len(PIECE)) * len(PIECE)
    return told


@pytest.mark.parametrize("form", ["raw", "json", "text"])
def test_a_file_of_24_megabytes_passes_through_8(form: str, root: Path) -> None:
    assert cost(root, form, 24, "untraced")["rss_bytes"] < MOST_GROWTH_BYTES


def test_what_python_holds_of_a_file_is_less_than_a_megabyte(root: Path) -> None:
    assert cost(root, "json", 12, "traced")["traced_bytes"] < MEGABYTE


@pytest.mark.nightly
@pytest.mark.parametrize("form", ["raw", "json", "text"])
def test_a_file_of_200_megabytes_passes_through_the_same_8(form: str, root: Path) -> None:
    told = cost(root, form, 200, "untraced")
    assert told["rss_bytes"] < MOST_GROWTH_BYTES
