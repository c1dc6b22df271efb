"""Read the file of `onboardings adopt`: CSV with a header, or a JSON object on each line.

Messages name line numbers and columns and never quote the file, which holds ids of users.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from webapp.config.text_files import NotText, read_text
from webapp.journey.adopt import AdoptRequest

#: Column or member → field of AdoptRequest.
NAMES = {"site": "site", "flow": "flow", "subject": "subject", "scanId": "scan_id"}
REQUIRED = ("site", "subject", "scanId")
_HEADER = "site, flow, subject, scanId"
_DELIMITERS = ",;\t"


@dataclass(frozen=True)
class AdoptLine:
    """A line of the file: a request, or the problem that makes it none."""

    number: int
    request: AdoptRequest | None
    problem: str | None = None


def read_adopt_file(path: Path) -> Iterator[AdoptLine]:
    """Yield the lines that are not empty, without the header. Raises ClickException."""
    try:
        text = read_text(path)
    except NotText:
        raise click.ClickException(
            f"{path.name} is no text in UTF-8: save it as CSV in UTF-8"
        ) from None
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not lines:
        raise click.ClickException(f"{path.name} is empty: write a header with {_HEADER}")
    if lines[0][1].lstrip().startswith("{"):
        return map(_json_line, *zip(*lines, strict=True))
    return _csv_lines(lines)


def _csv_lines(lines: list[tuple[int, str]]) -> Iterator[AdoptLine]:
    number, header = lines[0]
    for delimiter in _DELIMITERS:
        names = [name.strip() for name in _fields(header, delimiter) or []]
        if set(REQUIRED) <= set(names) <= set(NAMES) and len(set(names)) == len(names):
            return (_csv_line(*line, names, delimiter) for line in lines[1:])
    raise click.ClickException(
        f"line {number}: the header must be the names {_HEADER} and no others, in any order; flow "
        "may be missing"
    )


def _csv_line(number: int, line: str, names: list[str], delimiter: str) -> AdoptLine:
    values = _fields(line, delimiter)
    if values is None:
        return AdoptLine(number, None, "quotes are not closed: double each quote within a text")
    if len(values) != len(names):
        problem = (
            f"has {len(values)} columns, and the header has {len(names)}: quote texts in which"
        )
        return AdoptLine(number, None, f"{problem} the delimiter occurs")
    return _line(number, dict(zip(names, values, strict=True)))


def _fields(line: str, delimiter: str) -> list[str] | None:
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error:
        return None


def _json_line(number: int, line: str) -> AdoptLine:
    try:
        members = json.loads(line)
    except (ValueError, RecursionError):
        return AdoptLine(number, None, "is no JSON object: write one object on each line")
    if not isinstance(members, dict) or not set(REQUIRED) <= set(members) <= set(NAMES):
        return AdoptLine(number, None, f"must have the members {_HEADER} and no others")
    if members.get("flow", "") is None:
        del members["flow"]
    if not all(isinstance(value, str) for value in members.values()):
        return AdoptLine(number, None, "has a value that is no text: write it in quotes")
    return _line(number, members)


def _line(number: int, values: dict[str, str]) -> AdoptLine:
    # A subject is compared with that of hand-offs, so it is taken as it is written.
    given = {name: text if name == "subject" else text.strip() for name, text in values.items()}
    request = AdoptRequest(
        given["site"], given.get("flow") or None, given["subject"], given["scanId"]
    )
    return AdoptLine(number, request)
