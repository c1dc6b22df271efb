"""During a gateway outage users wait, nothing is lost, and the server recovers by itself."""

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
def quick_stack(new_stack: NewStack) -> Stack:
    """A server that polls every second and whose gateway is not started yet."""
    return new_stack(
        environment={"RECONCILE_AFTER": "1s"},
        leave_out=("gateway", "provider", "shop"),
    )


def test_server_started_without_gateway_recovers(
    quick_stack: Stack,
) -> None:
    stack = quick_stack
    browser, home = log_in_by_handoff(stack, ADA)

    unavailable = browser.submit(home, home.form("/onboardings"))
    assert unavailable.status == 503
    assert int(unavailable.headers["retry-after"]) > 0
    assert "Traceback" not in unavailable.text
    assert [row["status"] for row in stack.rows("SELECT status FROM onboardings")] == ["created"]
    assert browser.get("/").status == 200
    assert browser.get("/healthz").status == 200
    again = browser.submit(unavailable, unavailable.form("/onboardings"))
    assert again.status == 503
    assert len(stack.rows("SELECT id FROM onboardings")) == 1, "the same row is kept"

    stack.start("gateway")
    frame = submit_until_circuit_closes(browser, again)
    walk = UserJourney(stack, browser, frame.path.rpartition("/")[2], frame)
    assert count_processes(stack, walk.id) == 1

    _check_outage_during_capture(walk)
    _check_abandoned_onboarding_is_verified(stack)


def submit_until_circuit_closes(browser: HttpSession, page: Page) -> Page:
    """Submit the start form until the circuit breaker lets a call through."""

    def submitted() -> Page | None:
        shown = browser.submit(page, page.form("/onboardings"))
        assert shown.frames or int(shown.headers["retry-after"]) <= 30, shown
        return shown if shown.frames else None

    return eventually(submitted, seconds=Limits().circuit_open_seconds + 15, every=0.5)


def _check_outage_during_capture(walk: UserJourney) -> None:
    with gateway_switches(walk.stack, notices="never"):
        walk.capture("passes")
        with gateway_switches(walk.stack, down=True, rest=False):
            address = walk.return_url
            assert walk.browser.get(address).status == 200
            page = walk.look()
            assert page.heading == "Thank you, we have everything"
    walk.until("verified")


def _check_abandoned_onboarding_is_verified(stack: Stack) -> None:
    with gateway_switches(stack, notices="never"):
        walk = start_onboarding(stack, Person("ada-who-left", "Ada Lovelace", "en"))
        walk.capture("passes")
        walk.until("verified")
    assert [each["state"] for each in sent_notices(stack, walk.id)] == ["dropped"]


def test_notice_during_gateway_outage_is_applied_later(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    with gateway_switches(stack, down=True):
        force_outcome(stack, walk.id, "passes")
        eventually(lambda: walk.status["next"] == "wait")  # the notice has arrived
        assert walk.status["status"] == "started", "a notice alone changes nothing"
        assert not walk.look().frames, "nor is the user asked to continue meanwhile"
    walk.until("verified")


def test_start_during_gateway_outage_creates_no_second_process(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    home = walk.browser.get("/")
    with gateway_switches(stack, down=True, rest=False):
        unavailable = walk.browser.submit(home, home.form("/onboardings"))
    assert unavailable.status == 503
    assert count_processes(stack, walk.id) == 1
    again = walk.browser.submit(unavailable, unavailable.form("/onboardings"))
    assert again.path == walk.path
    assert again.frames


def test_revoked_gateway_token_is_renewed(new_stack: NewStack) -> None:
    # An own stack: after an outage the circuit breaker refuses calls for a while.
    stack = new_stack(leave_out=("provider", "shop"))
    session_and_home = log_in_by_handoff(stack, ADA)
    # A token of the last seconds would not be renewed.
    stack.change("UPDATE gateway_token SET obtained_at = '2020-01-01 00:00:00.000000'")
    stack.gateway_control.post("/tokens/revoke", json={}).raise_for_status()
    log_ins = gateway_call_counts(stack)["token_log_ins"]
    walk = submit_consent(stack, *session_and_home)
    assert gateway_call_counts(stack)["token_log_ins"] == log_ins + 1
    walk.finish("passes")
    walk.until("verified")
