"""Fixtures for Chromium with a fake camera; console errors of a page fail the test."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright

__all__ = ["browser_page", "chromium", "chromium_without_permission", "page_without_permission"]

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
)

BrowserPage = Callable[..., Page]


@dataclass
class Complaints:
    """Collects console errors (CSP violations too) and uncaught exceptions."""

    expected: Sequence[str]
    heard: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self._record(f"uncaught {error}", page.url))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._record(message.text, message.location.get("url", ""))

    def _record(self, text: str, where: str) -> None:
        complaint = f"{text} ({where.partition('?')[0]})"
        if not any(re.search(pattern, complaint) for pattern in self.expected):
            self.heard.append(complaint)


@pytest.fixture(scope="session")
def chromium(playwright: Playwright, headless_shell_path: str) -> Iterator[Browser]:
    """Run one Chromium for all tests; each page gets an own context (profile)."""
    browser = playwright.chromium.launch(executable_path=headless_shell_path, args=[*FLAGS])
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def chromium_without_permission(playwright: Playwright, chromium_path: str) -> Iterator[Browser]:
    """Run a Chromium that refuses the camera, as nothing answers its question for permission."""
    flags = [flag for flag in FLAGS if "fake-ui" not in flag]
    browser = playwright.chromium.launch(executable_path=chromium_path, args=flags)
    yield browser
    browser.close()


@pytest.fixture
def page_without_permission(chromium_without_permission: Browser) -> Iterator[Page]:
    """Return a page whose camera is not allowed; console errors fail the test."""
    with chromium_without_permission.new_context() as context:
        page, complaints = context.new_page(), Complaints(())
        complaints.listen(page)
        yield page
    assert complaints.heard == []


@pytest.fixture
def browser_page(chromium: Browser) -> Iterator[BrowserPage]:
    """Return a function that opens a page in a new context, with patterns of expected errors."""
    with page_opener(chromium) as open_page:
        yield open_page


@contextmanager
def page_opener(browser: Browser) -> Iterator[BrowserPage]:
    """Return the function of `browser_page`; fail at the end if a page complained."""
    everything: list[Complaints] = []
    contexts = []

    def open_page(
        *,
        locale: str = "en-GB",
        color_scheme: str = "light",
        viewport: tuple[int, int] = (1280, 800),
        java_script: bool = True,
        expected_complaints: Sequence[str] = (),
        **context_options: Any,
    ) -> Page:
        width, height = viewport
        options: dict[str, Any] = {
            "locale": locale,
            "color_scheme": color_scheme,
            "viewport": {"width": width, "height": height},
            "java_script_enabled": java_script,
            **context_options,
        }
        context = browser.new_context(**options)
        contexts.append(context)
        complaints = Complaints(expected_complaints)
        everything.append(complaints)
        # Pop-ups and new tabs of this context are observed too.
        context.on("page", complaints.listen)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
    heard = [complaint for complaints in everything for complaint in complaints.heard]
    assert not heard, "the browser complained:\n" + "\n".join(heard)
