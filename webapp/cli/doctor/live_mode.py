"""Warn when LIVE_MODE contradicts the gateway's address."""

from __future__ import annotations

from collections.abc import Iterator

from webapp.basics.urls import parse_url
from webapp.cli.doctor.finding import Finding, warning
from webapp.config.settings import Settings


def findings(found: Settings) -> Iterator[Finding]:
    """Yield a warning for real results of a gateway on loopback, and for tests at another one."""
    is_loopback = parse_url(found.gateway_url).is_loopback
    if found.livemode and is_loopback:
        yield warning(
            "LIVE_MODE is true and the gateway is on a loopback address: if it is the gateway in a "
            "box, host sites take invented results for real ones; remove LIVE_MODE"
        )
    if not found.livemode and not is_loopback:
        yield warning(
            "LIVE_MODE is false: pages say TEST, and results count as tests; "
            "remove LIVE_MODE before you go live"
        )
