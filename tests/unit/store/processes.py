"""Run a task in four processes at the same moment; they are started once and shared."""

import atexit
import functools
import multiprocessing
from collections.abc import Callable
from multiprocessing.pool import Pool
from typing import Any

COUNT = 4
_gate: Any = None


def at_once(task: Callable[..., Any], *arguments: Any) -> list[Any]:
    """Run `task` in all processes at once and return its results."""
    calls = [(task, arguments)] * COUNT
    return _pool().starmap_async(_through_the_gate, calls, chunksize=1).get(timeout=60)


@functools.cache
def _pool() -> Pool:
    # Spawned, so that they inherit no state of this process.
    context = multiprocessing.get_context("spawn")
    pool = context.Pool(COUNT, initializer=_start, initargs=(context.Barrier(COUNT),))
    atexit.register(pool.join)
    atexit.register(pool.terminate)
    return pool


def _start(gate: Any) -> None:
    global _gate  # a pool can pass a barrier to its processes in no other way
    _gate = gate


def _through_the_gate(task: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    _gate.wait(timeout=30)
    return task(*arguments)
