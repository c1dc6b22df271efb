"""The locale of pages: Accept-Language, hand-off, OIDC login, consent."""

import pytest

from tests.support.http_session import Page
from tests.support.stack import Person, Stack
from tests.support.user_journey import start_onboarding, submit_consent


def language(page: Page) -> str:
    _, _, after = page.text.partition('<html lang="')
    return after.partition('"')[0]


@pytest.mark.parametrize(
    ("accepted", "locale", "heading"),
    [
        ("es-MX,es;q=0.9,en;q=0.5", "es", "Verifica tu identidad"),
        ("fr", "en", "Verify your identity"),
    ],
)
def test_home_without_session_uses_accept_language(
    stack: Stack, accepted: str, locale: str, heading: str
) -> None:
    page = stack.http_session(languages=accepted).get("/")
    assert language(page) == locale
    assert page.heading == heading


def test_handoff_locale_overrides_accept_language(stack: Stack) -> None:
    eva = stack.person("Eva Ruiz", "es")
    walk = start_onboarding(stack, eva)
    assert language(walk.page) == "es"
    walk.finish("passes")
    walk.until("verified")
    page = walk.look()
    assert language(page) == "es"
    assert page.heading == "Tu identidad está verificada"
    assert language(walk.browser.get("/onboardings/unknown")) == "es"


def test_oidc_locale_overrides_accept_language(stack: Stack) -> None:
    eva = stack.person("Eva Ruiz", "es-ES")
    browser, home = stack.login_oidc(eva.sub)
    assert language(home) == "es"
    assert language(submit_consent(stack, browser, home).page) == "es"


def test_consent_stores_its_locale(stack: Stack, ada: Person) -> None:
    eva = stack.person("Eva Ruiz", "es")
    for person, locale in ((eva, "es"), (ada, "en")):
        walk = start_onboarding(stack, person)
        found = stack.rows("SELECT version, locale FROM consents WHERE onboarding_id = ?", walk.id)
        assert found == [{"version": "2026-01", "locale": locale}]


def test_return_page_uses_accept_language(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    page = stack.http_session(languages="es").get(walk.return_url)
    assert language(page) == "es"
    assert "Ada Lovelace" not in page.text
