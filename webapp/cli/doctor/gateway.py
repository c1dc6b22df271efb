"""The gateway: are the credentials good, and do its clock and ours agree?"""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

import httpx

from webapp.cli.doctor.asking import client
from webapp.cli.doctor.finding import Finding, failure, good, warning
from webapp.config.settings import Settings
from webapp.gateway.client import Gateway
from webapp.gateway.errors import CredentialsRefused, GatewayError

#: Hand-off tokens are refused beyond such a difference, and times on pages become wrong.
TOLERANCE_SECONDS = 30


def findings(found: Settings, gateway: Gateway) -> Iterator[Finding]:
    """A real log-in, and one request for the time of day."""
    yield _log_in(found, gateway)
    yield from _clock(found)


def _log_in(found: Settings, gateway: Gateway) -> Finding:
    try:
        token = gateway.log_in()
    except CredentialsRefused as refused:
        return failure(
            f"gateway: it refused the credentials ({refused.status}): check "
            "MOBBSCAN_API_KEY and MOBBSCAN_API_SECRET with the vendor"
        )
    except GatewayError as away:
        return failure(
            f"gateway: {away}: check MOBBSCAN_GATEWAY_URL ({found.gateway_url}) and that "
            "this machine may reach it"
        )
    life = (token.expires_at - token.obtained_at).total_seconds() / 60
    return good(f"gateway gave an access token, good for {life:.0f} min")


def _clock(found: Settings) -> Iterator[Finding]:
    ahead = _seconds_ahead(found)
    if ahead is None:
        return  # it did not answer, which the log-in has told already, or does not say the time
    if abs(ahead) <= TOLERANCE_SECONDS:
        yield good("this machine's clock agrees with the gateway's")
        return
    which = "ahead of" if ahead > 0 else "behind"
    yield warning(
        f"this machine's clock is {abs(ahead):.0f} s {which} the gateway's: switch on time "
        "synchronisation (timedatectl set-ntp true), hand-off tokens bear 30 s only"
    )


def _seconds_ahead(found: Settings) -> float | None:
    """Ours minus theirs, as of the middle of the request; their header has whole seconds."""
    before = time.time()
    try:
        with client(found) as http:
            told = http.head(found.gateway_url).headers.get("Date", "")
    except httpx.HTTPError:
        return None
    try:
        theirs = parsedate_to_datetime(told).timestamp()
    except ValueError:
        return None
    return (before + time.time()) / 2 - theirs
