"""Observers of gateway calls, polls and messages: they update metrics and write log lines."""

from __future__ import annotations

import structlog

from webapp.journey.gateway_poll import NOTICE_SETTLED
from webapp.logs import log_info_fast
from webapp.observability import metrics
from webapp.wiring import Observers


def gateway_call(call: str, outcome: str, seconds: float) -> None:
    """Record a gateway call. The log context names the request that caused it."""
    metrics.gateway_call(call, outcome, seconds)
    milliseconds = round(seconds * 1000, 1)
    log_info_fast("gateway", "gateway_call", call=call, outcome=outcome, duration_ms=milliseconds)


def poll_event(event: str, seconds: float) -> None:
    """Record an event of the poll step."""
    if event == NOTICE_SETTLED:
        metrics.notice_settled(seconds)
    else:  # the database holds its counter
        structlog.get_logger("poll").info(event)


def message_attempt(outcome: str, seconds: float, age_seconds: float) -> None:
    """Record an attempt to send a message; its failures are logged where they are stored."""
    metrics.message_attempt(outcome, seconds, age_seconds)


SERVER = Observers(gateway_call, poll_event, message_attempt)
