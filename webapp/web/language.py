"""In which language a page speaks: the person's, else the browser's, among those of the site."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from flask import Flask, g, request
from flask_babel import Babel

from webapp.web import page_texts, request_context

LOCALES = ("en", "es")
_TRANSLATIONS = Path(__file__).parents[1] / "translations"


def speak(app: Flask) -> None:
    Babel(
        app,
        default_locale=LOCALES[0],
        default_translation_directories=str(_TRANSLATIONS),
        locale_selector=choose,
    )
    page_texts.install(app)
    app.context_processor(lambda: {"locale": page_texts.language()})


def choose() -> str:
    site = request_context.shown_site()
    visitor = g.get("visitor")
    offered = [tag for tag in (site.locales if site else LOCALES) if tag in LOCALES] or LOCALES[:1]
    own = [visitor.person.locale] if visitor and visitor.person.locale else []
    return first_match([*own, *request.accept_languages.values()], offered)


def first_match(wanted: Iterable[str], offered: Iterable[str]) -> str:
    """The first wanted language that is offered, regions aside (`es-MX` is served in `es`)."""
    offers = list(offered)
    for tag in wanted:
        plain = tag.replace("_", "-").split("-")[0].lower()
        if plain in offers:
            return plain
    return offers[0]
