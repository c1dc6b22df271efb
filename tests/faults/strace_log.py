"""What strace has seen of a server: who wrote what, when it was on the disk, who was answered."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

CALLS = ("pwrite64", "fdatasync", "fsync", "sendto")
_WHOLE = re.compile(r"\d+ +(\w+)\((.*)\) += (-?\d+)")
_BEGUN = re.compile(r"(\d+) +(\w+)\((.*) <unfinished \.\.\.>$")
_ENDED = re.compile(r"(\d+) +<\.\.\. (\w+) resumed>.*\) += (-?\d+)")
_ANSWERED = re.compile(r'->127\.0\.0\.1:(\d+)\].*"HTTP/1\.1 204')
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Call:
    """`began` and `ended` are lines of the trace, which are in the order of time."""

    name: str
    arguments: str
    began: int
    ended: int
    answer: int


def calls(trace: Path) -> Iterator[Call]:
    """Calls that came to their end, of all threads and processes."""
    begun: dict[str, tuple[str, str, int]] = {}
    with trace.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines):
            if whole := _WHOLE.match(line):
                name, arguments, answer = whole.groups()
                yield Call(name, arguments, number, number, int(answer))
            elif start := _BEGUN.match(line):
                thread, name, arguments = start.groups()
                begun[thread] = name, arguments, number
            elif (end := _ENDED.match(line)) and end[1] in begun:
                name, arguments, began = begun.pop(end[1])
                yield Call(name, arguments, began, number, int(end[3]))


def answered_too_early(trace: Path, sent: Sequence[tuple[str, int]]) -> list[str]:
    """Notices whose 204 left before they were on the disk.

    `sent`: each id with the port it came from, one connection each, in the order of time. A notice
    is on the disk once a sync of the log that began after its row was written to the log has come
    back without an error.
    """
    writes: dict[str, Call] = {}
    answers: dict[int, list[Call]] = defaultdict(list)
    syncs: list[Call] = []
    for call in calls(trace):
        if call.name == "sendto":
            if found := _ANSWERED.search(call.arguments):
                answers[int(found[1])].append(call)
        elif "-wal>" in call.arguments:
            if call.name == "pwrite64":
                for id_ in _ID.findall(call.arguments):
                    writes.setdefault(id_, call)
            elif call.answer == 0:
                syncs.append(call)
    return [
        id_
        for id_, port in sent
        if not (
            id_ in writes and answers[port] and _in_order(writes[id_], syncs, answers[port].pop(0))
        )
    ]


def _in_order(write: Call, syncs: Sequence[Call], answer: Call) -> bool:
    return any(write.ended < sync.began and sync.ended < answer.began for sync in syncs)
