"""Every way the journey can go, in a real browser: the page tells the truth and offers a way on."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browser_user import Guest
from tests.support.chromium import BrowserPage
from tests.support.eventually import eventually
from tests.support.stack import Person, Stack
from tests.support.user_journey import (
    count_processes,
    force_outcome,
    gateway_process,
    gateway_switches,
    send_notice,
    sent_notices,
)

PHONE = (360, 740)
MODES = ("iframe", "redirect")
VERIFIED = "You are verified"
REJECTED = "We could not confirm your identity"
REVIEWED = "A person is taking a look"
INTERRUPTED = "The check was interrupted"
#: What the hosted page may say at its end, the reason we make of it, its words, and in which modes
#: every run tries it.
ERRORS = (
    ("PermissionError", "permission_denied", "The camera was not allowed", MODES),
    ("HardwareError", "camera_unavailable", "The camera did not work", ["iframe"]),
    ("ConnectionError", "connection_lost", "The connection was lost", ["redirect"]),
    ("TimeoutError", "timed_out", "It took too long", ["iframe"]),
    ("SupportError", "hosted_error", "Something went wrong during the check", ["redirect"]),
    ("OnboardingError", "hosted_error", "Something went wrong during the check", ["iframe"]),
)


class Traveller(Guest):
    """A guest in either mode: the hosted page is in the frame or has the tab to itself."""

    mode = "iframe"
    known = ""

    def enter(self) -> "Traveller":
        """By a new hand-off, up to the hosted page."""
        self.come_in(flow="default" if self.mode == "iframe" else "alone")
        return self.press()

    def press(self) -> "Traveller":
        self.page.locator("main form[action$='/onboardings'] button.button").first.click()
        return self.arrived()

    def arrived(self) -> "Traveller":
        """The hosted page is there; its process is the one that is meant from now on."""
        expect(self.place.locator("#begin")).to_be_visible()
        gateway, _, path = self._hosted_address().partition("/onboarding/")
        assert gateway == self.stack.gateway_url
        self.known = path.partition("?")[0]
        return self

    def _hosted_address(self) -> str:
        if self.mode == "redirect":
            return self.page.url
        return self.page.locator("#hosted").get_attribute("src") or ""

    @property
    def place(self):
        """Where the hosted page is."""
        return self.hosted if self.mode == "iframe" else self.page

    @property
    def id(self) -> str:
        return self.known

    def say(self, outcome: str) -> "Traveller":
        """Answer the sandbox's question how it ends."""
        place = self.place
        place.locator("#skip-capture").click()
        expect(place.locator("#outcome-passes")).to_be_visible()  # the gateway knows that it began
        # "More errors" are folded away.
        name = "camera-denied" if outcome == "PermissionError" else outcome
        place.locator(f"#outcome-{name}").evaluate("button => button.click()")
        if outcome.endswith("Error"):
            place.locator("#dialog-accept").click()
        return self

    @property
    def row(self) -> dict[str, object]:
        (row,) = self.stack.rows("SELECT * FROM onboardings WHERE id = ?", self.known)
        return row

    def stands(self, status: str) -> "Traveller":
        eventually(lambda: self.row["status"] == status)
        return self

    def is_offered(self, *names: str) -> "Traveller":
        for name in names:
            offer = self.page.get_by_role("link", name=name)
            expect(offer.or_(self.page.get_by_role("button", name=name)).first).to_be_visible()
        return self


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[Stack]:
    """One stack for both modes; it asks the gateway by itself after a second."""
    flow = {
        "mode": "redirect",
        "attempts": 3,
        "reason_map": {"Document expired": "document_expired"},
    }
    with Stack(
        tmp_path_factory.mktemp("road"),
        database=database_kind,
        environment={"RECONCILE_AFTER": "1s,2s,5s"},
        tables={"sites.shop.flows.alone": flow},
        leave_out=("provider", "shop"),
    ) as running:
        yield running


@pytest.fixture
def person(request: pytest.FixtureRequest) -> Person:
    return Person(f"ada-{abs(hash(request.node.name))}", "Ada Lovelace", "en")


@pytest.fixture
def traveller(road: Stack, person: Person, browser_page: BrowserPage) -> Traveller:
    return Traveller(road, browser_page(viewport=PHONE), person)


@pytest.fixture
def either(request: pytest.FixtureRequest, traveller: Traveller) -> Traveller:
    traveller.mode = request.param
    return traveller


def in_modes(*often: str) -> pytest.MarkDecorator:
    """Every situation is walked through in one mode at least; what repeats it, nightly."""
    modes = [pytest.param(mode, marks=seldom(mode not in often)) for mode in MODES]
    return pytest.mark.parametrize("either", modes, indirect=True)


def seldom(when: bool) -> tuple[pytest.MarkDecorator, ...]:
    return (pytest.mark.nightly,) if when else ()


def no_frame(page: Page) -> None:
    expect(page.locator("iframe")).to_have_count(0)


# How it ends


@in_modes("iframe", "redirect")
def test_passes(either: Traveller) -> None:
    either.enter().say("passes").sees(VERIFIED)
    either.stands("verified").is_offered("Back to Example Shop", "All my checks")
    no_frame(either.page)
    assert either.page.url == f"{either.stack.public_url}/onboardings/{either.known}"
    expect(either.page.get_by_role("button", name="Try again")).to_have_count(0)


@in_modes("iframe", "redirect")
def test_fails_and_passes_the_second_time(either: Traveller) -> None:
    first = either.enter().known
    either.say("fails").sees(REJECTED)
    either.stands("rejected").is_offered("Try again", "All my checks")
    expect(either.page.get_by_role("main")).to_contain_text("Your document has expired")
    either.page.get_by_role("button", name="Try again").click()
    if either.mode == "iframe":
        asked = either.page.locator("[name=consent]")
        expect(either.page.locator("#hosted, [name=consent]").first).to_be_attached()
        if asked.count():
            either.page.get_by_role("button", name="I agree").click()
    either.arrived()
    assert either.known != first
    either.say("passes").sees(VERIFIED)
    either.stands("verified")


@in_modes("iframe")
def test_a_person_looks_and_accepts(either: Traveller) -> None:
    either.enter().say("review").sees(REVIEWED)
    either.stands("in_review")
    expect(either.page.get_by_role("main")).to_contain_text("You can also close this page.")
    force_outcome(either.stack, either.known, "passes")
    either.sees(VERIFIED)
    either.stands("verified").is_offered("Back to Example Shop")


@pytest.mark.parametrize(
    ("either", "error", "reason", "words"),
    [
        pytest.param(mode, *each, marks=seldom(mode not in often), id=f"{mode}-{each[0]}")
        for *each, often in ERRORS
        for mode in MODES
    ],
    indirect=["either"],
)
def test_each_error_is_explained_and_leads_back_to_the_same_check(
    either: Traveller, error: str, reason: str, words: str
) -> None:
    first = either.enter().known
    either.say(error).sees(INTERRUPTED)
    either.stands("interrupted")
    assert reason in str(either.row["reasons"])
    expect(either.page.get_by_role("main")).to_contain_text(words)
    either.press()
    assert either.known == first, "the same address once more"
    either.stands("started")


@in_modes("redirect")
def test_an_error_nobody_has_heard_of_is_explained_too(either: Traveller) -> None:
    either.enter()
    back = gateway_process(either.stack, either.known)["redirect_url"]
    either.page.goto(f"{back}?{urlencode({'error': 'BrandNewError'})}")
    either.sees(INTERRUPTED)
    expect(either.page.get_by_role("main")).to_contain_text("Something went wrong")
    assert "BrandNew" not in either.page.content()
    either.stands("interrupted").press()


# Away and back


@in_modes("redirect")
def test_abandoned_and_taken_up_by_a_new_hand_off(
    either: Traveller, browser_page: BrowserPage
) -> None:
    first = either.enter().known
    either.place.locator("#begin").click()
    either.page.close()
    either.stands("started")

    again = Traveller(either.stack, browser_page(viewport=PHONE), either.person)
    again.mode = either.mode
    again.come_in(flow="default" if either.mode == "iframe" else "alone")
    again.sees("Continue where you left off").press()
    assert again.known == first
    assert count_processes(again.stack, first) == 1
    again.say("passes").sees(VERIFIED)
    again.stands("verified")


@in_modes("iframe")
def test_two_tabs_end_on_the_same_result(either: Traveller) -> None:
    either.enter()
    other = Traveller(either.stack, either.page.context.new_page(), either.person)
    other.mode, other.known = either.mode, either.known
    other.page.goto(either.stack.public_url)
    other.press()
    assert other.known == either.known
    assert count_processes(either.stack, either.known) == 1
    other.say("passes").sees(VERIFIED)
    either.page.bring_to_front()
    if either.mode == "redirect":  # that tab is the vendor's: it finds its own way
        either.page.goto(f"{either.stack.public_url}/onboardings/{either.known}")
    either.sees(VERIFIED)
    either.stands("verified")


@pytest.mark.parametrize(
    ("mode", "outcome", "status", "heading"),
    [("iframe", "passes", "verified", VERIFIED), ("redirect", "fails", "rejected", REJECTED)],
)
def test_without_javascript(
    road: Stack, person: Person, browser_page: BrowserPage, mode: str, outcome: str, status: str,
    heading: str,
) -> None:  # fmt: skip
    page = browser_page(viewport=PHONE, java_script=False)
    ada = Traveller(road, page, person)
    ada.come_in(flow="default" if mode == "iframe" else "alone")
    page.locator("main form[action$='/onboardings'] button").first.click()
    if mode == "iframe":
        expect(page.locator("#hosted")).to_be_visible()
        ada.known = page.url.rpartition("/")[2]
    else:
        page.wait_for_url(f"{road.gateway_url}/onboarding/**")
        ada.known = page.url.rpartition("/")[2]
    force_outcome(road, ada.known, outcome)
    page.goto(gateway_process(road, ada.known)["redirect_url"])
    page.get_by_role("link", name="Continue").click()
    ada.sees(heading).stands(status)
    ada.is_offered("Back to Example Shop" if status == "verified" else "Try again")


@pytest.mark.parametrize("outcome", ["passes", "review", "PermissionError"])
def test_a_session_lost_in_the_middle(traveller: Traveller, outcome: str) -> None:
    """What was done is kept; the person comes in again and sees it."""
    page = traveller.enter().page
    page.context.clear_cookies()
    traveller.say(outcome).sees("Verify your identity")
    expect(page.get_by_text("Log in again. Nothing is lost.")).to_be_visible()
    assert page.url.rstrip("/") == traveller.stack.public_url
    assert "Ada" not in page.content()
    status = {"passes": "verified", "review": "in_review"}.get(outcome, "interrupted")
    traveller.stands(status)

    traveller.come_in()
    heading = {"passes": VERIFIED, "review": REVIEWED}.get(outcome, "Continue where you left off")
    traveller.sees(heading)
    if outcome == "PermissionError":
        traveller.press().say("passes").sees(VERIFIED)
        traveller.stands("verified")
    else:
        traveller.is_offered("See the result" if outcome == "passes" else "See the status")


# Notices


@pytest.mark.parametrize(
    ("either", "notice"),
    [
        pytest.param(mode, notice, marks=seldom(mode != often))
        for notice, often in (("never", "iframe"), ("hold", "redirect"), ("twice", "iframe"))
        for mode in MODES
    ],
    indirect=["either"],
)
def test_notices_that_are_missing_late_or_too_many(either: Traveller, notice: str) -> None:
    road = either.stack
    either.enter()
    with gateway_switches(road, notices=notice):
        either.say("passes").sees(VERIFIED)
    either.stands("verified")
    if notice == "hold":
        version = either.row["version"]
        road.gateway_control.post("/deliveries/release", json={}).raise_for_status()
        eventually(
            lambda: {each["state"] for each in sent_notices(road, either.known)} == {"delivered"}
        )
        assert either.row["version"] == version, "an old story"
    # Of a false one, too, nothing is seen.
    assert send_notice(road, either.known, "NOT_VERIFIED") == 204
    either.page.reload()
    either.sees(VERIFIED)
    assert either.row["status"] == "verified"


@in_modes("redirect")
def test_a_late_verdict_without_any_notice_reaches_the_waiting_page(either: Traveller) -> None:
    either.enter()
    with gateway_switches(either.stack, notices="never"):
        either.say("review").sees(REVIEWED)
        force_outcome(either.stack, either.known, "fails")
        either.sees(REJECTED)
    either.stands("rejected").is_offered("Try again")


def test_a_verdict_while_the_frame_is_open_and_nobody_comes_back(traveller: Traveller) -> None:
    traveller.enter()
    force_outcome(traveller.stack, traveller.known, "passes")
    traveller.sees(VERIFIED)
    traveller.stands("verified")
