"""A browser whose requests reach the server through a proxy that ends TLS.

The server sees plain http on loopback, as behind nginx. Secure cookies are sent all the same, which
httpx itself would not do on http.
"""

from __future__ import annotations

from collections.abc import Mapping
from http.cookies import SimpleCookie

import httpx


class HttpsBrowser:
    """`public_url` is where the browser believes to be, `server_url` where requests arrive."""

    def __init__(self, public_url: str, server_url: str) -> None:
        self.public_url = public_url
        self.cookies: dict[str, str] = {}
        self._client = httpx.Client(base_url=server_url, trust_env=False, timeout=30)

    def close(self) -> None:
        self._client.close()

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        return self._send("GET", path, headers or {})

    def post(
        self, path: str, fields: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Post a form with exactly these headers: no `Origin` or `Referer` is added."""
        return self._send("POST", path, headers or {}, dict(fields))

    def _send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        fields: dict[str, str] | None = None,
    ) -> httpx.Response:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {"Accept-Language": "en", **headers, **({"Cookie": cookies} if cookies else {})}
        response = self._client.request(method, path, headers=sent, data=fields)
        for line in response.headers.get_list("set-cookie"):
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        return response
