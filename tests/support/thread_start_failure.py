"""A system that has no thread to give for once."""

import threading

import pytest


def no_thread_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next thread cannot be started; those after it can."""
    start, refusals = threading.Thread.start, [RuntimeError("can't start new thread")]

    def refuse_once(thread: threading.Thread) -> None:
        if refusals:
            raise refusals.pop()
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse_once)
