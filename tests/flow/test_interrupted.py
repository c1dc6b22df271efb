"""The hosted page gave up. That is nobody's failure, and there is always a way on."""

import pytest

from tests.support.stack import Person, Stack
from tests.support.user_journey import count_processes, gateway_process, start_onboarding


def test_a_denied_camera_is_explained_and_the_same_page_is_offered_once_more(
    stack: Stack, ada: Person
) -> None:
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
    assert "No further attempt" not in page.text
    again = walk.browser.submit(page, page.form("/onboardings"))
    assert again.path == walk.path
    assert again.frames[0]["src"] == address
    assert count_processes(stack, walk.id) == 1

    walk.finish("passes")
    walk.until("verified")


def test_home_leads_on_after_an_interruption(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    walk.come_back(walk.capture("camera-denied"))
    home = walk.browser.get("/")
    assert "The camera was not allowed" in home.text
    again = walk.browser.submit(home, home.form("/onboardings"))
    assert again.path == walk.path
    assert again.frames


def test_after_a_second_interruption_a_new_process_is_made(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    browser = walk.browser
    for _ in range(2):
        walk.come_back(walk.capture("camera-denied"))
        home = browser.get("/")
        page = browser.submit(home, home.form("/onboardings"))
    assert page.path != walk.path
    assert page.frames, "her consent still counts"
    assert browser.get(f"{walk.path}/status").response.json()["status"] == "canceled"
    new_id = page.path.rpartition("/")[2]
    assert gateway_process(stack, new_id)["state"] == "CREATED"
    assert count_processes(stack, new_id) == 1, "the old one is deleted there"


def test_an_interruption_costs_no_attempt(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    browser = walk.browser
    for _ in range(6):
        walk.come_back(walk.capture("camera-denied"))
        home = browser.get("/")
        page = browser.submit(home, home.form("/onboardings"))
        assert page.frames, page
        walk.page, walk.id = page, page.path.rpartition("/")[2]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("PermissionError", "permission_denied"),
        ("HardwareError", "camera_unavailable"),
        ("ConnectionError", "connection_lost"),
        ("TimeoutError", "timed_out"),
        ("OnboardingError", "hosted_error"),
        ("<script>alert(1)</script>", "hosted_error"),
        ("x" * 2000, "hosted_error"),
    ],
    ids=lambda value: value[:16],
)
def test_each_error_of_the_hosted_page_has_its_explanation(
    stack: Stack, ada: Person, error: str, reason: str
) -> None:
    walk = start_onboarding(stack, ada)
    returned = walk.come_back(error)
    assert returned.status == 200
    assert error not in returned.text
    assert [each["code"] for each in walk.status["reasons"]] == [reason]


def test_an_error_in_the_address_does_not_touch_a_decision(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    walk.finish("passes")
    walk.until("verified")
    walk.come_back("PermissionError")
    assert walk.status["status"] == "verified"


def test_who_came_back_too_early_opens_the_same_check_again(stack: Stack, ada: Person) -> None:
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


def test_what_is_in_review_cannot_be_called_unfinished(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    walk.finish("review")
    walk.until("in_review")
    assert "I did not finish" not in walk.look().text
