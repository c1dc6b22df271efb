"""What a look at one thing came to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is; only a failure makes the command fail."""

    GOOD = "ok"
    WARNING = "warn"
    FAILURE = "FAIL"


@dataclass(frozen=True)
class Finding:
    """One line: `words` say what is so and, unless all is well, what to do about it."""

    level: Level
    words: str

    def __str__(self) -> str:
        return f"{self.level:<5} {self.words}"


def good(words: str) -> Finding:
    return Finding(Level.GOOD, words)


def warning(words: str) -> Finding:
    return Finding(Level.WARNING, words)


def failure(words: str) -> Finding:
    return Finding(Level.FAILURE, words)
