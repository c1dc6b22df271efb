"""Choose the site of sites.toml to which a page belongs, and check its `origins`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from webapp.basics.urls import Url, parse_url
from webapp.cli.doctor.embed.finding import Breaks, EmbedFinding, fails
from webapp.cli.doctor.embed.page import HostPage, Target
from webapp.config.settings import Settings
from webapp.config.sites import Site


def choose_target(found: Settings, page: Url, site_id: str | None, html: HostPage) -> Target:
    """Return what the page is to embed. Raises ClickException for an unknown or unclear site."""
    site = _site(found, page, site_id, html)
    return Target(
        found.public_url,
        parse_url(found.public_url),
        site.id,
        microphone=any(flow.microphone for flow in site.flows.values()),
        origins=site.origins,
    )


def findings(page: HostPage, target: Target) -> Iterator[EmbedFinding]:
    """Yield a failure unless the site may be framed by the page's origin."""
    if page.url.origin not in target.origins:
        origins = ", ".join(f'"{each}"' for each in (*target.origins, page.url.origin))
        yield fails(
            Breaks.FRAME,
            f"origins of [sites.{target.site}]",
            f"does not name {page.url.origin}: the frame refuses to be shown there (its "
            "frame-ancestors), and takes no message from the page",
            f"origins = [{origins}]",
        )


def _site(found: Settings, page: Url, site_id: str | None, html: HostPage) -> Site:
    named = site_id or next((each.site for each in html.elements if each.site in found.sites), None)
    if named is not None:
        if named not in found.sites:
            raise click.ClickException(f"no site {named}; sites.toml has {', '.join(found.sites)}")
        return found.sites[named]
    fitting = [site for site in found.sites.values() if page.origin in site.origins]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting and len(found.sites) == 1:
        return next(iter(found.sites.values()))
    names = ", ".join(each.id for each in fitting or found.sites.values())
    if not fitting:
        raise click.ClickException(
            f"no site of sites.toml has the origin {page.origin}: add it to the site's `origins`, "
            f"or name the site by --site: {names}"
        )
    raise click.ClickException(f"the page fits several sites; name one by --site: {names}")
