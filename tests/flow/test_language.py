"""The pages speak the person's language."""

import pytest

from tests.support.http_session import Page
from tests.support.stack import Person, Stack
from tests.support.user_journey import start_onboarding, submit_consent


def language(page: Page) -> str:
    _, _, after = page.text.partition('<html lang="')
    return after.partition('"')[0]


@pytest.mark.parametrize(
    ("wanted", "spoken", "heading"),
    [
        ("es", "es", "Demuestra quién eres"),
        ("es-MX,es;q=0.9,en;q=0.5", "es", None),
        ("fr,es;q=0.4", "es", None),
        ("en,es;q=0.9", "en", "Prove who you are"),
        ("fr", "en", "Prove who you are"),
        ("", "en", "Prove who you are"),
    ],
)
def test_a_stranger_is_greeted_in_the_browsers_language(
    stack: Stack, wanted: str, spoken: str, heading: str | None
) -> None:
    page = stack.http_session(languages=wanted).get("/")
    assert language(page) == spoken
    if heading:
        assert page.heading == heading


def test_the_language_of_the_hand_off_counts_more_than_the_browsers(stack: Stack) -> None:
    eva = stack.person("Eva Ruiz", "es")
    walk = start_onboarding(stack, eva)
    assert language(walk.page) == "es"
    walk.finish("passes")
    walk.until("verified")
    page = walk.look()
    assert language(page) == "es"
    assert page.heading == "Tu identidad está verificada"
    assert language(walk.browser.get("/onboardings/unknown")) == "es"


def test_the_language_of_the_login_counts_too(stack: Stack) -> None:
    eva = stack.person("Eva Ruiz", "es-ES")
    browser, home = stack.login_oidc(eva.sub)
    assert language(home) == "es"
    assert language(submit_consent(stack, browser, home).page) == "es"


def test_the_consent_remembers_in_which_language_it_was_read(stack: Stack, ada: Person) -> None:
    eva = stack.person("Eva Ruiz", "es")
    for person, locale in ((eva, "es"), (ada, "en")):
        walk = start_onboarding(stack, person)
        found = stack.rows("SELECT version, locale FROM consents WHERE onboarding_id = ?", walk.id)
        assert found == [{"version": "2026-01", "locale": locale}]


def test_the_return_page_speaks_the_browsers_language(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    page = stack.http_session(languages="es").get(walk.return_url)
    assert language(page) == "es"
    assert "Ada" not in page.text
