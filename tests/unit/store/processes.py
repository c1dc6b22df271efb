"""Four processes of the fleet, started once and shared: each does one task at the same moment."""

import atexit
import functools
import multiprocessing
from collections.abc import Callable
from multiprocessing.pool import Pool
from typing import Any

COUNT = 4
_gate: Any = None


def at_once(task: Callable[..., Any], *arguments: Any) -> list[Any]:
    """What `task` answered in each of the processes, all let loose together."""
    calls = [(task, arguments)] * COUNT
    return _fleet().starmap_async(_through_the_gate, calls, chunksize=1).get(timeout=60)


@functools.cache
def _fleet() -> Pool:
    # Spawned, as separate programs are: nothing of this process leaks into them.
    context = multiprocessing.get_context("spawn")
    fleet = context.Pool(COUNT, initializer=_start, initargs=(context.Barrier(COUNT),))
    atexit.register(fleet.join)
    atexit.register(fleet.terminate)
    return fleet


def _start(gate: Any) -> None:
    global _gate  # a pool hands a barrier to its processes only so
    _gate = gate


def _through_the_gate(task: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    _gate.wait(timeout=30)
    return task(*arguments)
