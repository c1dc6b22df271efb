"""The good way, by each door, and with everything that can happen to a notice."""

import pytest

from tests.support.eventually import eventually
from tests.support.http_session import HttpSession
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

pytestmark = pytest.mark.both_databases


def test_ada_is_handed_over_by_the_shop_and_is_verified(stack: Stack) -> None:
    with HttpSession(stack.shop_url) as browser:
        login = browser.get("/login")
        account = browser.submit(login, customer="ada")
        home = browser.submit(account, account.form("/account/verify"))
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
        assert verified.link("Back to Example Shop").href == f"{stack.shop_url}/account"
        assert [each["state"] for each in sent_notices(stack, walk.id)] == ["delivered"]


def test_ada_logs_in_at_her_company_and_is_verified(stack: Stack, ada: Person) -> None:
    browser, home = stack.login_oidc(ada.sub)
    assert home.url == f"{stack.public_url}/"
    assert "Ada Lovelace" in home.text
    walk = submit_consent(stack, browser, home)
    walk.finish("passes")
    walk.until("verified")
    assert "You are verified" in browser.get("/").text


def test_ada_hears_of_it_while_she_waits(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    with walk.browser.events(f"{walk.path}/stream") as events:
        assert next(events)["status"] == "started"
        walk.capture("passes")
        heard = next(events)
        assert heard["status"] == "verified"
        assert heard["next"] == "done"
    assert heard == walk.status


def test_without_any_notice_ada_is_verified_after_she_comes_back(stack: Stack, ada: Person) -> None:
    with gateway_switches(stack, notices="never"):
        walk = start_onboarding(stack, ada)
        walk.finish("passes")
    walk.until("verified")
    assert [each["state"] for each in sent_notices(stack, walk.id)] == ["dropped"]


def test_without_any_notice_a_late_decision_is_found_by_the_waiting_page(
    stack: Stack, ada: Person
) -> None:
    with gateway_switches(stack, notices="never"):
        walk = start_onboarding(stack, ada)
        walk.finish("review")
        walk.until("in_review")
        force_outcome(stack, walk.id, "passes")
        walk.heading("You are verified")


@pytest.mark.parametrize("word", ["VERIFIED", "NOT_VERIFIED"])
def test_a_forged_notice_changes_nothing(stack: Stack, ada: Person, word: str) -> None:
    walk = start_onboarding(stack, ada)
    before, reads = walk.status, gateway_call_counts(stack)["reads"]

    assert send_notice(stack, walk.id, word, Authorization="Bearer guessed") == 401
    assert send_notice(stack, walk.id, word) == 204, "as if the headers had leaked"
    # The server has asked the gateway, which knows nothing of it.
    eventually(lambda: gateway_call_counts(stack)["reads"] > reads)
    assert walk.status == before
    assert walk.look().frames, "the hosted page is still offered"

    walk.finish("passes")
    walk.until("verified")


def test_a_notice_without_the_headers_does_not_even_ask_the_gateway(
    stack: Stack, ada: Person
) -> None:
    walk = start_onboarding(stack, ada)
    assert send_notice(stack, walk.id, "VERIFIED", Authorization="Bearer guessed") == 401
    assert send_notice(stack, walk.id, "VERIFIED", Accept="*/*") == 401
    known = stack.rows("SELECT status FROM inbox WHERE verification_id = ?", walk.id)
    assert known == []


def test_a_notice_that_comes_before_the_create_calls_answer_counts(
    stack: Stack, ada: Person
) -> None:
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


def test_a_notice_twice_counts_once(stack: Stack, ada: Person) -> None:
    with gateway_switches(stack, notices="twice", video_available="never"):
        walk = start_onboarding(stack, ada)
        walk.finish("passes")
        walk.until("verified")
        eventually(lambda: len(sent_notices(stack, walk.id)[0]["attempts"]) == 2)
    kept = stack.rows("SELECT status, times FROM inbox WHERE verification_id = ?", walk.id)
    assert kept == [{"status": "VERIFIED", "times": 2}]
    assert _moves(stack, walk.id).count("verified") == 1


def test_notices_in_the_wrong_order_do_not_take_ada_back(stack: Stack, ada: Person) -> None:
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


def test_a_notice_nobody_knows_anything_about_is_kept(stack: Stack) -> None:
    stranger = "0f5a1c1e-1111-4222-8333-444455556666"
    assert send_notice(stack, stranger, "VERIFIED") == 204
    assert stack.rows("SELECT times FROM inbox WHERE verification_id = ?", stranger)


def test_a_failed_check_says_why_and_offers_another(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    walk.finish("fails")
    status = walk.until("rejected")
    assert status["next"] == "retry"
    # The site's `reason_map` gives the gateway's own words a meaning.
    assert status["reasons"] == [{"code": "document_expired", "retry_allowed": True}]
    page = walk.heading("We could not confirm your identity")
    assert "Your document has expired" in page.text
    # What somebody at the gateway wrote is for operators.
    assert "Document expired" not in page.text

    home = walk.browser.get("/")
    second = submit_consent(stack, walk.browser, home)
    assert second.id != walk.id
    second.finish("passes")
    second.until("verified")
    assert walk.status["status"] == "rejected", "the first one stays what it was"


def test_the_page_of_a_failed_check_leads_to_the_next_one(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    walk.finish("fails")
    walk.until("rejected")
    page = walk.look()
    again = walk.browser.submit(page, page.form("/onboardings"))
    assert again.status == 200
    assert again.path != walk.path
    # This check has its own consent: the page asks for it before any picture is taken.
    frame = walk.browser.submit(again, again.form("/onboardings"))
    assert frame.path == again.path
    assert frame.frames


def test_after_three_failures_nobody_promises_another_attempt(stack: Stack, ada: Person) -> None:
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


def test_a_person_at_the_gateway_decides(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    walk.finish("review")
    assert walk.until("in_review")["next"] == "wait"
    assert walk.heading("A person is taking a look")
    force_outcome(stack, walk.id, "passes")
    walk.until("verified")


def test_a_process_that_waits_for_a_decision_is_handed_to_reviewers(
    stack: Stack, ada: Person
) -> None:
    pendings = gateway_call_counts(stack)["pendings"]
    walk = start_onboarding(stack, ada)
    walk.finish("validation")
    assert walk.until("in_review")["next"] == "wait"
    assert gateway_process(stack, walk.id)["state"] == "PENDING_VERIFICATION"
    assert gateway_call_counts(stack)["pendings"] == pendings + 1
    force_outcome(stack, walk.id, "passes")
    walk.until("verified")


def _moves(stack: Stack, onboarding_id: str) -> list[str]:
    query = (
        "SELECT detail ->> 'status' AS status FROM timeline"
        " WHERE onboarding_id = ? AND event = 'moved'"
    )
    return [row["status"] for row in stack.rows(query, onboarding_id)]
