"""Find secrets that are enclosed in quotes, which are then part of the secret."""

from __future__ import annotations

from collections.abc import Iterator

from webapp.config.setting_fields import SETTINGS
from webapp.config.settings import Settings

#: Opening and closing quotes, also those of word processors.
_QUOTES = ('""', "''", "``", "\u201c\u201d", "\u2018\u2019", "\u00ab\u00bb")


def quoted_secrets(settings: Settings) -> list[str]:
    """Return a sentence for each secret in matching quotes; none contains a value."""
    return [
        f"{place} is in quotes, which are part of its value; remove them unless they belong to it"
        for place, secret in _secrets(settings)
        if len(secret) > 1 and secret[0] + secret[-1] in _QUOTES
    ]


def _secrets(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield place and value of every secret that is a text."""
    fields = type(settings).model_fields
    for field, value in settings:
        name = fields[field].alias
        if name in SETTINGS and isinstance(value, str):
            yield name, value
    for number, key in enumerate(settings.secret_key_fallbacks, 1):
        yield f"SECRET_KEY_FALLBACKS entry {number}", key
    for headers in settings.webhook_headers:
        for header, value in headers.items():
            yield f"MOBBSCAN_WEBHOOK_HEADERS, header {header},", value
    for site in settings.sites.values():
        for number, key in enumerate(site.handoff_keys):
            if isinstance(key, str):
                yield f"sites.toml, sites.{site.id}.handoff_keys[{number}]", key
