"""Choice of the language of a page."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.unit.web.fakes import SHOP, steps_of
from webapp.web.language import match_locale


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ([], "en"),
        (["es"], "es"),
        (["es-MX"], "es"),
        (["pt_BR", "es_ES"], "es"),
        (["fr", "de"], "en"),
        (["EN-gb", "es"], "en"),
    ],
)
def test_match_locale_returns_the_first_wanted_that_is_offered(
    wanted: list[str], found: str
) -> None:
    assert match_locale(wanted, ["en", "es"]) == found


def test_language_without_a_session_comes_from_the_browser(anonymous: FlaskClient) -> None:
    page = anonymous.get("/", headers={"Accept-Language": "es-AR, en;q=0.5"}).text
    assert '<html lang="es">' in page


def test_language_of_the_user_precedes_the_browser(app: Flask, ada: FlaskClient) -> None:
    steps = steps_of(app)
    for key, visitor in steps.sessions.items():
        steps.sessions[key] = replace(visitor, person=replace(visitor.person, locale="es-ES"))
    assert '<html lang="es">' in ada.get("/", headers={"Accept-Language": "en"}).text


def test_language_outside_the_site_falls_back_to_its_first(app: Flask, ada: FlaskClient) -> None:
    steps = steps_of(app)
    english = SHOP.model_copy(update={"locales": ("en", "fr")})
    for key, visitor in steps.sessions.items():
        steps.sessions[key] = replace(visitor, site=english)
    assert '<html lang="en">' in ada.get("/", headers={"Accept-Language": "es, fr"}).text
