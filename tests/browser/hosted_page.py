"""The sandbox's hosted page in Chromium: fixtures, and a host site that shows it in a frame."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Frame, FrameLocator, Page, expect

from mobbscan_sandbox.gateway import RunningGateway, SandboxOptions
from tests.support.gateway import KEY, SECRET, Company, Controls

__all__ = ["company", "controls", "gateway", "host_site"]

# Time limit on a busy machine.
expect.set_options(timeout=20_000)

NO_ICON = '<!doctype html><link rel="icon" href="data:,">'
CAMERA_REFUSED = ["ermissions policy violation"]

OpenPage = Callable[..., Page]
Screen = Page | FrameLocator


@pytest.fixture
def gateway() -> Iterator[RunningGateway]:
    with RunningGateway(SandboxOptions(KEY, SECRET)) as running:
        yield running


@pytest.fixture
def company(gateway: RunningGateway) -> Iterator[Company]:
    company = Company(gateway.url)
    yield company
    company.http.close()


@pytest.fixture
def controls(gateway: RunningGateway) -> Iterator[Controls]:
    controls = Controls(gateway.url)
    yield controls
    controls.http.close()


class HostSite:
    """A website that frames the hosted page and records the messages it posts.

    `return_url` is the address to which the hosted page returns.
    """

    def __init__(self, port: int) -> None:
        self.origin = f"http://shop.localhost:{port}"
        self.return_url = f"{self.origin}/back?order=81#there"
        self.frame = ""

    def with_error(self, name: str) -> str:
        return f"{self.origin}/back?order=81&error={name}#there"

    def page(self, path: str) -> str:
        if path.startswith("/back"):
            return f"{NO_ICON}<title>Back</title><h1>Back</h1>"
        record = "window.messages = []; onmessage = (e) => messages.push([e.origin, e.data])"
        return f"{NO_ICON}<title>Shop</title><script>{record}</script>{self.frame}"


@pytest.fixture
def host_site() -> Iterator[HostSite]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = site.page(self.path).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site = HostSite(server.server_port)
    thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)
    thread.start()
    yield site
    server.shutdown()
    thread.join()
    server.server_close()


def open_framed(
    page: Page,
    host_site: HostSite,
    hosted_url: str,
    allow: str = "camera",
    frame_size: tuple[int, int] = (380, 720),
) -> FrameLocator:
    size = 'width="{}" height="{}"'.format(*frame_size)
    host_site.frame = f'<iframe id="hosted" src="{hosted_url}" allow="{allow}" {size}></iframe>'
    page.goto(f"{host_site.origin}/")
    return page.frame_locator("#hosted")


def inner_frame(page: Page) -> Frame:
    return next(frame for frame in page.frames if frame.parent_frame is page.main_frame)


def capture(screen: Screen, document: str = "IDCard") -> None:
    """Make every click from the first screen to the choice of an outcome."""
    screen.locator("#begin").click()
    screen.locator(f'[data-document="{document}"]').click()
    for _ in range(1 if document == "Passport" else 2):
        screen.locator("#capture").click()
        screen.locator("#keep").click()
    screen.locator("#capture").click()
    expect(screen.locator("#outcome-passes")).to_be_visible()


def only_process(controls: Controls) -> dict[str, Any]:
    [process] = controls.get("/processes")["processes"]
    return dict(process)
