"""Check how calls to other servers leave this machine: OUTBOUND_PROXY and ignored variables."""

from __future__ import annotations

from collections.abc import Iterator

from webapp.cli.doctor.finding import Finding, good, warning
from webapp.config.current import PROXY_FIX, ignored_proxy_variables
from webapp.config.settings import Settings


def findings(found: Settings) -> Iterator[Finding]:
    """Yield nothing without any proxy."""
    if ignored := ignored_proxy_variables():
        yield warning(f"{', '.join(ignored)}: ignored by this server; {PROXY_FIX}")
    if found.outbound_proxy is not None:
        yield good("OUTBOUND_PROXY is set: gateway and login are checked through it")
