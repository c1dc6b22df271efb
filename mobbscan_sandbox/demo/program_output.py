"""Copy a program's output to its log, and its warnings and errors to the terminal."""

import json
import re
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

_LEVEL = re.compile(r"\b(DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL)\b")
_QUIET_LEVELS = {"DEBUG", "INFO"}
# Warnings that ordinary use of the demo causes: a delivered notice, a browser that kept a
# connection open, a canceled login, a link used twice.
_EXPECTED = re.compile(r"sandbox: notice \S+ \S+: 2\d\d$|.*Request timed out: ")
_EXPECTED_EVENTS = {"login_failed", "handoff_refused"}


class LogLineFilter:
    """Decides for each line, in order, whether the terminal shows it.

    `unmarked`: the decision for lines without a level; true for standard error.
    """

    def __init__(self, *, unmarked: bool) -> None:
        self._unmarked = unmarked
        self._last = unmarked

    def is_shown(self, line: str) -> bool:
        """Return whether to show `line`; an indented line follows the line before it."""
        if line.strip() and not line[0].isspace():
            level = _level(line)
            is_warning = level not in _QUIET_LEVELS if level else self._unmarked
            self._last = is_warning and not _is_expected(line)
        return self._last and bool(line.strip())


def _is_expected(line: str) -> bool:
    if line.startswith("{"):
        with suppress(ValueError):
            return json.loads(line).get("event") in _EXPECTED_EVENTS
    return bool(_EXPECTED.match(line))


def _level(line: str) -> str | None:
    if line.startswith("{"):
        with suppress(ValueError):
            return str(json.loads(line).get("level", "")).upper() or None
    found = _LEVEL.search(line[:80])
    return found.group() if found else None


class Terminal:
    """Prints whole lines of several programs to standard error."""

    def __init__(self, *, verbose: bool) -> None:
        self._verbose = verbose
        self._muted = False
        self._lock = threading.Lock()

    def mute(self) -> None:
        """Stop printing: programs log warnings while they are stopped."""
        self._muted = not self._verbose

    def line_printer(self, name: str, *, unmarked: bool) -> Callable[[str], None]:
        """Return a function that prints the lines of one stream of one program."""
        line_filter = LogLineFilter(unmarked=unmarked)

        def show(line: str) -> None:
            is_shown = line_filter.is_shown(line)
            if (self._verbose or is_shown) and not self._muted:
                with self._lock:
                    print(f"{name:<8}| {line}", file=sys.stderr, flush=True)

        return show


def copy_lines(stream: IO[str], log: Path, show: Callable[[str], None]) -> threading.Thread:
    """Copy the lines of `stream` to `log` and to `show`, in a thread, until it ends."""

    def copy() -> None:
        with log.open("a", encoding="utf-8", buffering=1) as file:
            for line in stream:
                file.write(line)
                show(line.rstrip("\n"))
        stream.close()

    thread = threading.Thread(target=copy, name=f"copy {log.stem}", daemon=True)
    thread.start()
    return thread
