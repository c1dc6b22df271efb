"""Coming back from the gateway: with a signed address, and nothing else."""

import pytest

from tests.support.http_session import HttpSession, Page
from tests.support.stack import Person, Stack
from tests.support.user_journey import UserJourney, start_onboarding


@pytest.fixture
def walk(stack: Stack, ada: Person) -> UserJourney:
    return start_onboarding(stack, ada)


def in_the_frame(walk: UserJourney) -> tuple[HttpSession, Page]:
    """The return as our frame sees it: a nested document of another site's, without cookies."""
    frame = walk.stack.http_session()
    headers = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "cross-site"}
    return frame, frame.get(walk.return_url, headers=headers)


def test_inside_the_frame_the_address_alone_is_enough(walk: UserJourney) -> None:
    walk.capture("passes")
    frame, page = in_the_frame(walk)
    assert page.status == 200
    assert len(frame.cookies) == 0
    assert page.link("Continue").target == "_top"
    for secret in ("Ada", walk.hosted_url, "Signed in"):
        assert secret not in page.text
    assert page.forms == []
    walk.until("verified")


def test_the_return_page_may_be_framed_by_us_and_by_the_site(
    walk: UserJourney, stack: Stack
) -> None:
    _, page = in_the_frame(walk)
    policy = page.headers["content-security-policy"]
    assert f"frame-ancestors 'self' {stack.shop_url}" in policy
    assert "x-frame-options" not in page.headers
    assert "cross-origin-opener-policy" not in page.headers


def test_in_the_frame_ada_is_seen_to_be_done_without_any_notice(walk: UserJourney) -> None:
    in_the_frame(walk)
    assert walk.status["status"] == "submitted"
    assert walk.look().heading == "Thank you, we have everything"


def test_coming_back_again_and_again_is_harmless(walk: UserJourney) -> None:
    walk.capture("passes")
    for _ in range(3):
        assert walk.come_back().status == 200
    walk.until("verified")
    assert walk.come_back().status == 200
    assert walk.status["status"] == "verified"


def test_looking_ahead_is_no_sign_that_she_is_done(walk: UserJourney) -> None:
    ahead = walk.browser.get(walk.return_url, headers={"Sec-Purpose": "prefetch"})
    assert ahead.status == 200
    assert walk.browser.client.head(walk.return_url).status_code == 200
    assert walk.status["status"] == "started"


@pytest.mark.parametrize("where", [0, 10, -2])
def test_a_changed_reference_is_unknown(walk: UserJourney, where: int) -> None:
    start, _, reference = walk.return_url.rpartition("/")
    at = where % len(reference)
    other = "A" if reference[at] != "A" else "B"
    changed = f"{start}/{reference[:at]}{other}{reference[at + 1 :]}"
    assert walk.browser.get(changed).status == 404
    assert walk.status["status"] == "started"


def test_a_reference_long_after_its_onboarding_is_gone(walk: UserJourney, stack: Stack) -> None:
    past = "UPDATE onboardings SET expires_at = '2020-01-01 00:00:00.000000' WHERE id = ?"
    assert stack.change(past, walk.id) == 1
    page = walk.come_back()
    assert page.status == 410
    assert page.heading == "This link is no longer valid"
    assert "Ada" not in page.text
