"""Lets the next thread start fail."""

import threading

import pytest


def no_thread_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the next `Thread.start` raise; later ones work."""
    start, refusals = threading.Thread.start, [RuntimeError("can't start new thread")]

    def refuse_once(thread: threading.Thread) -> None:
        if refusals:
            raise refusals.pop()
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse_once)
