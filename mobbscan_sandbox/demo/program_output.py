"""What a program says: all of it into its log, the worrying part of it to the terminal."""

import json
import re
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

_LEVEL = re.compile(r"\b(DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL)\b")
_CALM = {"DEBUG", "INFO"}
# Said by programs as loudly as real trouble, but every walk through the demo brings some: a
# delivered notice, a browser that kept a connection open, a cancelled login, a link used twice.
_DAILY = re.compile(r"sandbox: notice \S+ \S+: 2\d\d$|.*Request timed out: ")
_DAILY_EVENTS = {"login_failed", "handoff_refused"}


class LogLineFilter:
    """Tells warnings and errors from daily business, one line after the other.

    A line without a level is daily business on standard output, and a worry on standard error.
    """

    def __init__(self, *, unmarked: bool) -> None:
        self._unmarked = unmarked
        self._last = unmarked

    def about(self, line: str) -> bool:
        """True for a line that a person should see; lines set in belong to the one before."""
        if line.strip() and not line[0].isspace():
            level = _level(line)
            worrying = level not in _CALM if level else self._unmarked
            self._last = worrying and not _daily(line)
        return self._last and bool(line.strip())


def _daily(line: str) -> bool:
    if line.startswith("{"):
        with suppress(ValueError):
            return json.loads(line).get("event") in _DAILY_EVENTS
    return bool(_DAILY.match(line))


def _level(line: str) -> str | None:
    if line.startswith("{"):
        with suppress(ValueError):
            return str(json.loads(line).get("level", "")).upper() or None
    found = _LEVEL.search(line[:80])
    return found.group() if found else None


class Terminal:
    """Prints lines of several programs without mixing them."""

    def __init__(self, *, verbose: bool) -> None:
        self._verbose = verbose
        self._muted = False
        self._lock = threading.Lock()

    def mute(self) -> None:
        """While everything is being stopped, complaints are expected."""
        self._muted = not self._verbose

    def listener(self, name: str, *, unmarked: bool) -> Callable[[str], None]:
        """A function that takes the lines of one stream of one program."""
        worry = LogLineFilter(unmarked=unmarked)

        def show(line: str) -> None:
            worrying = worry.about(line)
            if (self._verbose or worrying) and not self._muted:
                with self._lock:
                    print(f"{name:<8}| {line}", file=sys.stderr, flush=True)

        return show


def follow(stream: IO[str], log: Path, show: Callable[[str], None]) -> threading.Thread:
    """Copy `stream` into `log` and to `show` until it ends."""

    def copy() -> None:
        with log.open("a", encoding="utf-8", buffering=1) as file:
            for line in stream:
                file.write(line)
                show(line.rstrip("\n"))
        stream.close()

    thread = threading.Thread(target=copy, name=f"follow {log.stem}", daemon=True)
    thread.start()
    return thread
