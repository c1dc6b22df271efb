"""Ben, logged in too, uses addresses of Ada's onboarding: the server answers as for unknown ids."""

import re
import uuid

import httpx
import pytest

from tests.support.http_session import HttpSession
from tests.support.stack import Person, Stack
from tests.support.user_journey import UserJourney, log_in_by_handoff, start_onboarding

UNKNOWN = str(uuid.UUID(int=uuid.uuid4().int))
ADDRESSES = [
    ("GET", "/onboardings/{id}"),
    ("HEAD", "/onboardings/{id}"),
    ("POST", "/onboardings/{id}"),
    ("GET", "/onboardings/{id}/status"),
    ("HEAD", "/onboardings/{id}/status"),
    ("POST", "/onboardings/{id}/status"),
    ("GET", "/onboardings/{id}/stream"),
    ("HEAD", "/onboardings/{id}/stream"),
    ("POST", "/onboardings/{id}/stream"),
    ("POST", "/return/{id}"),
    ("GET", "/return/{id}"),
]


@pytest.fixture
def walk(stack: Stack, ada: Person) -> UserJourney:
    return start_onboarding(stack, ada)


@pytest.fixture
def bens(stack: Stack, ben: Person) -> HttpSession:
    return log_in_by_handoff(stack, ben)[0]


def response_of(
    browser: HttpSession, method: str, path: str
) -> tuple[int, list[tuple[str, str]], str]:
    """Return status, headers and body without dates, ids, tokens and cookies."""
    address = f"{browser.home}{path}"
    headers = {"Origin": browser.home, "Sec-Fetch-Site": "same-origin"}
    answer = browser.client.request(method, address, headers=headers)
    kept = [
        (name, _plain(value))
        for name, value in answer.headers.multi_items()
        if name not in ("date", "request-id")
    ]
    return answer.status_code, sorted(kept), _plain(answer.text)


def _plain(text: str) -> str:
    text = re.sub(r'(name="csrf_token" value=")[^"]*', r"\1…", text)
    text = re.sub(r"(mobbscan=)[^;]*", r"\1…", text)
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}", "…", text)


def test_onboarding_of_another_user_answers_like_an_unknown_id(
    bens: HttpSession, walk: UserJourney
) -> None:
    for method, address in ADDRESSES:
        unknown, adas = _responses_for_both(bens, walk, method, address)
        assert adas == unknown, (method, address)
        assert adas[0] in (404, 405, 400)


def test_onboarding_without_session_answers_like_an_unknown_id(
    stack: Stack, walk: UserJourney
) -> None:
    for method, address in ADDRESSES:
        unknown, adas = _responses_for_both(stack.http_session(), walk, method, address)
        assert adas == unknown, (method, address)
        assert adas[0] >= 300


def _responses_for_both(
    browser: HttpSession, walk: UserJourney, method: str, address: str
) -> tuple[object, tuple[int, list[tuple[str, str]], str]]:
    """Return the responses for an unknown id and for Ada's."""
    response_of(browser, method, address.format(id=UNKNOWN))  # a first response sets cookies
    unknown = response_of(browser, method, address.format(id=UNKNOWN))
    return unknown, response_of(browser, method, address.format(id=walk.id))


def test_onboarding_of_own_user_is_200(walk: UserJourney) -> None:
    for method, address in ADDRESSES[:2] + ADDRESSES[3:5]:
        assert response_of(walk.browser, method, address.format(id=walk.id))[0] == 200


def test_start_by_another_user_creates_a_separate_onboarding(
    bens: HttpSession, walk: UserJourney, stack: Stack
) -> None:
    home = bens.get("/")
    page = bens.submit(home, home.form("/onboardings"))
    assert page.path != walk.path
    assert walk.id not in page.text


def test_return_url_opened_by_another_user_shows_no_data(
    bens: HttpSession, walk: UserJourney, stack: Stack
) -> None:
    page = bens.get(walk.return_url)
    assert page.status == 200
    for secret in ("Ada", walk.hosted_url, walk.process["onboarding_token"]):
        assert secret not in page.text
    assert "set-cookie" not in page.headers
    next_page = bens.click(page, "Continue")
    assert next_page.status == 404


def test_return_url_with_error_by_another_user_decides_nothing(
    bens: HttpSession, walk: UserJourney
) -> None:
    bens.get(walk.return_url)
    bens.get(walk.return_url, params={"error": "PermissionError"})
    assert walk.status["status"] not in ("verified", "rejected", "canceled", "expired")
    walk.finish("passes")
    walk.until("verified")


def test_stream_of_another_user_is_404(bens: HttpSession, walk: UserJourney) -> None:
    with bens.client.stream(
        "GET",
        f"{bens.home}{walk.path}/stream",
        headers={"Accept": "text/event-stream", "Last-Event-ID": "1"},
    ) as answer:
        assert answer.status_code == 404
        assert walk.id not in b"".join(answer.iter_bytes()).decode()


def test_logout_with_form_token_of_another_session_is_400(
    bens: HttpSession, walk: UserJourney, stack: Stack
) -> None:
    """A CSRF token is bound to its session."""
    form = bens.get("/").form("/logout")
    answer = walk.browser.post("/logout", form.filled())
    assert answer.status == 400
    assert walk.look().status == 200


def test_response_to_another_origin_is_not_readable(walk: UserJourney) -> None:
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    answer = httpx.get(
        walk.url,
        headers=foreign,
        cookies=dict(walk.browser.cookies),
        verify=False,
        trust_env=False,
    )
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
