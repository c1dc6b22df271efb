"""Choose the language of a page from the browser's `Accept-Language` header."""

from flask import request

LANGUAGES = ("en", "es")


def requested_language() -> str:
    """Return the best match of `LANGUAGES`; English when none matches."""
    return request.accept_languages.best_match(LANGUAGES) or "en"
