"""The host site's hand-off: good once, for one person, in one browser."""

import time

import pytest

from tests.support.stack import Person, Stack
from tests.support.user_journey import log_in_by_handoff

LOOKING_AHEAD = [
    ("HEAD", {}),
    ("GET", {"Sec-Purpose": "prefetch"}),
    ("GET", {"Sec-Purpose": "prefetch;prerender"}),
    ("GET", {"Purpose": "prefetch"}),
    ("GET", {"X-Moz": "prefetch"}),
    ("GET", {"X-Purpose": "preview"}),
]


@pytest.mark.both_databases
def test_a_hand_off_is_worth_nothing_in_a_second_browser(stack: Stack, ada: Person) -> None:
    token = stack.handoff_token(ada)
    first, second = stack.http_session(), stack.http_session()
    assert "Ada Lovelace" in first.get("/handoff", params={"token": token}).text
    refused = second.get("/handoff", params={"token": token})
    assert refused.status == 401
    assert "Ada" not in refused.text
    assert second.get("/").heading == "Prove who you are", "nobody is signed in"
    assert "Ada Lovelace" in first.get("/").text, "the first one stays"


def test_the_same_browser_with_the_same_hand_off_just_goes_home(stack: Stack, ada: Person) -> None:
    token = stack.handoff_token(ada)
    browser = stack.http_session()
    browser.get("/handoff", params={"token": token})
    again = browser.get("/handoff", params={"token": token})
    assert (again.status, again.url) == (200, f"{stack.public_url}/")
    assert "Ada Lovelace" in again.text


def test_a_hand_off_by_form_does_the_same(stack: Stack, ada: Person) -> None:
    token = stack.handoff_token(ada)
    browser = stack.http_session()
    home = browser.post("/handoff", {"token": token}, sent_from=f"{stack.shop_url}/account")
    assert (home.status, home.url) == (200, f"{stack.public_url}/")
    assert "Ada Lovelace" in home.text
    assert token not in str(home.response.history)


@pytest.mark.parametrize(("method", "headers"), LOOKING_AHEAD)
def test_looking_ahead_uses_nothing_up(
    stack: Stack, ada: Person, method: str, headers: dict[str, str]
) -> None:
    browser = stack.http_session()
    address = f"{stack.public_url}/handoff"
    query = {"token": stack.handoff_token(ada)}
    ahead = browser.client.request(method, address, params=query, headers=headers)
    assert ahead.status_code == 503
    assert "set-cookie" not in ahead.headers
    assert browser.get("/handoff", params=query).heading == "Prove who you are"
    assert "Ada Lovelace" in browser.get("/").text


@pytest.mark.both_databases
def test_a_hand_off_never_silently_takes_anothers_place(
    stack: Stack, ada: Person, ben: Person
) -> None:
    browser, _ = log_in_by_handoff(stack, ben)
    token = stack.handoff_token(ada)
    question = browser.get("/handoff", params={"token": token})
    assert question.status == 200
    assert "Ada Lovelace" in question.text
    assert "Ben Ortega" in question.text
    assert "Ada" not in browser.get("/").text, "asking changes nothing"

    stayed = browser.click(question, "Stay with this account")
    assert "Ben Ortega" in stayed.text

    home = browser.submit(question, question.form("/handoff"))
    assert "Ada Lovelace" in home.text
    assert "Ben" not in home.text


def test_the_question_whom_to_go_on_as_is_asked_after_a_form_too(
    stack: Stack, ada: Person, ben: Person
) -> None:
    browser, _ = log_in_by_handoff(stack, ben)
    sent_from = f"{stack.shop_url}/account"
    question = browser.post("/handoff", {"token": stack.handoff_token(ada)}, sent_from=sent_from)
    assert question.heading == "Which account is yours?"
    assert "Ben Ortega" in browser.get("/").text


def test_no_other_site_can_answer_that_question(stack: Stack, ada: Person, ben: Person) -> None:
    browser, _ = log_in_by_handoff(stack, ben)
    fields = {"token": stack.handoff_token(ada), "replace": "1"}
    answer = browser.post("/handoff", fields, sent_from="https://evil.example/")
    assert answer.status == 400
    assert "Ben Ortega" in browser.get("/").text


def test_a_link_to_the_login_never_silently_takes_anothers_place(
    stack: Stack, ada: Person, ben: Person
) -> None:
    browser, _ = log_in_by_handoff(stack, ben)
    question = browser.submit(browser.get("/login?site=shop"), sub=ada.sub)
    assert question.heading == "Which account is yours?"
    assert "Ben Ortega" in browser.get("/").text

    home = browser.submit(question, question.form("/login/replace"))
    assert "Ada Lovelace" in home.text
    assert "Ben" not in home.text
    left = browser.submit(home, home.form("/logout"))
    assert "id_token_hint=" in left.link("Log out there too").href


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": int(time.time()) - 60, "iat": int(time.time()) - 120},
        {"exp": int(time.time()) + 3600},
        {"aud": "https://elsewhere.example"},
        {"jti": None},
        {"sub": None},
        {"iss": "another-shop"},
        {"flow": "no-such-flow"},
        {"return_url": "https://evil.example/"},
    ],
    ids=lambda claims: "-".join(claims),
)
def test_a_hand_off_that_is_not_right_lets_nobody_in(
    stack: Stack, ada: Person, claims: dict[str, object]
) -> None:
    browser, refused = stack.login_handoff(ada, **claims)
    assert refused.status == 401
    assert "Ada" not in refused.text
    assert browser.get("/onboardings/x", follow=False).status == 303


def test_a_hand_off_signed_by_somebody_else_lets_nobody_in(stack: Stack, ada: Person) -> None:
    browser = stack.http_session()
    forged = stack.handoff_token(ada, key="k" * 40)
    assert browser.get("/handoff", params={"token": forged}).status == 401


def test_not_me_logs_out_for_good(stack: Stack, ada: Person) -> None:
    browser, home = log_in_by_handoff(stack, ada)
    stolen = dict(browser.cookies)
    left = browser.submit(home, home.form("/logout"))
    assert left.status == 200
    assert left.heading == "You are logged out here"
    assert "Ada" not in browser.get("/").text

    thief = stack.http_session()
    thief.cookies.update(stolen)
    assert "Ada" not in thief.get("/").text, "the cookie of before is dead"


def test_loading_the_page_of_a_log_out_anew_shows_it_again(stack: Stack, ada: Person) -> None:
    browser, home = log_in_by_handoff(stack, ada)
    browser.submit(home, home.form("/logout"))
    again = browser.submit(home, home.form("/logout"))
    assert (again.status, again.heading) == (200, "You are logged out here")


def test_another_site_cannot_make_a_browser_forget_its_session(stack: Stack, ada: Person) -> None:
    """A form of another site comes without the cookie, so nothing may be set in answer to it."""
    answer = stack.http_session().post("/logout", sent_from="https://evil.example/")
    assert answer.status == 200
    assert "Set-Cookie" not in answer.response.headers


def test_logging_out_leads_on_to_the_providers_own_logout(stack: Stack, ada: Person) -> None:
    browser, home = stack.login_oidc(ada.sub)
    left = browser.submit(home, home.form("/logout"))
    link = left.link("Log out there too").href
    assert link.startswith(stack.identity_provider_url)
    assert "Ada" not in browser.get("/").text


def test_logging_out_by_a_link_of_another_site_is_impossible(stack: Stack, ada: Person) -> None:
    browser, home = log_in_by_handoff(stack, ada)
    assert browser.get("/logout").status == 405
    fields = dict(home.form("/logout").filled(csrf_token="guessed"))
    assert browser.post("/logout", fields, sent_from="https://evil.example/").status == 400
    assert "Ada Lovelace" in browser.get("/").text


def test_starting_needs_the_proof_that_the_form_was_ours(stack: Stack, ada: Person) -> None:
    browser, home = log_in_by_handoff(stack, ada)
    form = home.form("/onboardings")
    without = [pair for pair in form.filled() if pair[0] != "csrf_token"]
    refused = browser.post(form.action, without, sent_from="https://evil.example/")
    assert refused.status == 400
    assert browser.get("/").heading == "Prove who you are"
