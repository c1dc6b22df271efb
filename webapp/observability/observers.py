"""What others tell of themselves, counted and written down: an event, words and times."""

from __future__ import annotations

import structlog

from webapp.journey.gateway_poll import NOTICE_SETTLED
from webapp.logs import say_quickly
from webapp.observability import metrics
from webapp.wiring import Observers


def gateway_call(call: str, outcome: str, seconds: float) -> None:
    """For the gateway client. The request that caused the call is named by the log's context."""
    metrics.gateway_call(call, outcome, seconds)
    milliseconds = round(seconds * 1000, 1)
    say_quickly("gateway", "gateway_call", call=call, outcome=outcome, duration_ms=milliseconds)


def progress(what: str, seconds: float) -> None:
    """For the step that reads the gateway back."""
    if what == NOTICE_SETTLED:
        metrics.notice_settled(seconds)
    else:  # counted by the database, for good
        structlog.get_logger("progress").info(what)


SERVER = Observers(gateway_call, progress)
