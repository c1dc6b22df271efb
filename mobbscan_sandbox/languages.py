"""Choose the language of a page, among those that all pages of the sandbox have."""

from flask import request

LANGUAGES = ("en", "es")


def known_language(tag: str) -> str | None:
    """Return the language of a tag such as `es` or `es-MX`, or `None` for another language."""
    language = tag.strip().lower().replace("_", "-").partition("-")[0]
    return language if language in LANGUAGES else None


def requested_language() -> str:
    """Return the best match of `LANGUAGES`; English when none matches."""
    return request.accept_languages.best_match(LANGUAGES) or "en"
