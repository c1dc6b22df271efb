"""Somebody who kills the server's processes, the more of them the more notices come through."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress

from tests.support.eventually import eventually
from tests.support.server_processes import jobs_process, kill_server, web_workers
from tests.support.stack import Stack

#: On a busy machine a process takes its time to come back.
BACK_SECONDS = 120


class ProcessKiller:
    """Strikes in rounds of `victims` (worker, jobs, everything), put in order by chance.

    `calm`: from one strike to the next `progress` grows by so much, at least and at most.
    `struck` is called while the server lies dead as a whole.
    """

    def __init__(
        self,
        stack: Stack,
        chance: random.Random,
        victims: Sequence[str],
        calm: tuple[int, int],
        *,
        progress: Callable[[], int],
        struck: Callable[[], None],
    ) -> None:
        self.killed: Counter[str] = Counter()
        self._stack, self._chance, self._victims, self._range = stack, chance, victims, calm
        self._progress, self._struck = progress, struck

    def rage(self, busy: Callable[[], bool]) -> None:
        """As long as there is somebody to be disturbed."""
        round_: list[str] = []
        while self._calm(busy):
            round_ = round_ or self._chance.sample(self._victims, k=len(self._victims))
            self._strike(victim := round_.pop())
            self.killed[victim] += 1

    def _calm(self, busy: Callable[[], bool]) -> bool:
        end = self._progress() + self._chance.randint(*self._range)
        while busy():
            if self._progress() >= end:
                return True
            time.sleep(0.01)
        return False

    def _strike(self, victim: str) -> None:
        if victim == "everything":
            kill_server(self._stack)
            self._struck()
            self._stack.restart("server")
        elif victim == "jobs":
            _kill(eventually(lambda: jobs_process(self._stack), seconds=BACK_SECONDS))
        else:
            both = eventually(lambda: web_workers(self._stack), seconds=BACK_SECONDS)
            _kill(self._chance.choice(sorted(both)))


def _kill(victim: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(victim, signal.SIGKILL)
