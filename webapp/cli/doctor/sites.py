"""What is allowed in sites.toml and unwise for real people."""

from __future__ import annotations

from collections.abc import Iterator

from webapp.cli.doctor.finding import Finding, good, warning
from webapp.config.colors import contrast
from webapp.config.settings import Settings
from webapp.config.sites import Site

#: What a button needs against the page around it (WCAG 2.2, 1.4.11).
_LEAST_CONTRAST = 3.0
_PAGE = "#ffffff"


def findings(found: Settings) -> Iterator[Finding]:
    """Every warning of every site, or one line that there is none."""
    unwise = [
        f"sites.toml, {site.id}: {words}"
        for site in found.sites.values()
        for words in _unwise(site, is_live=not found.is_loopback_http)
    ]
    yield from map(warning, unwise)
    if not unwise:
        yield good(f"sites.toml: nothing unwise in {', '.join(found.sites)}")


def _unwise(site: Site, *, is_live: bool) -> Iterator[str]:
    plain = [origin for origin in site.origins if origin.startswith("http:")]
    if plain and is_live:
        yield f"origins has {', '.join(plain)}, which is for development only; take it out"
    if site.privacy_url is None:
        yield "no privacy_url: people are asked for biometric data and cannot read why"
    if site.support_url is None:
        yield "no support_url: whoever gets stuck is told to ask for help, and not where"
    if site.brand.color and contrast(site.brand.color, _PAGE) < _LEAST_CONTRAST:
        yield (
            f"brand.color {site.brand.color} is hard to see on white; pages draw a darker edge "
            "around its buttons, a stronger colour would be better"
        )
    if site.webhook_url and site.allow_private_webhook and is_live:
        yield "allow_private_webhook is on: right on an intranet only"
