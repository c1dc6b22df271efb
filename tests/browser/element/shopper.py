"""A user of the host site, who verifies their identity in the element."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from typing import Any

from playwright.sync_api import Frame, FrameLocator, Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.browser.browser_user import TIMEOUT_MS
from tests.support.element_host_site import ElementHostSite
from tests.support.eventually import eventually


class Shopper:
    """A tab with a page of the host site."""

    def __init__(self, site: ElementHostSite, page: Page) -> None:
        self.site = site
        self.page = page
        page.set_default_timeout(TIMEOUT_MS)

    def visit(self, **page: Any) -> Shopper:
        self.page.goto(self.site.address(**page))
        is_defined = "customElements.get('mobbscan-onboarding') !== undefined"
        eventually(lambda: self.page.evaluate(is_defined))
        return self

    def click(self) -> Shopper:
        """Click the link in the element."""
        self.page.get_by_role("link", name="Verify my identity").first.click()
        return self

    def go_back(self) -> None:
        """Go back in the history. Playwright does not notice when Firefox restores a page."""
        browser = self.page.context.browser
        is_firefox = browser is not None and browser.browser_type.name == "firefox"
        with suppress(PlaywrightTimeout) if is_firefox else nullcontext():
            self.page.go_back(wait_until="commit", timeout=1_500 if is_firefox else TIMEOUT_MS)

    @property
    def element(self) -> Locator:
        return self.page.locator("mobbscan-onboarding").first

    @property
    def frame(self) -> FrameLocator:
        """Our page in the element."""
        return self.element.frame_locator("iframe")

    @property
    def hosted(self) -> FrameLocator:
        """The gateway's page inside our page."""
        return self.frame.frame_locator("#hosted")

    @property
    def documents(self) -> list[Frame]:
        """Our pages in frames."""
        prefix = f"{self.site.stack.public_url}/embed/"
        return [each for each in self.page.frames if each.url.startswith(prefix)]

    def start(self) -> Shopper:
        """Press the start button in the frame, and wait for the gateway's page."""
        self.frame.locator("main form[action$='/onboardings'] button").click()
        expect(self.hosted.locator("#begin")).to_be_visible()
        return self

    def finish(self, outcome: str = "passes") -> Shopper:
        """Finish the gateway's page without pictures, and wait for the final status."""
        self.hosted.locator("#skip-capture").click()
        self.hosted.locator(f"#outcome-{outcome}").click()
        # The page's own policy forbids Playwright to evaluate a condition there.
        eventually(lambda: any(each["final"] for each in self.events("status")))
        return self

    def verify(self) -> Shopper:
        """Go all the way to *verified* and assert the signed result."""
        self.start().finish()
        last = self.events("status")[-1]
        assert (last["status"], last["next"]) == ("verified", "done")
        assert last["result"].count(".") == 2
        return self

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return the details of the element's events of this name, so far."""
        found: list[dict[str, Any]] = self.page.evaluate("events")
        return [each for each in found if each["name"] == name]

    def wait_for(self, name: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait for events of this name; return their details."""
        eventually(lambda: len(self.events(name)) >= count)
        return self.events(name)

    def expect_full_screen(self) -> Shopper:
        """Wait for our home page at top level, where the user is signed in."""
        self.page.wait_for_url(f"{self.site.stack.public_url}/")
        expect(self.page.get_by_text("Ada Lovelace")).to_be_visible()
        assert "token" not in self.page.url
        return self
