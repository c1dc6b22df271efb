"""A page of the host site that shows the frame and speaks its protocol, in place of the element."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from playwright.sync_api import Frame, FrameLocator, Page, expect

from tests.support.stack import Person, Stack

_HTML = """<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Shop</title>
<main><input id="name" aria-label="Name">
<iframe id="check" title="Identity check" style="width: 100%; border: 0; height: 480px"></iframe>
</main>"""

#: Runs in the host page; calls `handOffToken`, which Python provides.
_OPEN = """({ url, origin }) => {
  const frame = document.getElementById("check");
  window.received = [];
  window.loads = 0;
  const greet = () => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = async ({ data }) => {
      window.port = port1;
      if (data.type === "height") frame.style.height = `${data.px}px`;
      if (data.type === "token") {
        port1.postMessage({ type: "token", n: data.n, token: await handOffToken() });
      }
      window.received.push(data);
    };
    frame.contentWindow.postMessage({ type: "mobbscan-embed:hello", v: 1 }, origin, [port2]);
  };
  frame.addEventListener("load", () => { window.loads += 1; greet(); });
  frame.allow = `camera ${origin}; fullscreen ${origin}`;
  frame.src = url;
}"""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = _HTML.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def host_pages(stack: Stack) -> Iterator[None]:
    """Serve the host page at `stack.host_page_origin`.

    A page that Playwright answers itself is not on loopback, and may not load our frame.
    """
    host, _, port = stack.host_page_origin.removeprefix("http://").partition(":")
    server = ThreadingHTTPServer((host, int(port)), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield
    server.shutdown()
    server.server_close()


class EmbedHostPage:
    """The host page of the shop in `page`, logged in as `person`.

    `give_token` returns the answer to each request for a hand-off token.
    """

    def __init__(self, stack: Stack, page: Page, person: Person) -> None:
        self.stack = stack
        self.page = page
        self.tokens: list[str] = []
        self.give_token: Callable[[], str | None] = lambda: stack.handoff_token(person)
        page.set_default_timeout(20_000)
        page.expose_function("handOffToken", self._give)

    def _give(self) -> str | None:
        token = self.give_token()
        self.tokens.append(token or "")
        return token

    def open(self, query: str = "") -> EmbedHostPage:
        """Open a page of the shop, and the frame in it."""
        self.page.goto(f"{self.stack.host_page_origin}/account")
        server = self.stack.public_url
        self.page.evaluate(_OPEN, {"url": f"{server}/embed/shop{query}", "origin": server})
        return self

    @property
    def frame(self) -> FrameLocator:
        """Our page in the frame."""
        return self.page.frame_locator("#check")

    @property
    def hosted(self) -> FrameLocator:
        """The gateway's page inside our page."""
        return self.frame.frame_locator("#hosted")

    @property
    def document(self) -> Frame:
        """Our page in the frame, to evaluate scripts in."""
        return self.page.frames[1]

    def start(self) -> EmbedHostPage:
        """Press the start button and wait for the gateway's page."""
        self.frame.locator("main form[action$='/onboardings'] button").click()
        expect(self.hosted.locator("#begin")).to_be_visible()
        return self

    def received(self, kind: str) -> list[dict[str, Any]]:
        """Return the frame's messages of this type."""
        messages: list[dict[str, Any]] = self.page.evaluate("window.received")
        return [each for each in messages if each["type"] == kind]
