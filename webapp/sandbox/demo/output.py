"""What a program says: all of it into its log, the worrying part of it to the terminal."""

import json
import re
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

CALM = {"debug", "info"}
_CALM_TEXT = re.compile(r"\b(DEBUG|INFO)\b")


class Worry:
    """Tells warnings and errors from daily business, one line after the other."""

    def __init__(self) -> None:
        self._last = True

    def about(self, line: str) -> bool:
        """True for a line that a person should see; lines set in belong to the one before."""
        if not line[:1].isspace():
            self._last = not _is_calm(line)
        return self._last


def _is_calm(line: str) -> bool:
    if not line.strip():
        return True
    if line.startswith("{"):
        try:
            record = json.loads(line)
        except ValueError:
            return False
        return str(record.get("level", "")).lower() in CALM
    return bool(_CALM_TEXT.search(line[:80]))


class Terminal:
    """Prints lines of several programs without mixing them."""

    def __init__(self, *, verbose: bool) -> None:
        self._verbose = verbose
        self._muted = False
        self._lock = threading.Lock()

    def mute(self) -> None:
        """While everything is being stopped, complaints are expected."""
        self._muted = not self._verbose

    def listener(self, name: str) -> Callable[[str], None]:
        """A function that takes the lines of one program."""
        worry = Worry()

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
