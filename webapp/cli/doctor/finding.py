"""The result of one check of `doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """The severity; only a failure makes the command exit with 1."""

    GOOD = "ok"
    WARNING = "warn"
    FAILURE = "FAIL"


@dataclass(frozen=True)
class Finding:
    """One line: the message says what is so and, unless it is good, how to fix it."""

    level: Level
    message: str

    def __str__(self) -> str:
        return f"{self.level:<5} {self.message}"


def good(message: str) -> Finding:
    return Finding(Level.GOOD, message)


def warning(message: str) -> Finding:
    return Finding(Level.WARNING, message)


def failure(message: str) -> Finding:
    return Finding(Level.FAILURE, message)
