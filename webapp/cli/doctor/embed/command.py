"""`doctor embed URL`: check a page of a host site; it creates no onboarding and no process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import click
import httpx

from webapp.basics.urls import InvalidUrl, Url, parse_url
from webapp.cli.common import echo_json, json_option, settings
from webapp.cli.doctor.embed import (
    address_findings,
    csp,
    csp_findings,
    html_findings,
    isolation_findings,
    permissions_findings,
    sandbox_findings,
    server_findings,
    site_findings,
)
from webapp.cli.doctor.embed.fetch import Fetched, Fetcher, fetching
from webapp.cli.doctor.embed.finding import Breaks, EmbedFinding, warns, works
from webapp.cli.doctor.embed.page import HostPage, Target
from webapp.cli.doctor.embed.page_files import read_cookies, read_headers, read_text
from webapp.cli.doctor.embed.page_html import read_html
from webapp.cli.doctor.finding import Level
from webapp.cli.doctor.http_client import is_untrusted
from webapp.config.settings import Settings

_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@dataclass(frozen=True)
class _Files:
    html: Path | None
    headers: Path | None
    cookies: Path | None

    @property
    def replace_request(self) -> bool:
        return self.html is not None or self.headers is not None


@click.command()
@click.argument("url")
@click.option("--html", type=_FILE, help="The saved HTML of the page, which is not requested then.")
@click.option("--headers", type=_FILE, help="Its saved headers, as `curl --head` prints them.")
@click.option("--cookie-file", type=_FILE, help="A cookies.txt to request a page behind a login.")
@click.option("--site", help="The site of sites.toml; by default found by the page's origin.")
@json_option
@click.pass_context
def embed(
    context: click.Context,
    url: str,
    html: Path | None,
    headers: Path | None,
    cookie_file: Path | None,
    site: str | None,
    *,
    as_json: bool,
) -> None:
    """Check whether the page at URL can embed the element.

    Names each header that stops the script, the frame, the camera or the messages, and the line
    that fixes it. Creates no process. Exits with 1 if something does not work.
    """
    files = _Files(html, headers, cookie_file)
    if files.replace_request and cookie_file is not None:
        raise click.UsageError("--cookie-file is for requests: leave out --html and --headers")
    found, address = settings(), _checked(url)
    page, notes = _page(found, address, files)
    target = site_findings.choose_target(found, page.url, site, page)
    findings = list(notes)
    with fetching(Fetcher(found, is_direct=True)) as fetcher:
        findings += _findings(found, page, target, fetcher)
    if not any(each.level is Level.FAILURE for each in findings):
        findings.append(works(page.url.origin, f"this page can embed site {target.site}"))
    # `doctor --json embed URL` means the same as `doctor embed URL --json`.
    is_json_in_front = context.parent is not None and context.parent.params.get("as_json", False)
    _print(findings, as_json=as_json or is_json_in_front)
    raise SystemExit(1 if any(each.level is Level.FAILURE for each in findings) else 0)


def _findings(
    found: Settings, page: HostPage, target: Target, fetcher: Fetcher
) -> Iterator[EmbedFinding]:
    """Yield all findings. A page that only redirects needs neither frame nor camera."""
    only_redirects = page.elements and all(each.display == "redirect" for each in page.elements)
    for each in _all_findings(found, page, target, fetcher):
        is_needed = each.breaks not in (Breaks.FRAME, Breaks.CAMERA) or not only_redirects
        is_failure = each.level is Level.FAILURE
        yield each if is_needed or not is_failure else replace(each, level=Level.WARNING)


def _all_findings(
    found: Settings, page: HostPage, target: Target, fetcher: Fetcher
) -> Iterator[EmbedFinding]:
    yield from site_findings.findings(page, target)
    yield from header_findings(page, target)
    yield from html_findings.findings(page, target, found.sites)
    yield from server_findings.findings(page, target, fetcher)


def header_findings(
    page: HostPage, target: Target, look_up: address_findings.LookUp = address_findings.look_up
) -> Iterator[EmbedFinding]:
    """Yield the findings of all headers; headers for reports only (`…-Report-Only`) have none."""
    policies = csp.read_policies(page.values(csp.HEADER), page.html.policies if page.html else ())
    yield from csp_findings.findings(page, target, policies)
    yield from sandbox_findings.findings(policies)
    yield from permissions_findings.findings(page, target)
    yield from isolation_findings.findings(page, target, policies)
    yield from address_findings.findings(page, target, policies, look_up)


def _checked(text: str) -> str:
    try:
        parse_url(text)
    except InvalidUrl as wrong:
        raise click.BadParameter(f"it {wrong}", param_hint="URL") from None
    return text.partition("#")[0]


def _page(found: Settings, address: str, files: _Files) -> tuple[HostPage, list[EmbedFinding]]:
    """Return the page, from files or by a request, and what is not known of it."""
    if not files.replace_request:
        return _fetched_page(address, _request(found, address, files))
    headers = read_headers(files.headers) if files.headers else None
    html = read_html(read_text(files.html)) if files.html else None
    missing = "--headers" if headers is None else "--html" if html is None else ""
    notes = [_unknown(f"{missing} is not given: that part is not checked")] if missing else []
    return HostPage(parse_url(address), address, headers, html), notes


def _request(found: Settings, address: str, files: _Files) -> Fetched:
    cookies = read_cookies(files.cookies, address) if files.cookies else None
    try:
        with fetching(Fetcher(found, cookies=cookies)) as fetcher:
            return fetcher.get(address)
    except httpx.TransportError as error:
        reason = "its certificate is not trusted here: name its CA in OUTBOUND_CA_FILE, or"
        if not is_untrusted(error):
            way = "OUTBOUND_PROXY lets this machine" if found.outbound_proxy else "this machine may"
            reason = f"no answer: see that {way} reach it, or"
            if (urlsplit(address).hostname or "").endswith(".localhost"):
                reason = "no answer: many systems resolve *.localhost in browsers only:"
        raise click.ClickException(
            f"{_origin(address)}: {reason} save the page and give --html and --headers"
        ) from None


def _fetched_page(address: str, answer: Fetched) -> tuple[HostPage, list[EmbedFinding]]:
    notes = []
    if answer.leads_to is not None:
        notes.append(
            _unknown(
                f"redirects to {answer.leads_to}, which is not followed: give the page's own "
                "address, or --cookie-file for a page behind a login"
            )
        )
    elif answer.status != 200:
        notes.append(
            _unknown(
                f"answers {answer.status}, whose headers may differ from those of the page: give "
                "--cookie-file for a page behind a login, or --html and --headers"
            )
        )
    elif urlsplit(answer.address).path != urlsplit(address).path:
        notes.append(
            _unknown(
                f"redirects to {answer.address.partition('?')[0]}, which was checked instead: give "
                "--cookie-file for a page behind a login"
            )
        )
    if answer.text is None:
        notes.append(_unknown("is compressed although this was not requested: HTML not checked"))
    html = read_html(answer.text) if answer.text is not None else None
    return HostPage(_url(answer), answer.address, answer.headers, html), notes


def _url(answer: Fetched) -> Url:
    return parse_url(answer.address)


def _origin(address: str) -> str:
    return parse_url(address).origin


def _unknown(message: str) -> EmbedFinding:
    return warns(Breaks.NOTHING, "the page", message)


def _print(findings: list[EmbedFinding], *, as_json: bool) -> None:
    if as_json:
        echo_json([each.as_json() for each in findings])
        return
    for each in findings:
        click.echo(str(each))
