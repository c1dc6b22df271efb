"""One-time links: good once, for one person, and safe to look at."""

import pytest

from tests.support.http_session import HttpSession, Page
from tests.support.stack import Person, Stack
from tests.support.user_journey import log_in_by_handoff, start_onboarding, submit_consent

AHEAD = [("HEAD", {}), ("GET", {"Sec-Purpose": "prefetch"}), ("GET", {"X-Purpose": "preview"})]


def own_link(browser: HttpSession, home: Page) -> str:
    """Choose another device; gives the link that the page shows."""
    made = browser.submit(home, home.form("/links"))
    assert made.status == 200, made
    (link,) = (word for word in made.text.split('"') if "/l/" in word and word.startswith("http"))
    return link


def test_ada_goes_on_with_her_phone_and_is_verified_there(stack: Stack, ada: Person) -> None:
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


@pytest.mark.parametrize(("method", "headers"), AHEAD)
def test_mail_scanners_may_look_as_often_as_they_like(
    stack: Stack, ada: Person, method: str, headers: dict[str, str]
) -> None:
    browser, home = log_in_by_handoff(stack, ada)
    link = own_link(browser, home)
    for _ in range(3):
        ahead = stack.http_session().client.request(method, link, headers=headers)
        assert ahead.status_code == 200
    phone = stack.http_session()
    question = phone.get(link)
    assert phone.submit(question, question.form()).path.startswith("/onboardings/")


def test_a_link_is_good_once_and_only_its_own_browser_may_repeat_it(
    stack: Stack, ada: Person
) -> None:
    browser, home = log_in_by_handoff(stack, ada)
    link = own_link(browser, home)
    phone, thief = stack.http_session(), stack.http_session()
    question, late = phone.get(link), thief.get(link)
    there = phone.submit(question, question.form())
    again = phone.get(link)
    assert (again.status, again.path) == (200, there.path)
    renewed = phone.submit(question, question.form())
    once_more = phone.submit(renewed, renewed.form(with_field="csrf_token"))
    assert (renewed.status, once_more.path) == (400, there.path), "its session was renewed"
    refused = thief.submit(late, late.form())
    assert refused.status == 410
    assert "Ada" not in refused.text
    assert thief.get(link).status == 410
    assert thief.get("/").heading == "Prove who you are", "nobody is signed in"


def test_a_link_never_silently_takes_anothers_place(stack: Stack, ada: Person, ben: Person) -> None:
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


def test_unknown_links_are_404_and_other_sites_cannot_press_the_button(
    stack: Stack, ada: Person
) -> None:
    browser, home = log_in_by_handoff(stack, ada)
    link = own_link(browser, home)
    phone = stack.http_session()
    fields = dict(phone.get(link).form().filled(csrf_token="guessed"))
    assert phone.post(link, fields, sent_from="https://evil.example/").status == 400
    assert phone.get(link).status == 200, "still unused"
    assert phone.get(f"{link[:-1]}").status == 404
    assert phone.get(f"{stack.public_url}/l/").status == 404


def test_no_log_and_no_table_holds_a_link(stack: Stack, ada: Person) -> None:
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


def test_a_link_made_in_the_middle_leads_to_the_same_process(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    home = walk.browser.get("/")
    phone = stack.http_session()
    question = phone.get(own_link(walk.browser, home))
    there = phone.submit(question, question.form())
    assert there.path == f"/onboardings/{walk.id}"
    assert there.frames[0]["src"] == walk.page.frames[0]["src"]


def test_an_operator_makes_a_link_from_the_command_line(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    done = stack.command("onboardings", "link", walk.id)
    assert done.returncode == 0, done.stderr
    link, end = done.stdout.split()[0], done.stdout.split()[-1]
    assert link.startswith(f"{stack.public_url}/l/")
    assert end.endswith("Z")
    phone = stack.http_session()
    question = phone.get(link)
    assert phone.submit(question, question.form()).path == f"/onboardings/{walk.id}"
