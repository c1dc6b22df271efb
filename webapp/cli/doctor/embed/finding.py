"""The result of one check of `doctor embed`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from webapp.cli.doctor.finding import Level


class Breaks(StrEnum):
    """What does not work until a finding is fixed."""

    SCRIPT = "script"
    FRAME = "frame"
    CAMERA = "camera"
    MESSAGES = "messages"
    REDIRECT = "redirect"
    REPORTS = "reports"
    NOTHING = ""


@dataclass(frozen=True)
class EmbedFinding:
    """What is so, by which header, and the line that fixes it.

    `header` names the header, the directive or the setting. `line` is the text to put in its place:
    a whole header, a directive of a policy, an HTML tag or a setting; empty without a fix.
    """

    level: Level
    header: str
    message: str
    breaks: Breaks = Breaks.NOTHING
    line: str = ""

    def __str__(self) -> str:
        first = _printable(f"{self.level:<5} {self.header}: {self.message}")
        return f"{first}\n      write: {_printable(self.line)}" if self.line else first

    def as_json(self) -> dict[str, str]:
        return {
            "level": self.level.lower(),
            "header": self.header,
            "breaks": str(self.breaks),
            "message": self.message,
            "line": self.line,
        }


def _printable(text: str) -> str:
    """Replace control characters, which a page could send to the terminal."""
    return "".join(each if each.isprintable() else "?" for each in text)


def fails(breaks: Breaks, header: str, message: str, line: str = "") -> EmbedFinding:
    return EmbedFinding(Level.FAILURE, header, message, breaks, line)


def warns(breaks: Breaks, header: str, message: str, line: str = "") -> EmbedFinding:
    return EmbedFinding(Level.WARNING, header, message, breaks, line)


def works(header: str, message: str) -> EmbedFinding:
    return EmbedFinding(Level.GOOD, header, message)
