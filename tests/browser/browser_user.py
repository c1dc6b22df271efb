"""One person in Chromium, on the way through an onboarding."""

from dataclasses import dataclass
from urllib.parse import urlencode

from playwright.sync_api import Frame, FrameLocator, Page, expect

from tests.support.stack import Person, Stack
from tests.support.user_journey import force_outcome, gateway_process

# Machines of tests are busy; what is there does not wait for this.
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Guest:
    """`page` is the tab they look at."""

    stack: Stack
    page: Page
    person: Person

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE_MS)

    def come_in(self, **claims: object) -> "Guest":
        """Arrive by a hand-off of the shop, on the home page."""
        token = self.stack.handoff_token(self.person, **claims)
        self.page.goto(f"{self.stack.public_url}/handoff?{urlencode({'token': token})}")
        return self

    def agree(self) -> "Guest":
        """Press the one button of the home page, and see the hosted page in its frame."""
        self.page.locator("main form[action$='/onboardings'] button").click()
        expect(self.hosted.locator("#begin")).to_be_visible()
        return self

    @property
    def hosted(self) -> FrameLocator:
        """What is in the frame."""
        return self.page.frame_locator("#hosted")

    @property
    def framed(self) -> Frame:
        """The same, as a document of its own."""
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

    def take_pictures(self) -> "Guest":
        """Front, back and face, with the camera, up to the sandbox's question how it ends."""
        hosted = self.hosted
        hosted.locator("#begin").click()
        hosted.locator("[data-document=IDCard]").click()
        for _ in ("front", "back"):
            hosted.locator("#capture:enabled").click()
            hosted.locator("#keep").click()
        hosted.locator("#capture:enabled").click()
        expect(hosted.locator("#outcome-passes")).to_be_visible()
        return self

    def end(self, outcome: str) -> None:
        """Answer the sandbox's question; an error is told by a dialog first."""
        if self.hosted.locator("#outcome-passes").is_hidden():
            self.hosted.locator("#skip-capture").click()
        self.hosted.locator(f"#outcome-{outcome}").click()
        if outcome not in ("passes", "fails", "review", "validation"):
            self.hosted.locator("#dialog-accept").click()

    def decide(self, outcome: str) -> "Guest":
        """Have the gateway decide while the page is open."""
        force_outcome(self.stack, self.id, outcome)
        return self

    def sees(self, heading: str, seconds: float = 20) -> "Guest":
        """Wait until the page has this heading."""
        title = self.page.get_by_role("heading", level=1, name=heading)
        expect(title).to_be_visible(timeout=seconds * 1000)
        return self
