"""PUBLIC_URL, seen from this machine: does it lead here, and does all of us get through?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx

from webapp.basics.text import pluralize
from webapp.cli.doctor.asking import client, untrusted
from webapp.cli.doctor.finding import Finding, failure, good, warning
from webapp.config.settings import Settings

_LEAST_DAYS = 14
#: A second one of these, added by a proxy, breaks the frame or the camera.
_OURS_ALONE = ("Content-Security-Policy", "Permissions-Policy", "X-Frame-Options")


def findings(found: Settings) -> Iterator[Finding]:
    """Nobody there is a warning (the server may not run yet); somebody else is a failure."""
    address = f"{found.public_url}/healthz"
    try:
        with client(found) as http, http.stream("GET", address) as answer:
            days = _days_left(answer)  # while its connection is open
            answer.read()
            yield from _answered(found, answer)
            if answer.status_code == 200 and _is_ours(answer):
                yield _webhook(found, http)
    except httpx.TransportError as error:
        yield _silent(found, error)
        return
    if days is not None and days < _LEAST_DAYS:
        yield warning(f"PUBLIC_URL: its certificate ends in {pluralize(days, 'day')}; renew it")


def _silent(found: Settings, error: httpx.TransportError) -> Finding:
    if untrusted(error):
        return failure(
            f"PUBLIC_URL: the certificate at {found.public_origin} is not trusted here; browsers "
            "will not trust it either, unless OUTBOUND_CA_FILE is missing your own authority"
        )
    return warning(
        f"PUBLIC_URL: nobody answers at {found.public_url}; start the server and ask again, "
        "else check its name, its port and the firewall"
    )


def _answered(found: Settings, answer: httpx.Response) -> Iterator[Finding]:
    if answer.is_redirect:
        to = answer.headers.get("Location", "").partition("?")[0]
        yield failure(
            f"PUBLIC_URL: it redirects to {to}; set PUBLIC_URL to where it really is, for the "
            "gateway's notices are never redirected"
        )
    elif answer.status_code in (502, 503, 504):
        yield warning(
            f"PUBLIC_URL: the proxy there answers {answer.status_code}; start the server and ask "
            "again, else check where the proxy hands requests on to"
        )
    elif answer.status_code != 200 or not _is_ours(answer):
        prefix = found.public_prefix
        below = f"{prefix}/…, with or without {prefix}," if prefix else "everything"
        yield failure(
            f"PUBLIC_URL: something else answers at {found.public_url} ({answer.status_code}); "
            f"have the proxy hand on {below} to this server"
        )
    else:
        yield good(f"PUBLIC_URL {found.public_url} leads to a server of ours")
        yield from _changed_headers(answer)


def _is_ours(answer: httpx.Response) -> bool:
    return answer.text == "ok\n" and len(answer.headers.get("Request-Id", "")) == 32


def _changed_headers(answer: httpx.Response) -> Iterator[Finding]:
    for name in _OURS_ALONE:
        count = len(answer.headers.get_list(name))
        if count == 0:
            yield failure(f"PUBLIC_URL: a proxy takes {name} away; have it leave that header alone")
        elif count > 1:
            yield failure(
                f"PUBLIC_URL: a proxy adds a {name} of its own, which can forbid the frame or the "
                "camera; take that line out of its configuration"
            )


def _webhook(found: Settings, http: httpx.Client) -> Finding:
    """A notice without its headers must be refused by us, and by nobody before us."""
    answer = http.post(f"{found.public_url}/webhooks/mobbscan", json={})
    if answer.status_code == 401 and not answer.content:
        return good("PUBLIC_URL hands notices on")
    return failure(
        f"PUBLIC_URL: a notice is answered {answer.status_code} before it gets here; let POST "
        f"{found.public_prefix}/webhooks/mobbscan through as it is"
    )


def _days_left(answer: httpx.Response) -> int | None:
    """Of the certificate; None on plain http."""
    tls = answer.extensions["network_stream"].get_extra_info("ssl_object")
    certificate = tls.getpeercert() if tls is not None else None
    if not certificate:
        return None
    ends = datetime.strptime(certificate["notAfter"], "%b %d %H:%M:%S %Y %Z").replace(tzinfo=UTC)
    return (ends - datetime.now(UTC)).days
