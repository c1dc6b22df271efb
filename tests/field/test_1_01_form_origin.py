"""Forms are accepted by `Origin`, then `Sec-Fetch-Site`, then `Referer`, always with the token."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.forms import Form, read
from tests.support.https_browser import HttpsBrowser
from tests.support.stack import Stack
from tests.support.stack_fixtures import NewStack

ORIGIN = "https://id.example"
NO_PERSON_YET = "Start on the company"


@pytest.fixture(scope="module", params=["", "/verify"], ids=["root", "prefix"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A server behind TLS. Without an identity provider: users come by hand-off only."""
    with Stack(
        tmp_path_factory.mktemp("https"),
        database="sqlite",
        environment={"PUBLIC_URL": ORIGIN + request.param},
        leave_out=("provider", "shop", "gateway"),
    ) as running:
        yield running


@pytest.fixture
def ada_browser(server: Stack) -> Iterator[HttpsBrowser]:
    """A browser in which Ada is signed in."""
    one = HttpsBrowser(server.public_url, server.server_url)
    assert one.get(f"/handoff?token={server.handoff_token('ada')}").status_code == 303
    yield one
    one.close()


def form(html: str, action: str) -> Form:
    return next(each for each in read(html).forms if each.action.endswith(action))


def sign_out(browser: HttpsBrowser, **headers: str) -> int:
    """Post the form behind "Not me" with these headers; return the status."""
    token = form(browser.get("/").text, "/logout").filled()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return browser.post("/logout", dict(token), names).status_code


ACCEPTED = {
    "origin, no referer": {"Origin": ORIGIN},
    "origin in capitals with its port": {"Origin": "HTTPS://ID.example:443"},
    "origin before a strange referer": {"Origin": ORIGIN, "Referer": "https://evil.example/"},
    "no referrer policy of a proxy": {"Origin": "null", "Sec_Fetch_Site": "same-origin"},
    "fetch metadata only": {"Sec_Fetch_Site": "same-origin"},
    "form sent again after a restart": {"Sec_Fetch_Site": "none"},
    "referer only": {"Referer": f"{ORIGIN}/onboardings"},
    "referer cut to the origin": {"Origin": "null", "Referer": f"{ORIGIN}/"},
    "none of them": {},
    "opaque origin alone": {"Origin": "null"},
    "unknown word of fetch metadata": {"Sec_Fetch_Site": "unheard-of"},
}
REFUSED = {
    "origin of another site": {"Origin": "https://evil.example", "Sec_Fetch_Site": "same-origin"},
    "origin of a sibling": {"Origin": "https://shop.id.example", "Referer": f"{ORIGIN}/"},
    "origin with another scheme": {"Origin": "http://id.example"},
    "two origins": {"Origin": f"{ORIGIN}, https://evil.example"},
    "sandboxed frame": {"Origin": "null", "Sec_Fetch_Site": "cross-site"},
    "same site only": {"Sec_Fetch_Site": "same-site", "Referer": f"{ORIGIN}/"},
    "referer of another site": {"Referer": f"https://evil.example/?{ORIGIN}/"},
    "origin null, referer of another site": {"Origin": "null", "Referer": "https://evil.example/"},
}


@pytest.mark.parametrize("headers", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_form_of_our_page_is_accepted(ada_browser: HttpsBrowser, headers: dict[str, str]) -> None:
    assert sign_out(ada_browser, **headers) == 200
    assert "Ada Lovelace" not in ada_browser.get("/").text


@pytest.mark.parametrize("headers", REFUSED.values(), ids=REFUSED.keys())
def test_form_of_another_site_is_refused(
    ada_browser: HttpsBrowser, headers: dict[str, str]
) -> None:
    assert sign_out(ada_browser, **headers) == 400
    assert "Ada" in ada_browser.get("/").text


def test_start_form_with_origin_and_without_referer_is_303(ada_browser: HttpsBrowser) -> None:
    fields = dict(form(ada_browser.get("/").text, "/onboardings").filled())
    answer = ada_browser.post("/onboardings", fields, {"Origin": ORIGIN})
    # The gateway is not there: the form was accepted and the start was tried.
    assert answer.status_code in (303, 503)


def test_account_switch_form_without_referer_is_303(
    server: Stack, ada_browser: HttpsBrowser
) -> None:
    page = ada_browser.get(f"/handoff?token={server.handoff_token('ben')}")
    fields = dict(form(page.text, "/handoff").filled())
    assert ada_browser.post("/handoff", fields, {"Origin": ORIGIN}).status_code == 303
    assert "Ben" in ada_browser.get("/").text


@pytest.mark.parametrize("headers", [{"Origin": ORIGIN}, {}], ids=["origin", "none"])
def test_form_with_a_false_token_is_400(ada_browser: HttpsBrowser, headers: dict[str, str]) -> None:
    answer = ada_browser.post("/onboardings", {"csrf_token": "guessed"}, headers)
    assert answer.status_code == 400


def test_form_of_another_address_is_never_offered_again(ada_browser: HttpsBrowser) -> None:
    """The server is open under two names, and PUBLIC_URL is the other one."""
    fields = dict(form(ada_browser.get("/").text, "/onboardings").filled())
    page = ada_browser.post("/onboardings", fields, {"Origin": "https://www.id.example"})
    assert page.status_code == 400
    assert not [each for each in read(page.text).forms if each.action.endswith("/onboardings")]
    assert f'href="{ada_browser.public_url}/"' in page.text, "no way to the right address"


def test_stale_form_is_offered_once_and_not_for_ever(server: Stack) -> None:
    """A browser that keeps no cookie would be offered the same form for ever."""
    browser = HttpsBrowser(server.public_url, server.server_url)
    fields = {"csrf_token": "of an ended session"}
    headers = {"Origin": ORIGIN}
    page = browser.post("/onboardings", fields, headers)
    again = form(page.text, "/onboardings")
    browser.cookies.clear()
    page = browser.post("/onboardings", dict(again.filled()), headers)
    assert page.status_code == 400
    assert not [each for each in read(page.text).forms if each.action.endswith("/onboardings")]
    assert "cookie" in page.text
    browser.close()


def test_stale_form_offered_again_is_accepted(ada_browser: HttpsBrowser) -> None:
    headers = {"Sec-Fetch-Site": "same-origin"}
    page = ada_browser.post("/onboardings", {"csrf_token": "of an ended session"}, headers)
    again = dict(form(page.text, "/onboardings").filled())
    assert ada_browser.post("/onboardings", again, headers).status_code in (303, 503)


def test_form_on_plain_loopback_from_another_site_is_refused(new_stack: NewStack) -> None:
    server = new_stack(leave_out=("provider", "shop", "gateway"))
    browser, home = server.login_handoff("ada")
    fields = dict(home.form("/logout").filled())
    foreign = {"Origin": "http://evil.example", "Referer": "", "Sec-Fetch-Site": "cross-site"}
    assert browser.post("/logout", fields, headers=foreign).status == 400
    assert "Ada" in browser.get("/").text
