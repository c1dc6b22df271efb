"""Interrupted captures: the reason is shown, the process is offered again, no attempt is used."""

import pytest

from tests.support.stack import Person, Stack
from tests.support.user_journey import count_processes, gateway_process, start_onboarding


def test_camera_denied_offers_the_same_process_again(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    address = walk.hosted_url

    returned = walk.come_back(walk.capture("camera-denied"))
    assert returned.status == 200
    assert "The camera was not allowed" in returned.text
    status = walk.status
    assert (status["status"], status["next"]) == ("interrupted", "continue")
    assert status["reasons"] == [{"code": "permission_denied", "retry_allowed": True}]

    page = walk.browser.click(returned, "Try again")
    assert page.status == 200
    assert "The camera was not allowed" in page.text
    assert "No more attempts" not in page.text
    again = walk.browser.submit(page, page.form("/onboardings"))
    assert again.path == walk.path
    assert again.frames[0]["src"] == address
    assert count_processes(stack, walk.id) == 1

    walk.finish("passes")
    walk.until("verified")


def test_home_after_interruption_offers_the_same_process(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    walk.come_back(walk.capture("camera-denied"))
    home = walk.browser.get("/")
    assert "The camera was not allowed" in home.text
    again = walk.browser.submit(home, home.form("/onboardings"))
    assert again.path == walk.path
    assert again.frames


def test_second_interruption_creates_a_new_process(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    browser = walk.browser
    for _ in range(2):
        walk.come_back(walk.capture("camera-denied"))
        home = browser.get("/")
        page = browser.submit(home, home.form("/onboardings"))
    assert page.path != walk.path
    assert page.frames, "the consent is still valid"
    assert browser.get(f"{walk.path}/status").response.json()["status"] == "canceled"
    new_id = page.path.rpartition("/")[2]
    assert gateway_process(stack, new_id)["state"] == "CREATED"
    assert count_processes(stack, new_id) == 1, "the old process is deleted"


def test_interruptions_do_not_count_as_attempts(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    browser = walk.browser
    for _ in range(4):
        walk.come_back(walk.capture("camera-denied"))
        home = browser.get("/")
        page = browser.submit(home, home.form("/onboardings"))
        assert page.frames, page
        walk.page, walk.id = page, page.path.rpartition("/")[2]


@pytest.mark.parametrize(
    ("error", "reason"),
    [("HardwareError", "camera_unavailable"), ("<script>alert(1)</script>", "hosted_error")],
)
def test_return_with_hosted_page_error_sets_the_reason(
    stack: Stack, ada: Person, error: str, reason: str
) -> None:
    walk = start_onboarding(stack, ada)
    returned = walk.come_back(error)
    assert returned.status == 200
    assert error not in returned.text
    assert [each["code"] for each in walk.status["reasons"]] == [reason]


def test_return_with_error_after_a_decision_changes_nothing(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    walk.finish("passes")
    walk.until("verified")
    walk.come_back("PermissionError")
    assert walk.status["status"] == "verified"


def test_unfinished_capture_reopens_the_same_process(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    address = walk.hosted_url
    walk.come_back()
    page = walk.look()
    assert walk.status["status"] == "submitted"
    assert "I did not finish" in page.text

    again = walk.browser.submit(page, page.form("/onboardings", with_field="unfinished"))
    assert again.path == walk.path
    assert again.frames[0]["src"] == address
    assert walk.status["status"] == "started"
    assert count_processes(stack, walk.id) == 1

    walk.finish("passes")
    walk.until("verified")


def test_in_review_page_offers_no_restart(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    walk.finish("review")
    walk.until("in_review")
    assert "I did not finish" not in walk.look().text
