"""Drives WebKit on Linux (WebKitGTK's MiniBrowser) by WebDriver, with a pretended camera.

Playwright cannot drive Debian's WebKit. Of WebDriver, the tests need the few commands of `WebKit`.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.support.eventually import eventually
from tests.support.free_ports import free_addresses

#: Debian's package of the driver contains it.
_MINI_BROWSER = "webkit2gtk-4.*/MiniBrowser"
_OPTIONS = ("--automation", "--enable-media-stream=true", "--enable-mock-capture-devices=true")
#: Paints without a graphics card; asks no desktop services.
_ENVIRONMENT = {
    "GSETTINGS_BACKEND": "memory",
    "NO_AT_BRIDGE": "1",
    "WEBKIT_DISABLE_COMPOSITING_MODE": "1",
}
#: The element of a selector if it can be clicked, and its place: relative to the frame's window,
#: whose height the host page may be changing.
_FIND = """
const found = document.querySelector(arguments[0]);
const { x, y, width, height } = found?.getBoundingClientRect() ?? {};
const isUsable = found?.checkVisibility() && !found.disabled;
return [isUsable ? found : null, [x, y, width, height, innerHeight, document.readyState]];
"""
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class WebKit:
    """A tab. Commands act in the page, or in the frame that was entered last."""

    def __init__(self, driver: httpx.Client, session: str) -> None:
        self._driver = driver
        self._session = f"/session/{session}"

    def resize(self, width: int, height: int) -> None:
        """Resize the window: the driver does not scroll a page to an element in its frame."""
        self._post("window/rect", width=width, height=height)

    def goto(self, address: str) -> None:
        self._post("url", url=address)

    def evaluate(self, script: str, *arguments: object) -> Any:
        """Run `script`, a function's body, and return what it returns."""
        return self._post("execute/sync", script=script, args=list(arguments))

    def click(self, selector: str) -> None:
        """Wait until an element is visible, and click it."""
        element = self.wait_for(selector)
        self._post(f"element/{element[_ELEMENT]}/click")

    def wait_for(self, selector: str) -> dict[str, str]:
        """Wait until an element is visible and has stopped moving; return its reference.

        The driver clicks where the element was: while a page is laid out, that may be elsewhere.
        """
        place = None

        def found() -> dict[str, str] | None:
            nonlocal place
            before, (element, place) = place, self.evaluate(_FIND, selector)
            return element if element and place == before else None

        return eventually(found)

    def enter(self, script: str) -> None:
        """Enter the frame whose element `script` returns."""
        self._post("frame", id=eventually(lambda: self.evaluate(script)))

    def leave_frames(self) -> None:
        self._post("frame", id=None)

    def close(self) -> None:
        self._driver.delete(self._session)

    def _post(self, command: str, **values: object) -> Any:
        return command_result(self._driver.post(f"{self._session}/{command}", json=values))


def command_result(response: httpx.Response) -> Any:
    """Return the value of a command; raise AssertionError for an error."""
    value = response.json()["value"]
    assert response.is_success, value
    return value


@contextmanager
def webkit(driver_program: str, display_program: str) -> Iterator[WebKit]:
    """Run WebKit on a virtual display."""
    with _display(display_program) as display, _driver(driver_program, display) as driver:
        library = next(Path("/usr/lib").glob(f"*/{_MINI_BROWSER}"))
        options = {"binary": str(library), "args": list(_OPTIONS)}
        wanted = {"alwaysMatch": {"webkitgtk:browserOptions": options}}
        made = command_result(driver.post("/session", json={"capabilities": wanted}))
        tab = WebKit(driver, made["sessionId"])
        tab.resize(1200, 1380)
        yield tab
        tab.close()


@contextmanager
def _display(program: str) -> Iterator[str]:
    reading, writing = os.pipe()
    command = [program, "-displayfd", str(writing), "-screen", "0", "1280x1400x24"]
    with _running([*command, "-nolisten", "tcp"], pass_fds=(writing,)):
        os.close(writing)
        with os.fdopen(reading) as number:
            yield f":{number.readline().strip()}"


@contextmanager
def _driver(program: str, display: str) -> Iterator[httpx.Client]:
    port = free_addresses().server
    environment = {**os.environ, **_ENVIRONMENT, "DISPLAY": display}
    with (
        _running([program, f"--port={port}"], env=environment),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as client,
    ):
        eventually(lambda: _is_ready(client))
        yield client


def _is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/status").is_success
    except httpx.TransportError:
        return False


@contextmanager
def _running(command: list[str], **options: Any) -> Iterator[None]:
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, **quiet, **options)
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)
