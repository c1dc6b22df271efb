"""Walks through every page in every state: generators that yield the name of each state shown."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

from playwright.sync_api import expect

from tests.browser.browser_user import BrowserUser
from tests.support.stack import Person
from tests.support.user_journey import gateway_switches

StateWalk = Callable[[BrowserUser], Iterator[str]]
#: Statuses that the user cannot cause, with their headings.
RARE_STATUSES = (
    ("deciding", "Almost there"),
    ("canceled", "This check was stopped"),
    ("erased", "This check has been deleted"),
)


def until_verified(user: BrowserUser) -> Iterator[str]:
    page = user.page
    page.goto(user.stack.public_url)
    yield "welcome"
    user.log_in()
    yield "home"
    page.get_by_role("button", name="Use another device or browser").click()
    user.expect_heading("Continue on another device")
    yield "other-device"
    link = page.get_by_label("Your link").input_value()
    page.goto(link)
    user.expect_heading("Continue here?")
    yield "link"
    page.goto(user.stack.public_url)
    user.start()
    yield "frame"
    page.goto(user.stack.public_url)
    yield "home-while-open"
    user.start()
    with _script_blocked(user, "returned.js"):
        page.goto(user.return_url)
        yield "return"
    page.get_by_role("link", name="Continue").click()
    user.expect_heading("Thank you, we have everything")
    yield "submitted"
    user.decide("review").expect_heading("A person is taking a look")
    yield "in-review"
    page.goto(user.stack.public_url)
    yield "home-while-in-review"
    page.go_back()
    user.decide("passes").expect_heading("You are verified")
    yield "verified"
    page.goto(user.stack.public_url)
    yield "home-when-verified"


def interrupted(user: BrowserUser) -> Iterator[str]:
    page = user.page
    user.log_in()
    with _script_blocked(user, "frame.js"):
        user.start()
        user.hosted.locator("#skip-capture").click()
        user.hosted.locator("#outcome-camera-denied").click()
        user.hosted.locator("#dialog-accept").click()
        try_again = user.hosted.get_by_role("link", name="Try again")
        expect(try_again).to_be_visible()
        yield "return-in-the-frame-with-an-error"
        try_again.click()
    user.expect_heading("The check was interrupted")
    yield "interrupted"
    page.goto(user.stack.public_url)
    yield "home-when-interrupted"
    user.start()
    yield "frame-once-more"
    user.hosted.locator("#skip-capture").click()
    user.hosted.locator("#outcome-HardwareError").evaluate("button => button.click()")
    expect(user.hosted.locator("#dialog-accept")).to_be_visible()
    yield "frame-with-the-hosted-dialog"
    user.hosted_document.evaluate("location.reload()")  # the hosted page does not return
    expect(page.locator("[data-note=camera_unavailable]")).to_be_visible()
    yield "frame-with-an-error"
    with _script_blocked(user, "returned.js"):
        page.goto(f"{user.return_url}?error=ConnectionError")
        yield "return-with-an-error"


def until_rejected_for_good(user: BrowserUser) -> Iterator[str]:
    page = user.page
    for number in range(3):
        user.log_in().start().choose_outcome("fails")
        user.expect_heading("We could not confirm your identity")
        if number != 1:
            yield "rejected" if number == 0 else "rejected-for-good"
            page.goto(user.stack.public_url)
            yield "home-when-rejected" if number == 0 else "home-when-rejected-for-good"


def gateway_unavailable(user: BrowserUser) -> Iterator[str]:
    page = user.log_in().page
    with gateway_switches(user.stack, down=True, rest=False):
        _press_start(user)
        page.wait_for_url("**/onboardings")
        yield "gateway-away"
    (row,) = user.stack.rows("SELECT id FROM onboardings ORDER BY created_at DESC LIMIT 1")
    # A create call of another tab is in flight.
    _update_onboarding(user, "create_called_at = '2999-01-01 00:00:00.000000'", row["id"])
    page.goto(f"{user.stack.public_url}/onboardings/{row['id']}")
    user.expect_heading("Your check is being opened")
    yield "preparing"
    _update_onboarding(user, "create_called_at = NULL", row["id"])
    page.reload()
    user.expect_heading("Continue where you left off")
    yield "consent-given-already"
    page.goto(user.stack.public_url)
    user.start()
    _update_onboarding(user, "status = 'expired', version = version + 1", user.id)
    user.expect_heading("This check has expired")
    yield "expired"
    page.goto(user.stack.public_url)
    yield "home-when-expired"
    for status, heading in RARE_STATUSES:
        page.goto(f"{user.stack.public_url}/onboardings/{row['id']}")
        _update_onboarding(user, f"status = '{status}', version = version + 1", row["id"])
        user.expect_heading(heading)
        yield status


def consent_missing(user: BrowserUser) -> Iterator[str]:
    user.log_in().page.locator("[name=consent]").evaluate("field => field.remove()")
    _press_start(user)
    user.expect_heading("One question before we start")
    yield "consent"


def logins_and_errors(user: BrowserUser) -> Iterator[str]:
    page, public_url = user.page, user.stack.public_url
    page.goto(f"{public_url}/login?site=shop")
    page.get_by_role("button", name="Cancel and go back").click()
    page.wait_for_url(f"{public_url}/**")
    yield "login-denied"
    page.goto(f"{public_url}/handoff?{urlencode({'token': 'used'})}")
    yield "hand-off-refused"
    user.log_in(name="María de los Ángeles Fernández-Villaverde y Gutiérrez de la Concha")
    yield "home-of-a-long-name"
    BrowserUser(user.stack, page, Person("ben", "Ben Ortega", "en")).log_in()
    user.expect_heading("Which account is yours?")
    yield "another-person"
    page.goto(f"{public_url}/l/not-a-whole-code")
    yield "unknown-link"
    page.goto(f"{public_url}/nothing-here")
    yield "nothing-here"
    page.goto(public_url)
    page.get_by_role("button", name="Not me").first.click()
    user.expect_heading("You are logged out here")
    yield "signed-out"
    user.log_in(locale="es")
    yield "home-in-spanish"


STATE_WALKS: tuple[StateWalk, ...] = (
    until_verified,
    interrupted,
    until_rejected_for_good,
    gateway_unavailable,
    consent_missing,
    logins_and_errors,
)


def _press_start(user: BrowserUser) -> None:
    user.page.locator("main form[action$='/onboardings'] button").click()


@contextmanager
def _script_blocked(user: BrowserUser, script: str) -> Iterator[None]:
    """Block a script that would leave the page."""
    address = f"**/{script}*"
    user.page.route(address, lambda route: route.fulfill(body="", content_type="text/javascript"))
    yield
    user.page.unroute(address)


def _update_onboarding(user: BrowserUser, assignments: str, onboarding_id: str) -> None:
    """Change the row and add a timeline entry, as a job would."""
    user.stack.change(f"UPDATE onboardings SET {assignments} WHERE id = ?", onboarding_id)
    user.stack.change(
        "INSERT INTO timeline (at, onboarding_id, actor, event, detail)"
        " VALUES ('2026-01-01 00:00:00', ?, 'system', 'moved', '{}')",
        onboarding_id,
    )
