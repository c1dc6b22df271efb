"""Request PUBLIC_URL from this machine: it must lead to this server, unchanged by proxies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx

from webapp import proxy_check
from webapp.basics.text import pluralize
from webapp.cli.doctor.finding import Finding, failure, good, warning
from webapp.cli.doctor.http_client import client, is_untrusted
from webapp.config.settings import Settings

_MIN_DAYS = 14
#: A second header of these names, added by a proxy, breaks the frame or the camera.
_SINGLE_HEADERS = ("Content-Security-Policy", "Permissions-Policy", "X-Frame-Options")


def findings(found: Settings) -> Iterator[Finding]:
    """No answer is a warning (the server may not run yet); another server is a failure."""
    address = f"{found.public_url}/healthz"
    question = {proxy_check.QUESTION_HEADER: proxy_check.question(found.secret_key)}
    try:
        with (
            client(found, is_direct=True) as http,
            http.stream("GET", address, headers=question) as answer,
        ):
            days = _days_left(answer)  # while its connection is open
            answer.read()
            yield from _check_answer(found, answer)
            if answer.status_code == 200 and _is_ours(answer):
                yield _webhook(found, http)
    except httpx.TransportError as error:
        yield _no_answer(found, error)
        return
    if days is not None and days < _MIN_DAYS:
        yield warning(f"PUBLIC_URL: its certificate ends in {pluralize(days, 'day')}; renew it")


def _no_answer(found: Settings, error: httpx.TransportError) -> Finding:
    if is_untrusted(error):
        return failure(
            f"PUBLIC_URL: the certificate at {found.public_origin} is not trusted here; browsers "
            "will not trust it either, unless OUTBOUND_CA_FILE is missing your own authority"
        )
    return warning(
        f"PUBLIC_URL: no answer from {found.public_url}; start the server and run this again, "
        "otherwise check its name, its port and the firewall"
    )


def _check_answer(found: Settings, answer: httpx.Response) -> Iterator[Finding]:
    if answer.is_redirect:
        to = answer.headers.get("Location", "").partition("?")[0]
        yield failure(
            f"PUBLIC_URL: it redirects to {to}; set PUBLIC_URL to the final address: the "
            "gateway does not follow redirects"
        )
    elif answer.status_code in (502, 503, 504):
        yield warning(
            f"PUBLIC_URL: the proxy there answers {answer.status_code}; start the server and run "
            "this again, otherwise check where the proxy forwards requests to"
        )
    elif answer.status_code != 200 or not _is_ours(answer):
        prefix = found.public_prefix
        below = f"{prefix}/…, with or without {prefix}," if prefix else "everything"
        yield failure(
            f"PUBLIC_URL: another server answers at {found.public_url} ({answer.status_code}); "
            f"configure the proxy to forward {below} to this server"
        )
    else:
        yield good(f"PUBLIC_URL {found.public_url} leads to this server")
        yield from _changed_headers(answer)
        yield from _proxies(found, answer)


def _is_ours(answer: httpx.Response) -> bool:
    return answer.text == "ok\n" and len(answer.headers.get("Request-Id", "")) == 32


def _changed_headers(answer: httpx.Response) -> Iterator[Finding]:
    for name in _SINGLE_HEADERS:
        count = len(answer.headers.get_list(name))
        if count == 0:
            yield failure(f"PUBLIC_URL: a proxy removes {name}; configure it to keep that header")
        elif count > 1:
            yield failure(
                f"PUBLIC_URL: a proxy adds a second {name}, which can forbid the frame or the "
                "camera; remove that line from its configuration"
            )


def _proxies(found: Settings, answer: httpx.Response) -> Iterator[Finding]:
    """Compare TRUSTED_PROXY_HOPS with the proxies that this request has passed."""
    entries = answer.headers.get(proxy_check.ANSWER_HEADER, "")
    if not entries.isdigit() or int(entries) == found.trusted_proxy_hops:
        return
    count, hops = int(entries), found.trusted_proxy_hops
    if hops < count:
        consequence = "until then limits count all clients of a proxy as one"
    else:
        consequence = "until then clients can choose the address that limits count"
    yield warning(
        f"TRUSTED_PROXY_HOPS is {hops}, but this request arrived with {count} in X-Forwarded-For; "
        f"set it to the number of proxies that browsers pass ({count} from here); {consequence}"
    )


def _webhook(found: Settings, http: httpx.Client) -> Finding:
    """A notice without its headers must reach this server, which refuses it."""
    answer = http.post(f"{found.public_url}/webhooks/mobbscan", json={})
    if answer.status_code == 401 and not answer.content:
        return good("PUBLIC_URL forwards notices")
    return failure(
        f"PUBLIC_URL: a notice is answered {answer.status_code} before it reaches this server; "
        f"forward POST {found.public_prefix}/webhooks/mobbscan unchanged"
    )


def _days_left(answer: httpx.Response) -> int | None:
    """Return how long the certificate is valid; None on plain http."""
    tls = answer.extensions["network_stream"].get_extra_info("ssl_object")
    certificate = tls.getpeercert() if tls is not None else None
    if not certificate:
        return None
    ends = datetime.strptime(certificate["notAfter"], "%b %d %H:%M:%S %Y %Z").replace(tzinfo=UTC)
    return (ends - datetime.now(UTC)).days
