"""A user in Chromium: log in, start an onboarding, use the hosted page, read the result."""

from dataclasses import dataclass
from urllib.parse import urlencode

from playwright.sync_api import Frame, FrameLocator, Page, expect

from tests.support.stack import Person, Stack
from tests.support.user_journey import force_outcome, gateway_process

#: Time limit for the page on a busy machine; it only matters to tests that fail.
TIMEOUT_MS = 20_000
expect.set_options(timeout=TIMEOUT_MS)


@dataclass
class BrowserUser:
    """A user with one tab, `page`."""

    stack: Stack
    page: Page
    person: Person

    def __post_init__(self) -> None:
        self.page.set_default_timeout(TIMEOUT_MS)

    def log_in(self, **claims: object) -> "BrowserUser":
        """Log in with a hand-off of the shop, to the home page."""
        token = self.stack.handoff_token(self.person, **claims)
        self.page.goto(f"{self.stack.public_url}/handoff?{urlencode({'token': token})}")
        return self

    def start(self) -> "BrowserUser":
        """Press the button of the home page and wait for the hosted page in its frame."""
        self.page.locator("main form[action$='/onboardings'] button").click()
        expect(self.hosted.locator("#begin")).to_be_visible()
        return self

    @property
    def hosted(self) -> FrameLocator:
        """The hosted page in the frame, as a locator."""
        return self.page.frame_locator("#hosted")

    @property
    def hosted_document(self) -> Frame:
        """The hosted page in the frame, as a document to evaluate scripts in."""
        return self.page.frames[1]

    @property
    def id(self) -> str:
        """The id of the onboarding whose page is open."""
        path = self.page.url.partition("/onboardings/")[2]
        assert path, self.page.url
        return path.partition("?")[0]

    @property
    def return_url(self) -> str:
        address: str = gateway_process(self.stack, self.id)["redirect_url"]
        return address

    def take_pictures(self) -> "BrowserUser":
        """Capture front, back and face with the camera, up to the choice of an outcome."""
        take_pictures(self.hosted)
        return self

    def choose_outcome(self, outcome: str) -> None:
        """Choose an outcome on the sandbox's hosted page, and accept its dialog of an error."""
        if self.hosted.locator("#outcome-passes").is_hidden():
            self.hosted.locator("#skip-capture").click()
        self.hosted.locator(f"#outcome-{outcome}").click()
        if outcome not in ("passes", "fails", "review", "validation"):
            self.hosted.locator("#dialog-accept").click()

    def decide(self, outcome: str) -> "BrowserUser":
        """Set the outcome at the gateway while the page is open."""
        force_outcome(self.stack, self.id, outcome)
        return self

    def expect_heading(self, heading: str, seconds: float = 20) -> "BrowserUser":
        """Wait until the page has this heading."""
        title = self.page.get_by_role("heading", level=1, name=heading)
        expect(title).to_be_visible(timeout=seconds * 1000)
        return self


def take_pictures(hosted: FrameLocator) -> None:
    """Capture on the gateway's page, with the camera, up to the choice of an outcome."""
    hosted.locator("#begin").click()
    hosted.locator("[data-document=IDCard]").click()
    for _ in ("front", "back"):
        hosted.locator("#capture:enabled").click()
        hosted.locator("#keep").click()
    hosted.locator("#capture:enabled").click()
    expect(hosted.locator("#outcome-passes")).to_be_visible()
