"""Tests that a list whose output is read slowly, as in a pager, holds no transaction open."""

import fcntl
import sqlite3
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.bulk_rows import insert_people
from tests.support.eventually import eventually
from tests.unit.cli.installation import Installation

ROWS = 150
#: The smallest pipe; a list of ROWS rows is longer.
PIPE_BYTES = 4096


@contextmanager
def paused_output(command: list[str], cwd: Path, environ: dict[str, str]) -> Iterator[None]:
    """Run the command until it has filled its pipe and waits for its reader."""
    with subprocess.Popen(command, cwd=cwd, env=environ, stdout=subprocess.PIPE) as listing:
        assert listing.stdout is not None
        pipe = listing.stdout.fileno()
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        eventually(lambda: bytes_in(pipe) > PIPE_BYTES - 200, seconds=60)
        yield
        assert len(listing.stdout.read().splitlines()) == ROWS


def bytes_in(pipe: int) -> int:
    size: int = struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))[0]
    return size


def fill(ready: Installation) -> Path:
    now = datetime.now(UTC)
    with ready.parts() as parts:
        insert_people(parts.engine, ROWS, now, b"sealed")
        with parts.database.writing() as work:
            for _ in range(ROWS):
                work.quarantine.add(b"?", "not JSON", now)
        database = parts.engine.url.database
    assert database
    return Path(database)


@pytest.mark.parametrize(
    "command", [("onboardings", "list", "--limit", str(ROWS)), ("notices", "quarantine")]
)
def test_list_with_paused_output_does_not_block_a_checkpoint(
    ready: Installation, root: Path, command: tuple[str, ...]
):
    path = fill(ready)
    listing = [sys.executable, "-m", "webapp", *command]
    with (
        paused_output(listing, root, ready.process_environment()),
        closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as writer,
    ):
        writer.execute("UPDATE inbox SET times = 2")
        busy, *_ = writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        assert not busy, "a transaction still reads the former state"
        assert Path(f"{path}-wal").stat().st_size == 0
