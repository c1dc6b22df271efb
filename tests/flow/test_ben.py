"""Ben is signed in too, and has got hold of addresses of Ada. To him they do not exist."""

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


def seen(browser: HttpSession, method: str, path: str) -> tuple[int, list[tuple[str, str]], str]:
    """Status, headers and body, without what differs from one answer to the next anyway."""
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


@pytest.mark.parametrize(("method", "address"), ADDRESSES)
def test_adas_id_and_no_id_at_all_are_the_same_to_ben(
    bens: HttpSession, walk: UserJourney, method: str, address: str
) -> None:
    seen(bens, method, address.format(id=UNKNOWN))  # whatever only a first answer has
    adas = seen(bens, method, address.format(id=walk.id))
    nobodys = seen(bens, method, address.format(id=UNKNOWN))
    assert adas == nobodys
    assert adas[0] in (404, 405, 400)


@pytest.mark.parametrize(("method", "address"), ADDRESSES)
def test_adas_id_and_no_id_at_all_are_the_same_to_a_stranger(
    stack: Stack, walk: UserJourney, method: str, address: str
) -> None:
    nobody = stack.http_session()
    seen(nobody, method, address.format(id=UNKNOWN))
    adas = seen(nobody, method, address.format(id=walk.id))
    assert adas == seen(nobody, method, address.format(id=UNKNOWN))
    assert adas[0] >= 300


def test_ada_herself_does_see_these_addresses(walk: UserJourney) -> None:
    for method, address in ADDRESSES[:2] + ADDRESSES[3:5]:
        assert seen(walk.browser, method, address.format(id=walk.id))[0] == 200


def test_ben_cannot_start_where_ada_has_started(
    bens: HttpSession, walk: UserJourney, stack: Stack
) -> None:
    home = bens.get("/")
    page = bens.submit(home, home.form("/onboardings"))
    assert page.path != walk.path
    assert walk.id not in page.text


def test_adas_return_address_shows_ben_nothing_of_ada(
    bens: HttpSession, walk: UserJourney, stack: Stack
) -> None:
    page = bens.get(walk.return_url)
    assert page.status == 200
    for secret in ("Ada", walk.hosted_url, walk.process["onboarding_token"]):
        assert secret not in page.text
    assert "set-cookie" not in page.headers
    onwards = bens.click(page, "Continue")
    assert onwards.status == 404


def test_what_ben_does_with_adas_return_address_decides_nothing(
    bens: HttpSession, walk: UserJourney
) -> None:
    bens.get(walk.return_url)
    bens.get(walk.return_url, params={"error": "PermissionError"})
    assert walk.status["status"] not in ("verified", "rejected", "canceled", "expired")
    walk.finish("passes")
    walk.until("verified")


def test_ben_hears_nothing_of_adas_changes(bens: HttpSession, walk: UserJourney) -> None:
    with bens.client.stream(
        "GET",
        f"{bens.home}{walk.path}/stream",
        headers={"Accept": "text/event-stream", "Last-Event-ID": "1"},
    ) as answer:
        assert answer.status_code == 404
        assert walk.id not in b"".join(answer.iter_bytes()).decode()


def test_ben_cannot_end_adas_session_with_his_own_form(
    bens: HttpSession, walk: UserJourney, stack: Stack
) -> None:
    """A form made for Ben's session is worth nothing in Ada's."""
    form = bens.get("/").form("/logout")
    answer = walk.browser.post("/logout", form.filled())
    assert answer.status == 400
    assert walk.look().status == 200


def test_no_other_site_reads_or_writes_for_ada(walk: UserJourney) -> None:
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
