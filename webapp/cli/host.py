"""`host check`: try a host site's receiver of messages, and print attacks on its return page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import click

from webapp.cli.common import echo_json, ready_components
from webapp.config.addresses import receiver_address
from webapp.config.problems import InvalidValue
from webapp.config.sites import Site
from webapp.journey.host_check import CheckResult, HostCheckReport
from webapp.journey.host_check_requests import SUBJECT
from webapp.wiring import Components

_WORDS = {True: "ok", False: "FAIL", None: "skip"}


@click.group()
def host() -> None:
    """Check what a host site has built."""


@host.command()
@click.argument("url")
@click.option("--site", help="The site of sites.toml; not needed if there is one only.")
@click.option("--i-know", is_flag=True, help="Send to a receiver of a server with LIVE_MODE too.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object in place of lines.")
def check(url: str, site: str | None, *, i_know: bool, as_json: bool) -> None:
    """Check the receiver of messages at URL.

    Sends good, repeated, reordered, forged, malformed and outdated messages, signed with the
    secrets of the site: livemode is false, and the subject is mobbscan-check. Exits with 1 if an
    answer is wrong. Then prints what to look at by hand.
    """
    components = ready_components()
    if components.settings.livemode and not i_know:
        raise click.ClickException(
            "this server is live (LIVE_MODE): its receivers may act on messages with livemode "
            "false too; check a receiver of a test environment, or give --i-know"
        )
    chosen = _site(components, site)
    report = components.steps.host_check.run(chosen, _address(url, chosen))
    if as_json:
        echo_json({"passed": report.passed, "site": chosen.id, **asdict(report)})
    else:
        for line in _lines(report):
            click.echo(line)
    if not report.passed:
        raise SystemExit(1)


def _site(components: Components, name: str | None) -> Site:
    sites = components.settings.sites
    if name is None and len(sites) == 1:
        name = next(iter(sites))
    if name is None or name not in sites:
        raise click.ClickException(f"give --site, one of {', '.join(sites)}")
    site = sites[name]
    if not site.webhook_secrets:
        raise click.ClickException(
            f"site {site.id} has no webhook_secrets: set those that the receiver verifies with"
        )
    return site


def _address(url: str, site: Site) -> str:
    try:
        address = receiver_address(url)
    except InvalidValue as error:
        raise click.ClickException(f"URL {error}") from error
    if address.startswith("http:") and not site.allow_private_webhook:
        raise click.ClickException(
            "URL must be https; plain http only for a site with allow_private_webhook = true"
        )
    return address


def _lines(report: HostCheckReport) -> Iterator[str]:
    for each in report.results:
        yield from _result_lines(each)
    yield ""
    yield "Look at by hand, in the data of the host site:"
    yield f"  {report.real_id}  is verified, stored once, for the user {SUBJECT}"
    yield f"  {report.forged_id}  does not occur: all messages about it were false"
    if report.return_attacks:
        yield ""
        yield "Open while logged in: no page may say or store that the user is verified."
        yield "Signed ones are valid for five minutes."
    for attack in report.return_attacks:
        yield f"  {attack.name}: {attack.does}"
        yield f"    {attack.url}"


def _result_lines(result: CheckResult) -> Iterator[str]:
    yield (
        f"{_WORDS[result.passed]:<5} {result.name:<22} {result.sends}: "
        f"answered {result.answered}, expected {result.expected}"
    )
    if result.fix is not None:
        yield f"      fix: {result.fix}"
