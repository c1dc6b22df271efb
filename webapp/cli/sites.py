"""`sites show`: the sites of sites.toml, and what the element has reported from their pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import click

from webapp.cli.common import echo_json, json_option, ready_components
from webapp.config.sites import Site
from webapp.domain.element_reports import RETENTION, ElementCode, ElementReportCount

#: What to do about each code.
_FIXES = {
    ElementCode.FRAME_SILENT: "open the page and run `doctor embed` with its address: a proxy may "
    "forbid the frame, or the server was down",
    ElementCode.FRAME_BLOCKED_BY_CSP: "run `doctor embed`: it names the directive and its line",
    ElementCode.CROSS_ORIGIN_ISOLATED: "run `doctor embed`: it names COEP and its line",
    ElementCode.CAMERA_BLOCKED_BY_POLICY: "run `doctor embed`: it names Permissions-Policy and its "
    "line",
    ElementCode.INSECURE_CONTEXT: "serve the page over https",
    ElementCode.IN_APP_BROWSER: "none: the element leads these users to their own browser",
    ElementCode.TOKEN_FAILED: "the host site's token address gave no token (see its log), or "
    "this server refused it (handoff_refused in its log says why)",
    ElementCode.OTHER: "update this server: the element is newer",
}


@click.group()
def sites() -> None:
    """Show the sites of sites.toml."""


@sites.command()
@click.argument("site", required=False)
@json_option
def show(site: str | None, *, as_json: bool) -> None:
    """Print SITE, or all sites: settings without secrets, and reports of the element.

    Reports count the errors of the element in pages of the site in the last 30 days.
    """
    components = ready_components()
    known = components.settings.sites
    if site is not None and site not in known:
        raise click.ClickException(f"no site {site}; sites.toml has {', '.join(known)}")
    chosen = [known[site]] if site is not None else list(known.values())
    now = components.clock()
    with components.database.reading() as work:
        reports = {each.id: work.element_reports.of_site(each.id, now) for each in chosen}
    public_url = components.settings.public_url
    if as_json:
        echo_json([_as_json(each, public_url, reports[each.id]) for each in chosen])
        return
    for each in chosen:
        for line in _lines(each, public_url, reports[each.id]):
            click.echo(line)


def _as_json(site: Site, public_url: str, reports: list[ElementReportCount]) -> dict[str, Any]:
    return {
        "site": site.id,
        "name": site.name,
        "origins": list(site.origins),
        "locales": list(site.locales),
        "admits": _admits(site),
        "flows": {name: flow.mode for name, flow in site.flows.items()},
        "embed": f"{public_url}/embed/{site.id}",
        "reports": [{**asdict(each), "fix": _fix(each)} for each in reports],
    }


def _lines(site: Site, public_url: str, reports: list[ElementReportCount]) -> Iterator[str]:
    yield f"{site.id}  {site.name}"
    yield f"  origins  {' '.join(site.origins) or 'none: no page can embed the element'}"
    yield f"  admits   {', '.join(_admits(site))}"
    yield "  flows    " + ", ".join(f"{name} ({flow.mode})" for name, flow in site.flows.items())
    yield f"  embed    {public_url}/embed/{site.id}"
    if not reports:
        yield f"  reports  none in {RETENTION.days} days"
    for each in reports:
        yield (
            f"  reports  {each.code:<24}  {each.display:<8}  {each.count:>5} x  "
            f"{each.last_at:%Y-%m-%d %H:%M:%SZ}  fix: {_fix(each)}"
        )


def _admits(site: Site) -> list[str]:
    ways = (("oidc", site.oidc), ("hand-off", site.handoff_keys), ("api", site.api_keys))
    return [name for name, is_set in ways if is_set]


def _fix(report: ElementReportCount) -> str:
    return _FIXES.get(ElementCode(report.code), "")
