"""Onboardings from each login to each outcome, with late, repeated, false and missing notices."""

import pytest

from tests.support.eventually import eventually
from tests.support.http_session import HttpSession
from tests.support.signed_results import split_result
from tests.support.stack import Person, Stack
from tests.support.user_journey import (
    count_processes,
    force_outcome,
    gateway_call_counts,
    gateway_process,
    gateway_switches,
    send_notice,
    sent_notices,
    start_onboarding,
    submit_consent,
)


@pytest.mark.both_databases
def test_onboarding_by_handoff_is_verified(stack: Stack) -> None:
    with HttpSession(stack.shop_url) as browser:
        login = browser.get("/login")
        account = browser.submit(login, customer="ada")
        home = browser.submit(account, account.form("/account/verify-by-handoff"))
        assert home.url == f"{stack.public_url}/"
        assert "Ada Lovelace" in home.text
        assert "Example Shop" in home.text
        walk = submit_consent(stack, browser, home)

        returned = walk.come_back(walk.capture("passes"))
        assert returned.status == 200
        page = browser.click(returned, "Continue")
        assert page.path == walk.path

        walk.until("verified")
        verified = walk.heading("You are verified")
        url, _ = split_result(verified.link("Back to Example Shop").href)
        assert url == f"{stack.shop_url}/account"
        assert [each["state"] for each in sent_notices(stack, walk.id)] == ["delivered"]


def test_onboarding_by_oidc_login_is_verified(stack: Stack, ada: Person) -> None:
    browser, home = stack.login_oidc(ada.sub)
    assert home.url == f"{stack.public_url}/"
    assert "Ada Lovelace" in home.text
    walk = submit_consent(stack, browser, home)
    walk.finish("passes")
    walk.until("verified")
    assert "You are verified" in browser.get("/").text


def test_stream_after_capture_sends_verified(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    with walk.browser.events(f"{walk.path}/stream") as events:
        assert next(events)["status"] == "started"
        walk.capture("passes")
        event = next(events)
        assert event["status"] == "verified"
        assert event["next"] == "done"
    assert event == walk.status


def test_return_without_notice_is_verified(stack: Stack, ada: Person) -> None:
    with gateway_switches(stack, notices="never"):
        walk = start_onboarding(stack, ada)
        walk.finish("passes")
    walk.until("verified")
    assert [each["state"] for each in sent_notices(stack, walk.id)] == ["dropped"]


def test_open_page_without_notice_finds_late_decision(stack: Stack, ada: Person) -> None:
    with gateway_switches(stack, notices="never"):
        walk = start_onboarding(stack, ada)
        walk.finish("review")
        walk.until("in_review")
        force_outcome(stack, walk.id, "passes")
        walk.heading("You are verified")


def test_notice_with_false_status_changes_nothing(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    before, reads = walk.status, gateway_call_counts(stack)["reads"]

    assert send_notice(stack, walk.id, "VERIFIED") == 204, "with the right headers"
    # The server polls the gateway, which has no result yet; until its answer the user is to wait.
    eventually(lambda: gateway_call_counts(stack)["reads"] > reads)
    eventually(lambda: walk.status == before)
    assert walk.look().frames, "the hosted page is still offered"

    walk.finish("passes")
    walk.until("verified")


def test_notice_without_headers_is_401_and_not_stored(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    assert send_notice(stack, walk.id, "VERIFIED", Authorization="Bearer guessed") == 401
    assert send_notice(stack, walk.id, "VERIFIED", Accept="*/*") == 401
    known = stack.rows("SELECT status FROM inbox WHERE verification_id = ?", walk.id)
    assert known == []


@pytest.mark.both_databases
def test_notice_before_create_response_is_applied(stack: Stack, ada: Person) -> None:
    with gateway_switches(stack, notices="before_create_answer", hold_create_ms=300):
        browser, home = stack.login_handoff(ada)
        page = browser.submit(home, home.form("/onboardings"))
    onboarding_id = page.path.rpartition("/")[2]
    status = eventually(
        lambda: (
            seen
            if (seen := browser.get(f"/onboardings/{onboarding_id}/status").response.json())[
                "status"
            ]
            == "verified"
            else None
        )
    )
    assert status["next"] == "done"
    assert [each["state"] for each in sent_notices(stack, onboarding_id)] == ["delivered"]


def test_repeated_notice_is_applied_once(stack: Stack, ada: Person) -> None:
    with gateway_switches(stack, notices="twice", video_available="never"):
        walk = start_onboarding(stack, ada)
        walk.finish("passes")
        walk.until("verified")
        eventually(lambda: len(sent_notices(stack, walk.id)[0]["attempts"]) == 2)
    kept = stack.rows("SELECT status, times FROM inbox WHERE verification_id = ?", walk.id)
    assert kept == [{"status": "VERIFIED", "times": 2}]
    assert _statuses_of(stack, walk.id).count("verified") == 1


def test_notices_out_of_order_keep_the_final_status(stack: Stack, ada: Person) -> None:
    with gateway_switches(stack, notices="hold"):
        walk = start_onboarding(stack, ada)
        walk.capture("review")
        force_outcome(stack, walk.id, "passes")
    newest, oldest = sent_notices(stack, walk.id)
    assert (newest["status"], oldest["status"]) == ("VERIFIED", "PENDING_VERIFICATION")
    for each in (newest, oldest):
        stack.gateway_control.post(f"/deliveries/{each['id']}/redeliver", json={})
        walk.until("verified")
    settled = "SELECT status FROM inbox WHERE verification_id = ? AND settled_as = 'agreed'"
    eventually(lambda: len(stack.rows(settled, walk.id)) == 2)
    assert walk.status["status"] == "verified"


def test_notice_about_unknown_id_is_stored(stack: Stack) -> None:
    unknown = "0f5a1c1e-1111-4222-8333-444455556666"
    assert send_notice(stack, unknown, "VERIFIED") == 204
    assert stack.rows("SELECT times FROM inbox WHERE verification_id = ?", unknown)


def test_rejected_onboarding_shows_reason_and_allows_retry(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    walk.finish("fails")
    status = walk.until("rejected")
    assert status["next"] == "retry"
    # From the site's `reason_map`.
    assert status["reasons"] == [{"code": "document_expired", "retry_allowed": True}]
    page = walk.heading("We could not confirm your identity")
    assert "Your document has expired" in page.text
    # The text of the gateway is for operators only.
    assert "Document expired" not in page.text

    home = walk.browser.get("/")
    second = submit_consent(stack, walk.browser, home)
    assert second.id != walk.id
    second.finish("passes")
    second.until("verified")
    assert walk.status["status"] == "rejected", "the first one is unchanged"


def test_result_page_of_rejected_onboarding_starts_the_next(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    walk.finish("fails")
    walk.until("rejected")
    page = walk.look()
    again = walk.browser.submit(page, page.form("/onboardings"))
    assert again.status == 200
    assert again.path != walk.path
    # Each onboarding needs its own consent.
    frame = walk.browser.submit(again, again.form("/onboardings"))
    assert frame.path == again.path
    assert frame.frames


def test_start_after_three_rejections_is_refused(stack: Stack, ada: Person) -> None:
    browser, home = stack.login_handoff(ada)
    for _ in range(3):
        walk = submit_consent(stack, browser, home)
        walk.finish("fails")
        status = walk.until("rejected")
        home = browser.get("/")
    assert status["next"] == "done"
    page = walk.look()
    assert not [form for form in page.forms if form.action.endswith("/onboardings")]
    opened = count_processes(stack, walk.id)
    again = browser.post("/onboardings", home.form("/logout").filled(), sent_from=home.url)
    assert (again.status, again.path) == (200, walk.path)
    assert count_processes(stack, walk.id) == opened


def test_in_review_onboarding_is_verified_by_the_gateway(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    walk.finish("review")
    assert walk.until("in_review")["next"] == "wait"
    assert walk.heading("A person is taking a look")
    force_outcome(stack, walk.id, "passes")
    walk.until("verified")


def test_pending_validation_is_sent_to_review(stack: Stack, ada: Person) -> None:
    pendings = gateway_call_counts(stack)["pendings"]
    walk = start_onboarding(stack, ada)
    walk.finish("validation")
    assert walk.until("in_review")["next"] == "wait"
    assert gateway_process(stack, walk.id)["state"] == "PENDING_VERIFICATION"
    assert gateway_call_counts(stack)["pendings"] == pendings + 1
    force_outcome(stack, walk.id, "passes")
    walk.until("verified")


def _statuses_of(stack: Stack, onboarding_id: str) -> list[str]:
    query = (
        "SELECT detail ->> 'status' AS status FROM timeline"
        " WHERE onboarding_id = ? AND event = 'moved'"
    )
    return [row["status"] for row in stack.rows(query, onboarding_id)]
