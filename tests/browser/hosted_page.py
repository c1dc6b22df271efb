"""The hosted page in Chromium: another site that frames it, and hands on its controls."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Frame, FrameLocator, Page, expect

from mobbscan_sandbox.gateway import RunningGateway, SandboxOptions
from tests.support.gateway import KEY, SECRET, Company, Controls

__all__ = ["company", "controls", "gateway", "shop"]

# Machines of tests are busy; what is there does not wait for this.
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


class Shop:
    """Another site: it frames the hosted page, writes down what it is told, and is returned to."""

    def __init__(self, port: int) -> None:
        self.origin = f"http://shop.localhost:{port}"
        self.back = f"{self.origin}/back?order=81#there"
        self.frame = ""

    def with_error(self, name: str) -> str:
        return f"{self.origin}/back?order=81&error={name}#there"

    def page(self, path: str) -> str:
        if path.startswith("/back"):
            return f"{NO_ICON}<title>Back</title><h1>Back</h1>"
        listen = "window.heard = []; onmessage = (event) => heard.push([event.origin, event.data])"
        return f"{NO_ICON}<title>Shop</title><script>{listen}</script>{self.frame}"


@pytest.fixture
def shop() -> Iterator[Shop]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = there.page(self.path).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    there = Shop(server.server_port)
    thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)
    thread.start()
    yield there
    server.shutdown()
    thread.join()
    server.server_close()


def framed(
    page: Page,
    shop: Shop,
    hosted_url: str,
    allow: str = "camera",
    frame_size: tuple[int, int] = (380, 720),
) -> FrameLocator:
    size = 'width="{}" height="{}"'.format(*frame_size)
    shop.frame = f'<iframe id="hosted" src="{hosted_url}" allow="{allow}" {size}></iframe>'
    page.goto(f"{shop.origin}/")
    return page.frame_locator("#hosted")


def inner(page: Page) -> Frame:
    return next(frame for frame in page.frames if frame.parent_frame is page.main_frame)


def capture(screen: Screen, document: str = "IDCard") -> None:
    """Every click from the first screen to the sandbox controls."""
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
