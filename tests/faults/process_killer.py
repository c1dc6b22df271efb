"""Kills processes of a running server at random moments, paced by the load's progress."""

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

#: Time limit for the restart of a killed process on a busy machine.
RESTART_SECONDS = 120


class ProcessKiller:
    """Kills each of `victims` (worker, jobs, everything) once per round, in random order.

    `pause_range`: minimum and maximum growth of `progress` between two kills.
    `while_down` is called while all processes of the server are dead.
    """

    def __init__(
        self,
        stack: Stack,
        random_: random.Random,
        victims: Sequence[str],
        pause_range: tuple[int, int],
        *,
        progress: Callable[[], int],
        while_down: Callable[[], None],
    ) -> None:
        self.killed: Counter[str] = Counter()
        self._stack, self._random, self._victims = stack, random_, victims
        self._pause_range = pause_range
        self._progress, self._while_down = progress, while_down

    def run(self, is_busy: Callable[[], bool]) -> None:
        """Kill processes until the load has ended."""
        round_: list[str] = []
        while self._wait_for_progress(is_busy):
            round_ = round_ or self._random.sample(self._victims, k=len(self._victims))
            self._kill(victim := round_.pop())
            self.killed[victim] += 1

    def _wait_for_progress(self, is_busy: Callable[[], bool]) -> bool:
        """Return False if the load ended first."""
        end = self._progress() + self._random.randint(*self._pause_range)
        while is_busy():
            if self._progress() >= end:
                return True
            time.sleep(0.01)
        return False

    def _kill(self, victim: str) -> None:
        if victim == "everything":
            kill_server(self._stack)
            self._while_down()
            self._stack.restart("server")
        elif victim == "jobs":
            _kill_process(eventually(lambda: jobs_process(self._stack), seconds=RESTART_SECONDS))
        else:
            workers = eventually(lambda: web_workers(self._stack), seconds=RESTART_SECONDS)
            _kill_process(self._random.choice(sorted(workers)))


def _kill_process(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
