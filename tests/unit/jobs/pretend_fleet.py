"""Machines that hand over what is due, on a clock and with a gateway of our own."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from webapp.jobs import process
from webapp.jobs.queue import READS_AT_ONCE, REMAKE_SECONDS

Key = tuple[str, datetime]
PLANNED = datetime(2026, 1, 1, tzinfo=UTC)
STEP_SECONDS = 0.1


class Machine:
    """A jobs process, and a queue as the job library has it: so many at once, the others wait."""

    def __init__(self, fleet: PretendFleet, folder: Path) -> None:
        self._fleet = fleet
        progress = SimpleNamespace(due=fleet.first)
        wired: Any = SimpleNamespace(
            settings=SimpleNamespace(instance_dir=folder), steps=SimpleNamespace(progress=progress)
        )
        self._process = process.JobsProcess(wired, lambda: True)
        self._waiting: deque[Key] = deque()
        self._busy: dict[Key, float] = {}
        self.reads = 0

    @property
    def in_hand(self) -> frozenset[Key]:
        return frozenset((*self._waiting, *self._busy))

    def ask_for(self, onboarding_id: str, planned: datetime) -> bool:
        key = onboarding_id, planned
        mine = self._fleet.make(key)
        if mine:
            self._waiting.append(key)
        return mine

    def step(self) -> None:
        now = self._fleet.now
        for key in [key for key, until in self._busy.items() if until <= now]:
            del self._busy[key]
            self._fleet.due.pop(key, None)
        self._process.hand_over(self)
        while self._waiting and len(self._busy) < READS_AT_ONCE:
            key = self._waiting.popleft()
            if key in self._fleet.due:  # else it does nothing
                self._busy[key] = now + self._fleet.read_seconds
                self.reads += 1


class PretendFleet:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path, machines: int = 1) -> None:
        self.now = 1000.0
        self.read_seconds = 1.0
        self.due: dict[Key, None] = {}
        self.made: Counter[Key] = Counter()
        self._ids: set[tuple[Key, int]] = set()
        monkeypatch.setattr(process, "time", SimpleNamespace(monotonic=lambda: self.now))
        self.machines = [Machine(self, folder / str(number)) for number in range(machines)]

    def first(self, limit: int) -> list[Key]:
        return list(self.due)[:limit]

    def add(self, *ids: str, in_front: bool = False) -> None:
        new = dict.fromkeys((id_, PLANNED) for id_ in ids)
        self.due = new | self.due if in_front else self.due | new

    def make(self, key: Key) -> bool:
        """The same job twice, within the time after which it is made anew, is one job."""
        job = key, int(self.now // REMAKE_SECONDS)
        if job in self._ids:
            return False
        self._ids.add(job)
        self.made[key] += 1
        return True

    def until(self, done: Callable[[], bool], *, seconds: float) -> float:
        """Let time pass until it is so; how many seconds it took, or fail."""
        began_at = self.now
        while not done():
            assert self.now - began_at < seconds, f"{len(self.due)} still due"
            for machine in self.machines:
                machine.step()
            self.now += STEP_SECONDS
        return self.now - began_at
