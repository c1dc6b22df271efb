"""One-time links: single use, bound to one user, not used by prefetch."""

import pytest

from tests.support.http_session import HttpSession, Page
from tests.support.stack import Person, Stack
from tests.support.user_journey import log_in_by_handoff, start_onboarding, submit_consent

PREFETCH_REQUESTS = [
    ("HEAD", {}),
    ("GET", {"Sec-Purpose": "prefetch"}),
]


def own_link(browser: HttpSession, home: Page) -> str:
    """Choose another device; return the link on the page."""
    made = browser.submit(home, home.form("/links"))
    assert made.status == 200, made
    (link,) = (word for word in made.text.split('"') if "/l/" in word and word.startswith("http"))
    return link


def test_link_on_another_device_is_verified(stack: Stack, ada: Person) -> None:
    desktop, home = log_in_by_handoff(stack, ada)
    link = own_link(desktop, home)
    phone = stack.http_session()
    question = phone.get(link)
    assert "Ada Lovelace" in question.text
    assert "Example Shop" in question.text
    consent = phone.submit(question, question.form(link.removeprefix(stack.public_url)))
    assert consent.heading == "One question before we start"
    walk = submit_consent(stack, phone, consent)
    walk.finish("passes")
    walk.until("verified")
    assert desktop.get(f"/onboardings/{walk.id}").heading == "You are verified"


@pytest.mark.parametrize(("method", "headers"), PREFETCH_REQUESTS)
def test_prefetch_does_not_use_the_link(
    stack: Stack, ada: Person, method: str, headers: dict[str, str]
) -> None:
    browser, home = log_in_by_handoff(stack, ada)
    link = own_link(browser, home)
    for _ in range(3):
        prefetched = stack.http_session().client.request(method, link, headers=headers)
        assert prefetched.status_code == 200
    phone = stack.http_session()
    question = phone.get(link)
    assert phone.submit(question, question.form()).path.startswith("/onboardings/")


def test_used_link_is_410_in_another_browser(stack: Stack, ada: Person) -> None:
    browser, home = log_in_by_handoff(stack, ada)
    link = own_link(browser, home)
    phone, attacker = stack.http_session(), stack.http_session()
    question, second_question = phone.get(link), attacker.get(link)
    there = phone.submit(question, question.form())
    again = phone.get(link)
    assert (again.status, again.path) == (200, there.path)
    renewed = phone.submit(question, question.form())
    once_more = phone.submit(renewed, renewed.form(with_field="csrf_token"))
    assert (renewed.status, once_more.path) == (400, there.path), "the session was renewed"
    refused = attacker.submit(second_question, second_question.form())
    assert refused.status == 410
    assert "Ada Lovelace" not in refused.text
    assert attacker.get(link).status == 410
    assert attacker.get("/").heading == "Verify your identity", "no session"


def test_link_with_session_of_another_user_asks_first(
    stack: Stack, ada: Person, ben: Person
) -> None:
    adas, home = log_in_by_handoff(stack, ada)
    link = own_link(adas, home)
    bens, _ = log_in_by_handoff(stack, ben)
    question = bens.get(link)
    asked = bens.submit(question, question.form(link.removeprefix(stack.public_url)))
    assert asked.heading == "Which account is yours?"
    assert "Ben Ortega" in bens.get("/").text
    there = bens.submit(asked, asked.form(link.removeprefix(stack.public_url)))
    assert there.path.startswith("/onboardings/")
    assert "Ada Lovelace" in bens.get("/").text


def test_link_unknown_is_404_and_from_another_origin_is_400(stack: Stack, ada: Person) -> None:
    browser, home = log_in_by_handoff(stack, ada)
    link = own_link(browser, home)
    phone = stack.http_session()
    fields = dict(phone.get(link).form().filled(csrf_token="guessed"))
    assert phone.post(link, fields, sent_from="https://evil.example/").status == 400
    assert phone.get(link).status == 200, "still unused"
    assert phone.get(f"{link[:-1]}").status == 404
    assert phone.get(f"{stack.public_url}/l/").status == 404


def test_link_code_is_in_no_log_and_no_table(stack: Stack, ada: Person) -> None:
    browser, home = log_in_by_handoff(stack, ada)
    link = own_link(browser, home)
    code = link.rpartition("/")[2]
    phone = stack.http_session()
    question = phone.get(link)
    phone.submit(question, question.form())
    phone.get(link)
    assert "/l/<code>" in stack.logs("server")
    assert code not in stack.logs("server")
    assert [name for name, kept in stack.stored() if code.encode() in kept] == []


def test_link_during_onboarding_leads_to_the_same_process(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    home = walk.browser.get("/")
    phone = stack.http_session()
    question = phone.get(own_link(walk.browser, home))
    there = phone.submit(question, question.form())
    assert there.path == f"/onboardings/{walk.id}"
    assert there.frames[0]["src"] == walk.page.frames[0]["src"]


def test_link_command_prints_a_working_link(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    done = stack.command("onboardings", "link", walk.id)
    assert done.returncode == 0, done.stderr
    link, end = done.stdout.split()[0], done.stdout.split()[-1]
    assert link.startswith(f"{stack.public_url}/l/")
    assert end.endswith("Z")
    phone = stack.http_session()
    question = phone.get(link)
    assert phone.submit(question, question.form()).path == f"/onboardings/{walk.id}"
