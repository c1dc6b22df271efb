"""The gateway is away: nobody is turned off, nothing is lost, and nothing needs a restart."""

import pytest

from tests.support.eventually import eventually
from tests.support.http_session import HttpSession, Page
from tests.support.stack import Person, Stack
from tests.support.stack_fixtures import NewStack
from tests.support.user_journey import (
    UserJourney,
    count_processes,
    force_outcome,
    gateway_call_counts,
    gateway_switches,
    log_in_by_handoff,
    sent_notices,
    start_onboarding,
    submit_consent,
)
from webapp.gateway.options import Limits

ADA = Person("ada-of-the-outage", "Ada Lovelace", "en")


@pytest.fixture
def impatient(new_stack: NewStack) -> Stack:
    """A server that soon asks again by itself, and whose gateway is not up yet."""
    return new_stack(
        environment={"RECONCILE_AFTER": "1s"},
        leave_out=("gateway", "provider", "shop"),
    )


def test_a_server_started_without_its_gateway_says_so_and_recovers_by_itself(
    impatient: Stack,
) -> None:
    stack = impatient
    browser, home = log_in_by_handoff(stack, ADA)

    sorry = browser.submit(home, home.form("/onboardings"))
    assert sorry.status == 503
    assert int(sorry.headers["retry-after"]) > 0
    assert "Traceback" not in sorry.text
    assert [row["status"] for row in stack.rows("SELECT status FROM onboardings")] == ["created"]
    assert browser.get("/").status == 200
    assert browser.get("/healthz").status == 200
    again = browser.submit(sorry, sorry.form("/onboardings"))
    assert again.status == 503
    assert len(stack.rows("SELECT id FROM onboardings")) == 1, "the same row is kept"

    stack.start("gateway")
    frame = pressed_until_the_rest_is_over(browser, again)
    walk = UserJourney(stack, browser, frame.path.rpartition("/")[2], frame)
    assert count_processes(stack, walk.id) == 1

    _a_gateway_that_goes_away_while_ada_is_in_the_frame_loses_nothing(walk)
    _she_is_verified_though_nothing_tells_it_and_she_never_comes_back(stack)


def pressed_until_the_rest_is_over(browser: HttpSession, page: Page) -> Page:
    """The same click works now: at the latest when the client dares to ask again."""

    def pressed() -> Page | None:
        shown = browser.submit(page, page.form("/onboardings"))
        assert shown.frames or int(shown.headers["retry-after"]) <= 30, shown
        return shown if shown.frames else None

    return eventually(pressed, seconds=Limits().circuit_open_seconds + 15, every=0.5)


def _a_gateway_that_goes_away_while_ada_is_in_the_frame_loses_nothing(walk: UserJourney) -> None:
    with gateway_switches(walk.stack, notices="never"):
        walk.capture("passes")
        with gateway_switches(walk.stack, down=True, rest=False):
            address = walk.return_url
            assert walk.browser.get(address).status == 200
            page = walk.look()
            assert page.heading == "Thank you, we have everything"
    walk.until("verified")


def _she_is_verified_though_nothing_tells_it_and_she_never_comes_back(stack: Stack) -> None:
    with gateway_switches(stack, notices="never"):
        walk = start_onboarding(stack, Person("ada-who-left", "Ada Lovelace", "en"))
        walk.capture("passes")
        walk.until("verified")
    assert [each["state"] for each in sent_notices(stack, walk.id)] == ["dropped"]


def test_a_notice_that_cannot_be_read_back_yet_counts_later(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    with gateway_switches(stack, down=True):
        force_outcome(stack, walk.id, "passes")
        assert walk.status["status"] == "started", "nothing is believed unread"
        assert walk.look().frames
    walk.until("verified")


def test_a_click_on_an_open_check_while_the_gateway_is_away_makes_no_second_one(
    stack: Stack, ada: Person
) -> None:
    walk = start_onboarding(stack, ada)
    home = walk.browser.get("/")
    with gateway_switches(stack, down=True, rest=False):
        sorry = walk.browser.submit(home, home.form("/onboardings"))
    assert sorry.status == 503
    assert count_processes(stack, walk.id) == 1
    again = walk.browser.submit(sorry, sorry.form("/onboardings"))
    assert again.path == walk.path
    assert again.frames


def test_a_gateway_that_forgot_our_log_in_is_asked_for_another(new_stack: NewStack) -> None:
    # Of its own: after an outage the client rests before it asks again.
    stack = new_stack(leave_out=("provider", "shop"))
    arrived = log_in_by_handoff(stack, ADA)
    # A log-in of the last seconds is not doubted: then it speaks of the process.
    stack.change("UPDATE gateway_token SET obtained_at = '2020-01-01 00:00:00.000000'")
    stack.gateway_control.post("/tokens/revoke", json={}).raise_for_status()
    log_ins = gateway_call_counts(stack)["token_log_ins"]
    walk = submit_consent(stack, *arrived)
    assert gateway_call_counts(stack)["token_log_ins"] == log_ins + 1
    walk.finish("passes")
    walk.until("verified")
