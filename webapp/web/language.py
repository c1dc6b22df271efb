"""In which language a page speaks: the person's, else the browser's, among those of the site."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from flask import Flask, g, request
from flask_babel import Babel

from webapp.web import context, words

SPOKEN = ("en", "es")
_TRANSLATIONS = Path(__file__).parents[1] / "translations"


def speak(app: Flask) -> None:
    Babel(
        app,
        default_locale=SPOKEN[0],
        default_translation_directories=str(_TRANSLATIONS),
        locale_selector=choose,
    )
    words.install(app)
    app.context_processor(lambda: {"locale": words.language()})


def choose() -> str:
    site = context.shown_site()
    visitor = g.get("visitor")
    offered = [tag for tag in (site.locales if site else SPOKEN) if tag in SPOKEN] or SPOKEN[:1]
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
