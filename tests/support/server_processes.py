"""Finds the process ids of a server and kills its processes."""

import os
import signal
from contextlib import suppress
from pathlib import Path

from tests.support.stack import Stack


def child_processes(stack: Stack) -> dict[int, str]:
    """Return the server's child processes with their command lines, without those that ended."""
    return child_processes_of(stack.children.by_name["server"].pid)


def child_processes_of(master: int) -> dict[int, str]:
    found = {}
    for task in Path(f"/proc/{master}/task").iterdir():
        for child in (task / "children").read_text().split():
            with suppress(FileNotFoundError, ProcessLookupError):
                words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
                found[int(child)] = b" ".join(words).decode()
    return found


def jobs_process(stack: Stack) -> int | None:
    return jobs_process_of(stack.children.by_name["server"].pid)


def jobs_process_of(master: int) -> int | None:
    return next(
        (pid for pid, line in child_processes_of(master).items() if " worker " in line), None
    )


def web_workers(stack: Stack) -> list[int]:
    return [pid for pid, line in child_processes(stack).items() if " worker " not in line]


def kill_server(stack: Stack) -> None:
    """Kill master, workers and jobs process at once, as a power failure does."""
    os.killpg(stack.children.by_name["server"].pid, signal.SIGKILL)
