"""A host site with a token address, whose pages contain `<mobbscan-onboarding>`."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from mobbscan_sandbox.demo.child_processes import CHECKOUT
from tests.support.stack import Stack

_PAGE = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>Shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<script src="/record.js"></script><script type="module" src="{script}"></script>{head}</head><body>
<header><h1>Shop</h1><label>Name <input id="name"></label></header>
<main id="main">{element}</main><aside id="other"></aside>
<footer>{filling}</footer></body></html>"""

#: Records the element's events before the element is defined.
RECORD_EVENTS = """window.events = [];
for (const name of ["ready", "started", "submitted", "status", "error", "closed"]) {
  document.addEventListener(name, (event) => {
    if (!(event instanceof CustomEvent)) return;
    window.events.push({ name, ...event.detail });
    if (window.prevented === name) event.preventDefault();
  });
}
"""


#: The host site's own copy of the script.
COPY = "/copy.js"


@dataclass
class HostPage:
    """What the host site serves. `attributes` are the element's, `headers` the page's.

    `script` is the address of the script; by default the server's.
    """

    script: str = ""
    attributes: Mapping[str, str | None] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    head: str = ""
    lang: str = "en"
    link: str = '<a href="/floor">Verify my identity</a>'
    copies: int = 1
    filling: str = ""


class ElementHostSite:
    """A running host site. `give_token` answers `POST /token`; None stands for an error."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.origin = stack.host_page_origin
        self.script = f"{stack.public_url}/static/embed-v1.js"
        self.page = HostPage()
        self.tokens = 0
        self.give_token: Callable[[], str | None] = lambda: None

    def address(self, **page: Any) -> str:
        """Serve this page from now on; return its address."""
        self.page = HostPage(**page)
        return f"{self.origin}/account"

    def html(self) -> str:
        page = self.page
        attributes: dict[str, str | None] = {
            "server": self.stack.public_url,
            "site": "shop",
            "token-url": "/token",
            **page.attributes,
        }
        written = " ".join(
            name if value == "" else f'{name}="{value}"'
            for name, value in attributes.items()
            if value is not None
        )
        one = f"<mobbscan-onboarding {written}>{page.link}</mobbscan-onboarding>"
        return _PAGE.format(
            script=page.script or self.script, head=page.head, element=one * page.copies,
            lang=page.lang, filling=page.filling,
        )  # fmt: skip

    def next_token(self) -> str | None:
        self.tokens += 1
        return self.give_token()


@contextmanager
def element_host_site(stack: Stack) -> Iterator[ElementHostSite]:
    """Serve the host site at `stack.host_page_origin`, a site of its own for browsers."""
    site = ElementHostSite(stack)
    parts = urlsplit(site.origin)
    assert parts.hostname
    assert parts.port
    server = ThreadingHTTPServer((parts.hostname, parts.port), _handler(site))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield site
    server.shutdown()
    server.server_close()


def _handler(site: ElementHostSite) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.path == "/record.js":
                self._answer(200, "text/javascript", RECORD_EVENTS)
            elif self.path == COPY:
                script = CHECKOUT / "static/embed-v1.js"
                self._answer(200, "text/javascript", script.read_text("utf-8"))
            elif self.path == "/account":
                self._answer(200, "text/html; charset=utf-8", site.html(), site.page.headers)
            else:
                self._answer(
                    200, "text/html; charset=utf-8", "<title>Elsewhere</title><h1>Floor</h1>"
                )

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            token = site.next_token() if self.path == "/token" else None
            status = 503 if token is None else 200
            self._answer(status, "application/json", json.dumps({"token": token}))

        def _answer(
            self, status: int, kind: str, text: str, headers: Mapping[str, str] | None = None
        ) -> None:
            body = text.encode()
            self.send_response(status)
            own = {"Content-Type": kind, "Content-Length": str(len(body))}
            for name, value in {**own, **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    return Handler
