"""`doctor`: check the installation and print findings, each with its fix."""

from __future__ import annotations

from collections.abc import Iterator

import click

from webapp.cli.common import build_components, echo_json, json_option, settings
from webapp.cli.doctor import (
    database,
    gateway,
    live_mode,
    login,
    outbound_proxy,
    public_address,
    questionable_site_settings,
    receivers,
    vendor_sheet,
    waiting_for_decisions,
    webhook,
)
from webapp.cli.doctor.embed.command import embed
from webapp.cli.doctor.finding import Finding, Level, good, warning
from webapp.config.current import misspelt_settings
from webapp.config.quoted_secrets import quoted_secrets
from webapp.config.settings import Settings, SettingsError


@click.group(invoke_without_command=True)
@json_option
@click.option(
    "--vendor-sheet",
    "sheet",
    is_flag=True,
    help="Print an email to Mobbeel with what to set up, and check nothing.",
)
@click.pass_context
def doctor(context: click.Context, *, sheet: bool, as_json: bool) -> None:
    """Check whether this installation works.

    Checks settings, sites, database, gateway, login and public address; exits with 1 if one fails.
    """
    if context.invoked_subcommand is not None:
        return
    found = _settings(as_json=as_json)
    if sheet:
        click.echo(vendor_sheet.text(found), nl=False)
        return
    findings = []
    for finding in _findings(found):
        findings.append(finding)
        if not as_json:
            click.echo(str(finding))
    if as_json:
        echo_json([{"level": each.level.lower(), "message": each.message} for each in findings])
    raise SystemExit(1 if any(each.level is Level.FAILURE for each in findings) else 0)


doctor.add_command(embed)


def _settings(*, as_json: bool) -> Settings:
    """Read the settings; with `as_json`, print their problems as findings and exit."""
    if not as_json:
        return settings()
    try:
        return Settings.from_environment()
    except SettingsError as error:
        echo_json(
            [{"level": Level.FAILURE.lower(), "message": problem} for problem in error.problems]
        )
        raise SystemExit(1) from None


def _findings(found: Settings) -> Iterator[Finding]:
    """Yield the findings of all checks: one failure must not hide the next."""
    yield good("settings are complete")
    yield from map(warning, [*misspelt_settings(), *quoted_secrets(found)])
    yield from outbound_proxy.findings(found)
    if found.data_keys_derived:
        yield warning(
            "DATA_KEYS is not set, or begins with derived: personal data is encrypted with a key "
            "derived from SECRET_KEY; set DATA_KEYS before you go live"
        )
    if found.console_url == found.public_url and found.public_prefix:
        yield warning(
            f"CONSOLE_URL is not set, so the console shares its address with {found.public_origin}"
            ": script injected into a page there could control it; give it a host name of its own"
        )
    yield from live_mode.findings(found)
    yield from webhook.findings(found)
    yield from questionable_site_settings.findings(found)
    components = build_components(found)
    yield from database.findings(components)
    yield from waiting_for_decisions.findings(components)
    yield from gateway.findings(found, components.gateway)
    yield from receivers.findings(components)
    yield from login.findings(found)
    yield from public_address.findings(found)
