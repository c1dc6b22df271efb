"""In which language a page speaks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.unit.web.fakes import SHOP, steps_of
from webapp.web.language import first_match


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
def test_the_first_wanted_language_that_is_offered(wanted: list[str], found: str) -> None:
    assert first_match(wanted, ["en", "es"]) == found


def test_the_browser_is_asked_when_the_person_is_unknown(stranger: FlaskClient) -> None:
    page = stranger.get("/", headers={"Accept-Language": "es-AR, en;q=0.5"}).text
    assert '<html lang="es">' in page


def test_the_persons_own_language_comes_first(app: Flask, ada: FlaskClient) -> None:
    steps = steps_of(app)
    for key, visitor in steps.sessions.items():
        steps.sessions[key] = replace(visitor, person=replace(visitor.person, locale="es-ES"))
    assert '<html lang="es">' in ada.get("/", headers={"Accept-Language": "en"}).text


def test_a_site_speaks_only_its_own_languages(app: Flask, ada: FlaskClient) -> None:
    steps = steps_of(app)
    english = SHOP.model_copy(update={"locales": ("en", "fr")})
    for key, visitor in steps.sessions.items():
        steps.sessions[key] = replace(visitor, site=english)
    assert '<html lang="en">' in ada.get("/", headers={"Accept-Language": "es, fr"}).text
