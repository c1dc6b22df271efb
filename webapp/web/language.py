"""Choose the language of a page, among those of its site.

The language that the page around a frame names comes first, then the user's, then the browser's.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from flask import Flask, g, request
from flask_babel import Babel, get_locale

from webapp.web import request_context

LOCALES = ("en", "es")
_TRANSLATIONS = Path(__file__).parents[1] / "translations"


def init_babel(app: Flask) -> None:
    """Set up translations, and give templates `language()` for the `lang` attribute."""
    Babel(
        app,
        default_locale=LOCALES[0],
        default_translation_directories=str(_TRANSLATIONS),
        locale_selector=select_locale,
    )
    app.jinja_env.globals["language"] = current_language
    app.context_processor(lambda: {"locale": current_language()})


def current_language() -> str:
    """Return the language of this response as a BCP 47 tag."""
    return str(get_locale() or LOCALES[0]).replace("_", "-")


def request_locale(tag: str | None) -> None:
    """Prefer this language for the response: the one of the host page around a frame."""
    g.requested_locale = tag


def select_locale() -> str:
    """Return the best language for this request."""
    site = request_context.current_site()
    visitor = g.get("visitor")
    offered = [tag for tag in (site.locales if site else LOCALES) if tag in LOCALES] or LOCALES[:1]
    own = [visitor.person.locale] if visitor and visitor.person.locale else []
    named = [g.requested_locale] if g.get("requested_locale") else []
    return match_locale([*named, *own, *request.accept_languages.values()], offered)


def match_locale(wanted: Iterable[str], offered: Iterable[str]) -> str:
    """Return the first wanted language that is offered; regions are ignored (`es-MX` is `es`)."""
    offers = list(offered)
    for tag in wanted:
        plain = tag.replace("_", "-").split("-")[0].lower()
        if plain in offers:
            return plain
    return offers[0]
