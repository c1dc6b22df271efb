"""Outcomes of the journey in Chromium, in iframe and redirect mode: pages, statuses, next steps."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browser_user import BrowserUser
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
#: Error of the hosted page, our reason code, our text, and the modes that every run tests.
ERRORS = (
    ("PermissionError", "permission_denied", "The camera was not allowed", ["redirect"]),
    ("HardwareError", "camera_unavailable", "The camera did not work", []),
    ("ConnectionError", "connection_lost", "The connection was lost", ["iframe"]),
    ("TimeoutError", "timed_out", "It took too long", []),
    ("SupportError", "hosted_error", "Something went wrong during the check", []),
    ("OnboardingError", "hosted_error", "Something went wrong during the check", []),
)


class JourneyUser(BrowserUser):
    """A user in iframe or redirect mode; `process_id` is that of the hosted page shown last."""

    mode = "iframe"
    process_id = ""

    def open_hosted_page(self) -> "JourneyUser":
        """Log in and start, up to the hosted page."""
        self.log_in(flow="default" if self.mode == "iframe" else "alone")
        return self.press_start()

    def press_start(self) -> "JourneyUser":
        self.page.locator("main form[action$='/onboardings'] button.button").first.click()
        return self.expect_hosted_page()

    def expect_hosted_page(self) -> "JourneyUser":
        """Wait for the hosted page and store its process id."""
        expect(self.hosted_page.locator("#begin")).to_be_visible()
        gateway, _, path = self._hosted_address().partition("/onboarding/")
        assert gateway == self.stack.gateway_url
        self.process_id = path.partition("?")[0]
        return self

    def _hosted_address(self) -> str:
        if self.mode == "redirect":
            return self.page.url
        return self.page.locator("#hosted").get_attribute("src") or ""

    @property
    def hosted_page(self):
        """The frame or tab that shows the hosted page."""
        return self.hosted if self.mode == "iframe" else self.page

    @property
    def id(self) -> str:
        return self.process_id

    def finish_with(self, outcome: str) -> "JourneyUser":
        """Skip the pictures and choose an outcome on the hosted page."""
        hosted_page = self.hosted_page
        hosted_page.locator("#skip-capture").click()
        # Visible once the gateway has recorded the start.
        expect(hosted_page.locator("#outcome-passes")).to_be_visible()
        # The buttons of further errors are in a closed <details>.
        name = "camera-denied" if outcome == "PermissionError" else outcome
        hosted_page.locator(f"#outcome-{name}").evaluate("button => button.click()")
        if outcome.endswith("Error"):
            hosted_page.locator("#dialog-accept").click()
        return self

    @property
    def row(self) -> dict[str, object]:
        (row,) = self.stack.rows("SELECT * FROM onboardings WHERE id = ?", self.process_id)
        return row

    def expect_status(self, status: str) -> "JourneyUser":
        eventually(lambda: self.row["status"] == status)
        return self

    def expect_offers(self, *names: str) -> "JourneyUser":
        for name in names:
            offer = self.page.get_by_role("link", name=name)
            expect(offer.or_(self.page.get_by_role("button", name=name)).first).to_be_visible()
        return self


@pytest.fixture(scope="module")
def polling_stack(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[Stack]:
    """Run one stack for both modes, which polls the gateway after a second."""
    flow = {
        "mode": "redirect",
        "attempts": 3,
        "reason_map": {"Document expired": "document_expired"},
    }
    with Stack(
        tmp_path_factory.mktemp("polling_stack"),
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
def user(
    request: pytest.FixtureRequest,
    polling_stack: Stack,
    person: Person,
    browser_page: BrowserPage,
) -> JourneyUser:
    """Return a user in the mode of the parameter, by default in iframe mode."""
    user = JourneyUser(polling_stack, browser_page(viewport=PHONE), person)
    user.mode = getattr(request, "param", "iframe")
    return user


def in_modes(*every_run: str) -> pytest.MarkDecorator:
    """Parametrize with both modes; those not named in `every_run` run nightly."""
    modes = [pytest.param(mode, marks=nightly_if(mode not in every_run)) for mode in MODES]
    return pytest.mark.parametrize("user", modes, indirect=True)


def nightly_if(condition: bool) -> tuple[pytest.MarkDecorator, ...]:
    return (pytest.mark.nightly,) if condition else ()


def expect_no_frame(page: Page) -> None:
    expect(page.locator("iframe")).to_have_count(0)


# Outcomes


@in_modes("iframe")
def test_passed_check_shows_verified(user: JourneyUser) -> None:
    user.open_hosted_page().finish_with("passes").expect_heading(VERIFIED)
    user.expect_status("verified").expect_offers("Back to Example Shop", "All my checks")
    expect_no_frame(user.page)
    assert user.page.url == f"{user.stack.public_url}/onboardings/{user.process_id}"
    expect(user.page.get_by_role("button", name="Try again")).to_have_count(0)


@in_modes("redirect")
def test_failed_check_can_be_repeated_and_passes(user: JourneyUser) -> None:
    first = user.open_hosted_page().process_id
    user.finish_with("fails").expect_heading(REJECTED)
    user.expect_status("rejected").expect_offers("Try again", "All my checks")
    expect(user.page.get_by_role("main")).to_contain_text("Your document has expired")
    user.page.get_by_role("button", name="Try again").click()
    if user.mode == "iframe":
        consent = user.page.locator("[name=consent]")
        expect(user.page.locator("#hosted, [name=consent]").first).to_be_attached()
        if consent.count():
            user.page.get_by_role("button", name="I agree").click()
    user.expect_hosted_page()
    assert user.process_id != first
    user.finish_with("passes").expect_heading(VERIFIED)
    user.expect_status("verified")


@in_modes()
def test_manual_review_accepted_shows_verified(user: JourneyUser) -> None:
    user.open_hosted_page().finish_with("review").expect_heading(REVIEWED)
    force_outcome(user.stack, user.process_id, "passes")
    user.expect_heading(VERIFIED)
    user.expect_status("verified").expect_offers("Back to Example Shop")


@pytest.mark.parametrize(
    ("user", "error", "reason", "text"),
    [
        pytest.param(mode, *each, marks=nightly_if(mode not in every_run), id=f"{mode}-{each[0]}")
        for *each, every_run in ERRORS
        for mode in MODES
    ],
    indirect=["user"],
)
def test_hosted_error_is_explained_and_continues_the_same_process(
    user: JourneyUser, error: str, reason: str, text: str
) -> None:
    first = user.open_hosted_page().process_id
    user.finish_with(error).expect_heading(INTERRUPTED)
    user.expect_status("interrupted")
    assert reason in str(user.row["reasons"])
    expect(user.page.get_by_role("main")).to_contain_text(text)
    user.press_start()
    assert user.process_id == first, "the same process again"
    user.expect_status("started")


@in_modes()
def test_unknown_hosted_error_is_explained(user: JourneyUser) -> None:
    user.open_hosted_page()
    back = gateway_process(user.stack, user.process_id)["redirect_url"]
    user.page.goto(f"{back}?{urlencode({'error': 'BrandNewError'})}")
    user.expect_heading(INTERRUPTED)
    expect(user.page.get_by_role("main")).to_contain_text("Something went wrong")
    assert "BrandNew" not in user.page.content()
    user.expect_status("interrupted").press_start()


# Interrupted journeys


@in_modes("redirect")
def test_abandoned_check_continues_after_new_handoff(
    user: JourneyUser, browser_page: BrowserPage
) -> None:
    first = user.open_hosted_page().process_id
    user.hosted_page.locator("#begin").click()
    user.page.close()
    user.expect_status("started")

    returned = JourneyUser(user.stack, browser_page(viewport=PHONE), user.person)
    returned.mode = user.mode
    returned.log_in(flow="default" if user.mode == "iframe" else "alone")
    returned.expect_heading("Continue where you left off").press_start()
    assert returned.process_id == first
    assert count_processes(returned.stack, first) == 1
    returned.finish_with("passes").expect_heading(VERIFIED)
    returned.expect_status("verified")


@in_modes()
def test_two_tabs_in_both_modes_show_the_same_result(user: JourneyUser) -> None:
    user.open_hosted_page()
    other = JourneyUser(user.stack, user.page.context.new_page(), user.person)
    other.mode, other.process_id = user.mode, user.process_id
    other.page.goto(user.stack.public_url)
    other.press_start()
    assert other.process_id == user.process_id
    assert count_processes(user.stack, user.process_id) == 1
    other.finish_with("passes").expect_heading(VERIFIED)
    user.page.bring_to_front()
    if user.mode == "redirect":  # the hosted page in that tab does not return by itself
        user.page.goto(f"{user.stack.public_url}/onboardings/{user.process_id}")
    user.expect_heading(VERIFIED)
    user.expect_status("verified")


@pytest.mark.parametrize(
    ("mode", "outcome", "status", "heading"),
    [
        pytest.param("iframe", "passes", "verified", VERIFIED, marks=pytest.mark.nightly),
        ("redirect", "fails", "rejected", REJECTED),
    ],
)
def test_journey_without_javascript_shows_result(
    polling_stack: Stack,
    person: Person,
    browser_page: BrowserPage,
    mode: str,
    outcome: str,
    status: str,
    heading: str,
) -> None:
    page = browser_page(viewport=PHONE, java_script=False)
    ada = JourneyUser(polling_stack, page, person)
    ada.log_in(flow="default" if mode == "iframe" else "alone")
    page.locator("main form[action$='/onboardings'] button").first.click()
    if mode == "iframe":
        expect(page.locator("#hosted")).to_be_visible()
        ada.process_id = page.url.rpartition("/")[2]
    else:
        page.wait_for_url(f"{polling_stack.gateway_url}/onboarding/**")
        ada.process_id = page.url.rpartition("/")[2]
    force_outcome(polling_stack, ada.process_id, outcome)
    page.goto(gateway_process(polling_stack, ada.process_id)["redirect_url"])
    page.get_by_role("link", name="Continue").click()
    ada.expect_heading(heading).expect_status(status)
    ada.expect_offers("Back to Example Shop" if status == "verified" else "Try again")


@pytest.mark.parametrize(
    "outcome",
    [
        "passes",
        pytest.param("PermissionError", marks=pytest.mark.nightly),
        pytest.param("review", marks=pytest.mark.nightly),
    ],
)
def test_lost_session_keeps_the_result(user: JourneyUser, outcome: str) -> None:
    """The result is stored; the user logs in again and sees it."""
    page = user.open_hosted_page().page
    page.context.clear_cookies()
    user.finish_with(outcome).expect_heading("Verify your identity")
    expect(page.get_by_text("Log in again. Nothing is lost.")).to_be_visible()
    assert page.url.rstrip("/") == user.stack.public_url
    assert "Ada Lovelace" not in page.content()
    status = {"passes": "verified", "review": "in_review"}.get(outcome, "interrupted")
    user.expect_status(status)

    user.log_in()
    heading = {"passes": VERIFIED, "review": REVIEWED}.get(outcome, "Continue where you left off")
    user.expect_heading(heading)
    if outcome == "PermissionError":
        user.press_start().finish_with("passes").expect_heading(VERIFIED)
        user.expect_status("verified")
    else:
        user.expect_offers("See the result" if outcome == "passes" else "See the status")


# Notices


def verdict_of(user: JourneyUser) -> tuple[object, ...]:
    """Return what a notice about the status could change; that about the recording marks it."""
    row = user.row
    return row["status"], row["gateway_status"], row["reasons"], row["decided_at"]


@pytest.mark.parametrize(
    ("user", "notice"),
    [
        pytest.param(mode, notice, marks=nightly_if(mode != every_run))
        for notice, every_run in (("never", ""), ("hold", "redirect"), ("twice", ""))
        for mode in MODES
    ],
    indirect=["user"],
)
def test_missing_late_or_repeated_notices_show_verified(user: JourneyUser, notice: str) -> None:
    stack = user.stack
    user.open_hosted_page()
    with gateway_switches(stack, notices=notice):
        user.finish_with("passes").expect_heading(VERIFIED)
    user.expect_status("verified")
    if notice == "hold":
        verdict = verdict_of(user)
        stack.gateway_control.post("/deliveries/release", json={}).raise_for_status()
        eventually(
            lambda: (
                {each["state"] for each in sent_notices(stack, user.process_id)} == {"delivered"}
            )
        )
        assert verdict_of(user) == verdict, "late notices change nothing"
    # A false notice changes nothing either.
    assert send_notice(stack, user.process_id, "NOT_VERIFIED") == 204
    user.page.reload()
    user.expect_heading(VERIFIED)
    assert user.row["status"] == "verified"


@in_modes("redirect")
def test_late_verdict_without_notice_reaches_the_waiting_page(user: JourneyUser) -> None:
    user.open_hosted_page()
    with gateway_switches(user.stack, notices="never"):
        user.finish_with("review").expect_heading(REVIEWED)
        user.expect_status("in_review")
        expect(user.page.get_by_role("main")).to_contain_text("You can also close this page.")
        force_outcome(user.stack, user.process_id, "fails")
        user.expect_heading(REJECTED)
    user.expect_status("rejected").expect_offers("Try again")


def test_verdict_while_frame_is_open_shows_result(user: JourneyUser) -> None:
    user.open_hosted_page()
    force_outcome(user.stack, user.process_id, "passes")
    user.expect_heading(VERIFIED)
    user.expect_status("verified")
