"""Warn of what sites.toml may contain and should not contain in production."""

from __future__ import annotations

from collections.abc import Iterator

from webapp.cli.doctor.finding import Finding, good, warning
from webapp.config.colors import contrast
from webapp.config.settings import Settings
from webapp.config.sites import Site

#: The contrast that a button needs with the page around it (WCAG 2.2, 1.4.11).
_MIN_CONTRAST = 3.0
_PAGE = "#ffffff"


def findings(found: Settings) -> Iterator[Finding]:
    """Yield the warnings of all sites, or one line that there are none."""
    warnings = [
        f"sites.toml, {site.id}: {message}"
        for site in found.sites.values()
        for message in _warnings(site, is_live=not found.is_loopback_http)
    ]
    yield from map(warning, warnings)
    if not warnings:
        yield good(f"sites.toml: no warnings for {', '.join(found.sites)}")


def _warnings(site: Site, *, is_live: bool) -> Iterator[str]:
    plain = [origin for origin in site.origins if origin.startswith("http:")]
    if plain and is_live:
        yield f"origins has {', '.join(plain)}, which is for development only; remove it"
    if site.privacy_url is None:
        yield "no privacy_url: users give biometric data without a privacy notice; set it"
    if site.support_url is None:
        yield "no support_url: pages cannot tell users where to get help; set it"
    if site.brand.color and contrast(site.brand.color, _PAGE) < _MIN_CONTRAST:
        yield (
            f"brand.color {site.brand.color} is hard to see on white; pages draw a darker edge "
            "around buttons; choose a darker colour"
        )
    if site.oidc and site.default_flow is None:
        yield (
            f"users who log in with oidc get the first of the flows {', '.join(site.flows)}; "
            "name one of them default"
        )
    for flow in site.flows.values():
        if flow.country and flow.document_specific_type:
            yield (
                f"flows.{flow.name} has country and document_specific_type; both are "
                "sent, and it is unknown which of them the gateway follows; keep one of the two"
            )
    if site.webhook_url and site.allow_private_webhook and is_live:
        yield "allow_private_webhook is on: for intranets only"
