"""Reads an strace log: writes and syncs of the database log, and answers to notices."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

CALLS = ("pwrite64", "fdatasync", "fsync", "sendto")
_COMPLETE = re.compile(r"\d+ +(\w+)\((.*)\) += (-?\d+)")
_BEGUN = re.compile(r"(\d+) +(\w+)\((.*) <unfinished \.\.\.>$")
_ENDED = re.compile(r"(\d+) +<\.\.\. (\w+) resumed>.*\) += (-?\d+)")
_NOTICE_ANSWER = re.compile(r'->127\.0\.0\.1:(\d+)\].*"HTTP/1\.1 204')
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Call:
    """A completed system call; `began` and `ended` are line numbers of the trace."""

    name: str
    arguments: str
    began: int
    ended: int
    result: int


def completed_calls(trace: Path) -> Iterator[Call]:
    """Yield the completed calls of all threads and processes."""
    begun: dict[str, tuple[str, str, int]] = {}
    with trace.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines):
            if complete := _COMPLETE.match(line):
                name, arguments, result = complete.groups()
                yield Call(name, arguments, number, number, int(result))
            elif start := _BEGUN.match(line):
                thread, name, arguments = start.groups()
                begun[thread] = name, arguments, number
            elif (end := _ENDED.match(line)) and end[1] in begun:
                name, arguments, began = begun.pop(end[1])
                yield Call(name, arguments, began, number, int(end[3]))


def acknowledged_before_sync(trace: Path, sent: Sequence[tuple[str, int]]) -> list[str]:
    """Return the ids of notices whose 204 was sent before they were on the disk.

    `sent`: each id with its client's port, one connection each, ordered by time. A notice is on
    the disk when a sync that began after the write of its row to the log has succeeded.
    """
    writes: dict[str, Call] = {}
    answers: dict[int, list[Call]] = defaultdict(list)
    syncs: list[Call] = []
    for call in completed_calls(trace):
        if call.name == "sendto":
            if found := _NOTICE_ANSWER.search(call.arguments):
                answers[int(found[1])].append(call)
        elif "-wal>" in call.arguments:
            if call.name == "pwrite64":
                for id_ in _ID.findall(call.arguments):
                    writes.setdefault(id_, call)
            elif call.result == 0:
                syncs.append(call)
    return [
        id_
        for id_, port in sent
        if not (
            id_ in writes
            and answers[port]
            and _synced_between(writes[id_], syncs, answers[port].pop(0))
        )
    ]


def _synced_between(write: Call, syncs: Sequence[Call], result: Call) -> bool:
    return any(write.ended < sync.began and sync.ended < result.began for sync in syncs)
