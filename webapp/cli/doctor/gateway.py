"""Check the credentials at the gateway, and compare its clock with this machine's."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

import httpx

from webapp.cli.doctor.finding import Finding, failure, good, warning
from webapp.cli.doctor.http_client import client
from webapp.config.settings import Settings
from webapp.gateway.client import Gateway
from webapp.gateway.errors import CredentialsRefused, GatewayError

#: With a larger difference hand-off tokens are refused, and times on pages are wrong.
MAX_DIFFERENCE_SECONDS = 30


def findings(found: Settings, gateway: Gateway) -> Iterator[Finding]:
    """Log in, and send one request for the time."""
    yield _log_in(found, gateway)
    yield from _clock(found)


def _log_in(found: Settings, gateway: Gateway) -> Finding:
    try:
        token = gateway.log_in()
    except CredentialsRefused as error:
        return failure(
            f"gateway: it refused the credentials ({error.status}): check "
            "MOBBSCAN_API_KEY and MOBBSCAN_API_SECRET with the vendor"
        )
    except GatewayError as error:
        way = "OUTBOUND_PROXY lets this machine" if found.outbound_proxy else "this machine may"
        return failure(
            f"gateway: {error}: check MOBBSCAN_GATEWAY_URL ({found.gateway_url}) and that "
            f"{way} reach it"
        )
    life = (token.expires_at - token.obtained_at).total_seconds() / 60
    return good(f"gateway gave an access token, good for {life:.0f} min")


def _clock(found: Settings) -> Iterator[Finding]:
    ahead = _seconds_ahead(found)
    if ahead is None:
        return  # no answer, which the log-in has reported, or no Date header
    if abs(ahead) <= MAX_DIFFERENCE_SECONDS:
        yield good("this machine's clock agrees with the gateway's")
        return
    which = "ahead of" if ahead > 0 else "behind"
    yield warning(
        f"this machine's clock is {abs(ahead):.0f} s {which} the gateway's: switch on time "
        "synchronisation (timedatectl set-ntp true), hand-off tokens allow 30 s only"
    )


def _seconds_ahead(found: Settings) -> float | None:
    """Return this clock minus the gateway's; the Date header has whole seconds."""
    before = time.time()
    try:
        with client(found) as http:
            date = http.head(found.gateway_url).headers.get("Date", "")
    except httpx.HTTPError:
        return None
    try:
        theirs = parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None
    return (before + time.time()) / 2 - theirs
