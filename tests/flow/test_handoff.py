"""Hand-off tokens: single use, bound to one user and one browser; account switch and logout."""

import pytest

from tests.support.stack import Person, Stack
from tests.support.user_journey import log_in_by_handoff

PREFETCH_REQUESTS = [
    ("HEAD", {}),
    ("GET", {"Sec-Purpose": "prefetch;prerender"}),
]


@pytest.mark.both_databases
def test_handoff_in_a_second_browser_is_401(stack: Stack, ada: Person) -> None:
    token = stack.handoff_token(ada)
    first, second = stack.http_session(), stack.http_session()
    assert "Ada Lovelace" in first.get("/handoff", params={"token": token}).text
    refused = second.get("/handoff", params={"token": token})
    assert refused.status == 401
    assert "Ada Lovelace" not in refused.text
    assert second.get("/").heading == "Verify your identity", "no session"
    assert "Ada Lovelace" in first.get("/").text, "the first session stays"


def test_handoff_repeated_in_the_same_browser_shows_home(stack: Stack, ada: Person) -> None:
    token = stack.handoff_token(ada)
    browser = stack.http_session()
    browser.get("/handoff", params={"token": token})
    again = browser.get("/handoff", params={"token": token})
    assert (again.status, again.url) == (200, f"{stack.public_url}/")
    assert "Ada Lovelace" in again.text


def test_handoff_by_form_logs_in(stack: Stack, ada: Person) -> None:
    token = stack.handoff_token(ada)
    browser = stack.http_session()
    home = browser.post("/handoff", {"token": token}, sent_from=f"{stack.shop_url}/account")
    assert (home.status, home.url) == (200, f"{stack.public_url}/")
    assert "Ada Lovelace" in home.text
    assert token not in str(home.response.history)


@pytest.mark.parametrize(("method", "headers"), PREFETCH_REQUESTS)
def test_prefetch_does_not_use_the_handoff(
    stack: Stack, ada: Person, method: str, headers: dict[str, str]
) -> None:
    browser = stack.http_session()
    address = f"{stack.public_url}/handoff"
    query = {"token": stack.handoff_token(ada)}
    prefetched = browser.client.request(method, address, params=query, headers=headers)
    assert prefetched.status_code == 503
    assert "set-cookie" not in prefetched.headers
    assert browser.get("/handoff", params=query).heading == "Verify your identity"
    assert "Ada Lovelace" in browser.get("/").text


@pytest.mark.both_databases
def test_handoff_with_session_of_another_user_asks_first(
    stack: Stack, ada: Person, ben: Person
) -> None:
    browser, _ = log_in_by_handoff(stack, ben)
    token = stack.handoff_token(ada)
    question = browser.get("/handoff", params={"token": token})
    assert question.status == 200
    assert "Ada Lovelace" in question.text
    assert "Ben Ortega" in question.text
    assert "Ada Lovelace" not in browser.get("/").text, "the question changes nothing"

    stayed = browser.click(question, "Stay with this account")
    assert "Ben Ortega" in stayed.text

    home = browser.submit(question, question.form("/handoff"))
    assert "Ada Lovelace" in home.text
    assert "Ben Ortega" not in home.text


def test_handoff_by_form_with_session_of_another_user_asks_first(
    stack: Stack, ada: Person, ben: Person
) -> None:
    browser, _ = log_in_by_handoff(stack, ben)
    sent_from = f"{stack.shop_url}/account"
    question = browser.post("/handoff", {"token": stack.handoff_token(ada)}, sent_from=sent_from)
    assert question.heading == "Which account is yours?"
    assert "Ben Ortega" in browser.get("/").text


def test_account_switch_from_another_origin_is_400(stack: Stack, ada: Person, ben: Person) -> None:
    browser, _ = log_in_by_handoff(stack, ben)
    fields = {"token": stack.handoff_token(ada), "replace": "1"}
    answer = browser.post("/handoff", fields, sent_from="https://evil.example/")
    assert answer.status == 400
    assert "Ben Ortega" in browser.get("/").text


def test_login_with_session_of_another_user_asks_first(
    stack: Stack, ada: Person, ben: Person
) -> None:
    browser, _ = log_in_by_handoff(stack, ben)
    question = browser.submit(browser.get("/login?site=shop"), sub=ada.sub)
    assert question.heading == "Which account is yours?"
    assert "Ben Ortega" in browser.get("/").text

    home = browser.submit(question, question.form("/login/replace"))
    assert "Ada Lovelace" in home.text
    assert "Ben Ortega" not in home.text
    left = browser.submit(home, home.form("/logout"))
    assert "id_token_hint=" in left.link("Log out there too").href


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "another-shop"},
        {"flow": "no-such-flow"},
        {"return_url": "https://evil.example/"},
    ],
    ids=lambda claims: "-".join(claims),
)
def test_handoff_with_invalid_claim_is_401(
    stack: Stack, ada: Person, claims: dict[str, object]
) -> None:
    browser, refused = stack.login_handoff(ada, **claims)
    assert refused.status == 401
    assert "Ada Lovelace" not in refused.text
    assert (
        browser.get("/onboardings/5f0c2a9e-7b1d-4c36-9a52-0d8e6f3b1c77", follow=False).status == 303
    )


def test_logout_invalidates_the_session_cookie(stack: Stack, ada: Person) -> None:
    browser, home = log_in_by_handoff(stack, ada)
    stolen = dict(browser.cookies)
    left = browser.submit(home, home.form("/logout"))
    assert left.status == 200
    assert left.heading == "You are logged out here"
    assert "Ada Lovelace" not in browser.get("/").text

    attacker = stack.http_session()
    attacker.cookies.update(stolen)
    assert "Ada Lovelace" not in attacker.get("/").text, "the old cookie is invalid"


def test_logout_repeated_shows_the_same_page(stack: Stack, ada: Person) -> None:
    browser, home = log_in_by_handoff(stack, ada)
    browser.submit(home, home.form("/logout"))
    again = browser.submit(home, home.form("/logout"))
    assert (again.status, again.heading) == (200, "You are logged out here")


def test_logout_without_session_sets_no_cookie(stack: Stack, ada: Person) -> None:
    """A form of another site comes without the cookie, so the response must not set one."""
    answer = stack.http_session().post("/logout", sent_from="https://evil.example/")
    assert answer.status == 200
    assert "Set-Cookie" not in answer.response.headers


def test_logout_after_oidc_login_links_to_the_provider(stack: Stack, ada: Person) -> None:
    browser, home = stack.login_oidc(ada.sub)
    left = browser.submit(home, home.form("/logout"))
    link = left.link("Log out there too").href
    assert link.startswith(stack.identity_provider_url)
    assert "Ada Lovelace" not in browser.get("/").text


def test_logout_from_another_origin_is_refused(stack: Stack, ada: Person) -> None:
    browser, home = log_in_by_handoff(stack, ada)
    assert browser.get("/logout").status == 405
    fields = dict(home.form("/logout").filled(csrf_token="guessed"))
    assert browser.post("/logout", fields, sent_from="https://evil.example/").status == 400
    assert "Ada Lovelace" in browser.get("/").text


def test_start_without_csrf_token_is_400(stack: Stack, ada: Person) -> None:
    browser, home = log_in_by_handoff(stack, ada)
    form = home.form("/onboardings")
    without = [pair for pair in form.filled() if pair[0] != "csrf_token"]
    refused = browser.post(form.action, without, sent_from="https://evil.example/")
    assert refused.status == 400
    assert browser.get("/").heading == "Verify your identity"
