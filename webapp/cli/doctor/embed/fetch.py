"""Request pages as a browser would, without following redirects to other origins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar

import httpx

from webapp import __version__
from webapp.basics.urls import InvalidUrl, parse_url, resolve_url
from webapp.cli.doctor.embed.page_files import MAX_BYTES
from webapp.cli.doctor.http_client import trusted_certificates
from webapp.config.settings import Settings
from webapp.http_transport.deadline import deadline
from webapp.http_transport.deadline_transport import DeadlineTransport

_SECONDS = 10.0
_MAX_REDIRECTS = 5
_HEADERS = {
    "Accept": "text/html,*/*;q=0.8",
    "Accept-Encoding": "identity",
    "User-Agent": f"mobbscan-embed-doctor/{__version__}",
}


@dataclass(frozen=True)
class Fetched:
    """An answer. `address` is where it came from; `leads_to` another origin it redirects to.

    `text` is at most 1 MiB of the body; None where it is compressed.
    """

    address: str
    status: int
    headers: tuple[tuple[str, str], ...]
    text: str | None
    leads_to: str | None = None

    def values(self, name: str) -> list[str]:
        return [value for each, value in self.headers if each.lower() == name.lower()]


class Fetcher:
    """Sends GET requests. Through OUTBOUND_PROXY, unless `is_direct`."""

    def __init__(
        self, found: Settings, *, cookies: CookieJar | None = None, is_direct: bool = False
    ) -> None:
        proxy = None if is_direct else found.outbound_proxy
        self._client = httpx.Client(
            transport=DeadlineTransport(trusted_certificates(found), proxy),
            headers=_HEADERS,
            cookies=cookies,
            timeout=_SECONDS,
            trust_env=False,
            follow_redirects=False,
        )

    def get(self, address: str) -> Fetched:
        """Return the answer, after redirects within the origin. Raises httpx.TransportError."""
        with deadline(_SECONDS):
            for _ in range(_MAX_REDIRECTS):
                answer = self._get(address)
                if not 300 <= answer.status < 400 or not answer.values("Location"):
                    return answer
                target = resolve_url(address, answer.values("Location")[0]).partition("#")[0]
                if not _is_same_origin(address, target):
                    return Fetched(
                        address, answer.status, answer.headers, answer.text, _without_query(target)
                    )
                address = target
        return answer

    def close(self) -> None:
        self._client.close()

    def _get(self, address: str) -> Fetched:
        with self._client.stream("GET", address) as answer:
            is_plain = answer.headers.get("Content-Encoding", "identity").lower() == "identity"
            text = _beginning(answer) if is_plain else None
        headers = tuple(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers.raw
        )
        return Fetched(address, answer.status_code, headers, text)


@contextmanager
def fetching(fetcher: Fetcher) -> Iterator[Fetcher]:
    try:
        yield fetcher
    finally:
        fetcher.close()


def _beginning(answer: httpx.Response) -> str:
    body = bytearray()
    for chunk in answer.iter_raw():
        body += chunk
        if len(body) >= MAX_BYTES:
            break
    return bytes(body[:MAX_BYTES]).decode(_encoding(answer), "replace")


def _encoding(answer: httpx.Response) -> str:
    """Return an encoding that reads the tags, which are ASCII.

    Never the one that the page names: Python also knows codecs for other purposes.
    """
    charset = (answer.charset_encoding or "").lower()
    if not charset.startswith("utf-16"):
        return "utf-8"
    return "utf-16-be" if charset.endswith("be") else "utf-16-le"


def _is_same_origin(address: str, target: str) -> bool:
    try:
        return parse_url(address).origin == parse_url(target).origin
    except InvalidUrl:
        return False


def _without_query(address: str) -> str:
    # Redirects to a login carry tokens there.
    return address.partition("?")[0]
