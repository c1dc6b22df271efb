"""Every page of ours in every state: ways that lead past all of them.

A way yields the name of each state as soon as the guest sees it, and goes on from there.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

from playwright.sync_api import expect

from tests.browser.browser_user import Guest
from tests.support.stack import Person
from tests.support.user_journey import gateway_switches

Way = Callable[[Guest], Iterator[str]]
#: What others than the person make of an onboarding, in an order in which a page looks anew.
SELDOM = (
    ("deciding", "Almost there"),
    ("canceled", "This check was stopped"),
    ("erased", "This check has been deleted"),
)


def to_verified(guest: Guest) -> Iterator[str]:
    page = guest.page
    page.goto(guest.stack.public_url)
    yield "welcome"
    guest.come_in()
    yield "home"
    page.get_by_role("button", name="Use another device or browser").click()
    guest.sees("Continue on another device")
    yield "other-device"
    link = page.get_by_label("Your link").input_value()
    page.goto(link)
    guest.sees("Continue here?")
    yield "link"
    page.goto(guest.stack.public_url)
    guest.agree()
    yield "frame"
    page.goto(guest.stack.public_url)
    yield "home-while-open"
    guest.agree()
    with _without(guest, "returned.js"):
        page.goto(guest.return_url)
        yield "return"
    page.get_by_role("link", name="Continue").click()
    guest.sees("Thank you, we have everything")
    yield "submitted"
    guest.decide("review").sees("A person is taking a look")
    yield "in-review"
    page.goto(guest.stack.public_url)
    yield "home-while-in-review"
    page.go_back()
    guest.decide("passes").sees("You are verified")
    yield "verified"
    page.goto(guest.stack.public_url)
    yield "home-when-verified"


def past_an_interruption(guest: Guest) -> Iterator[str]:
    page = guest.page
    guest.come_in()
    with _without(guest, "frame.js"):
        guest.agree()
        guest.hosted.locator("#skip-capture").click()
        guest.hosted.locator("#outcome-camera-denied").click()
        guest.hosted.locator("#dialog-accept").click()
        onwards = guest.hosted.get_by_role("link", name="Try again")
        expect(onwards).to_be_visible()
        yield "return-in-the-frame-with-an-error"
        onwards.click()
    guest.sees("The check was interrupted")
    yield "interrupted"
    page.goto(guest.stack.public_url)
    yield "home-when-interrupted"
    guest.agree()
    yield "frame-once-more"
    guest.hosted.locator("#skip-capture").click()
    guest.hosted.locator("#outcome-HardwareError").evaluate("button => button.click()")
    expect(guest.hosted.locator("#dialog-accept")).to_be_visible()
    yield "frame-with-the-hosted-dialog"
    guest.framed.evaluate("location.reload()")  # as if the dialog led nowhere
    expect(page.locator("[data-note=camera_unavailable]")).to_be_visible()
    yield "frame-with-an-error"
    with _without(guest, "returned.js"):
        page.goto(f"{guest.return_url}?error=ConnectionError")
        yield "return-with-an-error"


def to_rejected_for_good(guest: Guest) -> Iterator[str]:
    page = guest.page
    for number in range(3):
        guest.come_in().agree().end("fails")
        guest.sees("We could not confirm your identity")
        if number != 1:
            yield "rejected" if number == 0 else "rejected-for-good"
            page.goto(guest.stack.public_url)
            yield "home-when-rejected" if number == 0 else "home-when-rejected-for-good"


def past_the_gateway_being_away(guest: Guest) -> Iterator[str]:
    page = guest.come_in().page
    with gateway_switches(guest.stack, down=True, rest=False):
        _press_start(guest)
        page.wait_for_url("**/onboardings")
        yield "gateway-away"
    (row,) = guest.stack.rows("SELECT id FROM onboardings ORDER BY created_at DESC LIMIT 1")
    # As if another tab's call were still under way.
    _change(guest, "create_called_at = '2999-01-01 00:00:00.000000'", row["id"])
    page.goto(f"{guest.stack.public_url}/onboardings/{row['id']}")
    guest.sees("Your check is being opened")
    yield "preparing"
    _change(guest, "create_called_at = NULL", row["id"])
    page.reload()
    guest.sees("Continue where you left off")
    yield "consent-given-already"
    page.goto(guest.stack.public_url)
    guest.agree()
    _change(guest, "status = 'expired', version = version + 1", guest.id)
    guest.sees("This check has expired")
    yield "expired"
    page.goto(guest.stack.public_url)
    yield "home-when-expired"
    for status, heading in SELDOM:
        page.goto(f"{guest.stack.public_url}/onboardings/{row['id']}")
        _change(guest, f"status = '{status}', version = version + 1", row["id"])
        guest.sees(heading)
        yield status


def to_the_question_of_consent(guest: Guest) -> Iterator[str]:
    guest.come_in().page.locator("[name=consent]").evaluate("field => field.remove()")
    _press_start(guest)
    guest.sees("One question before we start")
    yield "consent"


def along_the_doors(guest: Guest) -> Iterator[str]:
    page, public_url = guest.page, guest.stack.public_url
    page.goto(f"{public_url}/login?site=shop")
    page.get_by_role("button", name="Cancel and go back").click()
    page.wait_for_url(f"{public_url}/**")
    yield "login-denied"
    page.goto(f"{public_url}/handoff?{urlencode({'token': 'used'})}")
    yield "hand-off-refused"
    guest.come_in(name="María de los Ángeles Fernández-Villaverde y Gutiérrez de la Concha")
    yield "home-of-a-long-name"
    Guest(guest.stack, page, Person("ben", "Ben Ortega", "en")).come_in()
    guest.sees("Which account is yours?")
    yield "another-person"
    page.goto(f"{public_url}/l/not-a-whole-code")
    yield "unknown-link"
    page.goto(f"{public_url}/nothing-here")
    yield "nothing-here"
    page.goto(public_url)
    page.get_by_role("button", name="Not me").first.click()
    guest.sees("You are logged out here")
    yield "signed-out"
    guest.come_in(locale="es")
    yield "home-in-spanish"


WAYS: tuple[Way, ...] = (
    to_verified,
    past_an_interruption,
    to_rejected_for_good,
    past_the_gateway_being_away,
    to_the_question_of_consent,
    along_the_doors,
)


def _press_start(guest: Guest) -> None:
    guest.page.locator("main form[action$='/onboardings'] button").click()


@contextmanager
def _without(guest: Guest, script: str) -> Iterator[None]:
    """Hold a page still that would go on by itself."""
    address = f"**/{script}*"
    guest.page.route(address, lambda route: route.fulfill(body="", content_type="text/javascript"))
    yield
    guest.page.unroute(address)


def _change(guest: Guest, what: str, onboarding_id: str) -> None:
    """What only time could do."""
    guest.stack.change(f"UPDATE onboardings SET {what} WHERE id = ?", onboarding_id)
    guest.stack.change(
        "INSERT INTO timeline (at, onboarding_id, actor, event, detail)"
        " VALUES ('2026-01-01 00:00:00', ?, 'system', 'moved', '{}')",
        onboarding_id,
    )
