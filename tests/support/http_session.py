"""A browser session without JavaScript: cookies, redirects, links and forms."""

import itertools
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import httpx

from tests.support.forms import Form, Link, Reading, read

_CLIENT_NUMBERS = itertools.count(1)


class LocalhostTransport(httpx.HTTPTransport):
    """Resolves `*.localhost` to 127.0.0.1 as browsers do.

    `instead` maps local ports to the ports that are connected in their place.
    """

    def __init__(self, instead: Mapping[int, int]) -> None:
        # No TLS is used; loading certificates would take longer than a page.
        super().__init__(verify=False)
        self._instead = instead

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        asked = request.url
        host = "127.0.0.1" if asked.host.endswith(".localhost") else asked.host
        port = self._instead.get(asked.port or 80, asked.port)
        # The Host header is already set and keeps the name.
        request.url = asked.copy_with(host=host, port=port)
        try:
            return super().handle_request(request)
        finally:
            request.url = asked


class Page:
    """A response, parsed as a page."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response

    def __repr__(self) -> str:
        return f"<Page {self.status} {self.url.partition('?')[0]} {self.heading!r}>"

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def url(self) -> str:
        return str(self.response.url)

    @property
    def path(self) -> str:
        return self.response.url.path

    @property
    def text(self) -> str:
        return self.response.text

    @property
    def headers(self) -> httpx.Headers:
        return self.response.headers

    @property
    def location(self) -> str:
        """The target of a redirect, as an absolute URL."""
        return urljoin(self.url, self.headers["location"])

    @property
    def heading(self) -> str:
        return self._read.texts.get("h1", "")

    @property
    def title(self) -> str:
        return self._read.texts.get("title", "")

    @property
    def forms(self) -> list[Form]:
        return self._read.forms

    @property
    def links(self) -> list[Link]:
        return self._read.links

    @property
    def frames(self) -> list[dict[str, str]]:
        """The attributes of each iframe."""
        return self._read.frames

    @property
    def metas(self) -> list[dict[str, str]]:
        return self._read.metas

    def form(self, action: str = "", *, with_field: str = "") -> Form:
        """The first form whose action ends with `action` and that has `with_field`."""
        for form in self.forms:
            path = urlsplit(urljoin(self.url, form.action)).path
            if path.endswith(action) and (not with_field or with_field in form.names):
                return form
        raise AssertionError(f"no such form on {self!r}; there are {self.forms}")

    def link(self, text: str) -> Link:
        """The first link that shows `text`."""
        for link in self.links:
            if text in link.text:
                return link
        raise AssertionError(f"no link {text!r} on {self!r}; there are {self.links}")

    @cached_property
    def _read(self) -> Reading:
        return read(self.text)


class HttpSession:
    """One browser. Paths start at `home`; redirects are followed by default.

    `through`: the port to connect to in place of the port of `home`.
    """

    def __init__(self, home: str, *, languages: str = "en", through: int | None = None) -> None:
        self.home = home
        self.client = httpx.Client(
            transport=LocalhostTransport({urlsplit(home).port or 80: through} if through else {}),
            trust_env=False,
            timeout=30,
            headers={"Accept": "text/html,*/*", "Accept-Language": languages},
            event_hooks={"request": [self._set_client_address]},
        )

    def __enter__(self) -> "HttpSession":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.client.close()

    def _set_client_address(self, request: httpx.Request) -> None:
        """Send each request from another client address, as far as the server can tell.

        All tests run on one machine: without this the limits of one test would hold for the next.
        """
        if str(request.url).startswith(self.home.rstrip("/")):
            number = next(_CLIENT_NUMBERS)
            address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
            request.headers.setdefault("X-Forwarded-For", address)

    @property
    def cookies(self) -> httpx.Cookies:
        return self.client.cookies

    def get(self, url: str = "/", *, follow: bool = True, **more: Any) -> Page:
        """Open an address; `more` goes to httpx (`headers`, `params`)."""
        return Page(self.client.get(self._address(url), follow_redirects=follow, **more))

    def click(self, page: Page, text: str) -> Page:
        """Follow the link that shows `text`."""
        return self.get(urljoin(page.url, page.link(text).href))

    def submit(
        self, page: Page, form: Form | None = None, *, follow: bool = True, **values: str | bool
    ) -> Page:
        """Submit a form of `page` (default: the first) with its fields and `values` in place."""
        form = form or page.form()
        target = urljoin(page.url, form.action or page.url)
        fields = form.filled(**values)
        if form.method == "get":
            return self.get(target, follow=follow, params=fields)
        return self.post(target, fields, sent_from=page.url, follow=follow)

    def post(
        self,
        url: str,
        fields: list[tuple[str, str]] | dict[str, str] | None = None,
        *,
        sent_from: str | None = None,
        follow: bool = True,
        **more: Any,
    ) -> Page:
        """Post fields with the headers of a form on page `sent_from`."""
        pairs = list(fields.items()) if isinstance(fields, dict) else fields or []
        target = self._address(url)
        headers = {**_sent_from(sent_from or self.home, target), **more.pop("headers", {})}
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        response = self.client.post(
            target, content=urlencode(pairs), headers=headers, follow_redirects=follow, **more
        )
        return Page(response)

    def _address(self, url: str) -> str:
        # `home` may have a path prefix: "/x" is below it.
        return self.home.rstrip("/") + url if url.startswith("/") else urljoin(self.home, url)

    @contextmanager
    def events(self, url: str, *, seconds: float = 20) -> Iterator[Iterator[dict[str, Any]]]:
        """Yield the JSON of server-sent events; fail after `seconds` without one."""
        headers = {"Accept": "text/event-stream"}
        with self.client.stream(
            "GET", self._address(url), headers=headers, timeout=seconds
        ) as response:
            assert response.status_code == 200, response.status_code
            yield _events(response)


def _events(response: httpx.Response) -> Iterator[dict[str, Any]]:
    for line in response.iter_lines():
        if line.startswith("data:"):
            yield json.loads(line.removeprefix("data:"))


def _sent_from(page: str, target: str) -> dict[str, str]:
    origin, other = (f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, (page, target)))
    same = origin == other
    return {
        "Origin": origin,
        "Referer": page.partition("?")[0] if same else f"{origin}/",
        "Sec-Fetch-Site": "same-origin" if same else "cross-site",
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "document",
    }
