"""The server's processes by their ids, and the end of all of them at once."""

import os
import signal
from contextlib import suppress
from pathlib import Path

from tests.support.stack import Stack


def children(stack: Stack) -> dict[int, str]:
    """The server's child processes with their command lines; who dies meanwhile is left out."""
    master = stack.children.by_name["server"].pid
    found = {}
    for task in Path(f"/proc/{master}/task").iterdir():
        for child in (task / "children").read_text().split():
            with suppress(FileNotFoundError, ProcessLookupError):
                words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
                found[int(child)] = b" ".join(words).decode()
    return found


def jobs_process(stack: Stack) -> int | None:
    return next((pid for pid, line in children(stack).items() if " worker " in line), None)


def workers(stack: Stack) -> list[int]:
    return [pid for pid, line in children(stack).items() if " worker " not in line]


def kill_everything(stack: Stack) -> None:
    """As when the machine loses its power: master, workers and jobs in the same moment."""
    os.killpg(stack.children.by_name["server"].pid, signal.SIGKILL)
