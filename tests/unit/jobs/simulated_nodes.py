"""Nodes that enqueue due polls, on a simulated clock and with a simulated job library."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from webapp.jobs import process
from webapp.jobs.queue import CONCURRENT_POLLS, REENQUEUE_SECONDS

Key = tuple[str, datetime]
PLANNED = datetime(2026, 1, 1, tzinfo=UTC)
STEP_SECONDS = 0.1


class Node:
    """A jobs process with a queue that runs CONCURRENT_POLLS jobs at a time."""

    def __init__(self, fleet: SimulatedNodes, folder: Path) -> None:
        self._fleet = fleet
        gateway_poll = SimpleNamespace(due_polls=fleet.first)
        wired: Any = SimpleNamespace(
            settings=SimpleNamespace(instance_dir=folder),
            steps=SimpleNamespace(gateway_poll=gateway_poll),
            clock=lambda: datetime.now(UTC),
            database=None,
            message_delivery=None,
            notice_forwarding=None,
        )
        self._process = process.JobsProcess(wired, lambda: True)
        self._waiting: deque[Key] = deque()
        self._busy: dict[Key, float] = {}
        self.polls = 0

    @property
    def in_flight(self) -> frozenset[Key]:
        return frozenset((*self._waiting, *self._busy))

    def enqueue(self, onboarding_id: str, planned: datetime) -> bool:
        key = onboarding_id, planned
        is_new = self._fleet.make(key)
        if is_new:
            self._waiting.append(key)
        return is_new

    def step(self) -> None:
        now = self._fleet.now
        for key in [key for key, until in self._busy.items() if until <= now]:
            del self._busy[key]
            self._fleet.due.pop(key, None)
        self._process.enqueue_due(self)
        while self._waiting and len(self._busy) < CONCURRENT_POLLS:
            key = self._waiting.popleft()
            if key in self._fleet.due:
                self._busy[key] = now + self._fleet.poll_seconds
                self.polls += 1


class SimulatedNodes:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path, nodes: int = 1) -> None:
        self.now = 1000.0
        self.poll_seconds = 1.0
        self.due: dict[Key, None] = {}
        self.made: Counter[Key] = Counter()
        self._ids: set[tuple[Key, int]] = set()
        monkeypatch.setattr(process, "time", SimpleNamespace(monotonic=lambda: self.now))
        self.nodes = [Node(self, folder / str(number)) for number in range(nodes)]

    def first(self, limit: int) -> list[Key]:
        return list(self.due)[:limit]

    def add(self, *ids: str, in_front: bool = False) -> None:
        new = dict.fromkeys((id_, PLANNED) for id_ in ids)
        self.due = new | self.due if in_front else self.due | new

    def make(self, key: Key) -> bool:
        """Make a job, as the library does: False for the same job within REENQUEUE_SECONDS."""
        job = key, int(self.now // REENQUEUE_SECONDS)
        if job in self._ids:
            return False
        self._ids.add(job)
        self.made[key] += 1
        return True

    def until(self, done: Callable[[], bool], *, seconds: float) -> float:
        """Advance the clock until `done()`; return the seconds it took, or fail."""
        began_at = self.now
        while not done():
            assert self.now - began_at < seconds, f"{len(self.due)} still due"
            for node in self.nodes:
                node.step()
            self.now += STEP_SECONDS
        return self.now - began_at
