"""`doctor`: is everything in place? Each line says what was tried, and the cure if it failed."""

from __future__ import annotations

import click

from webapp.cli.common import opened, settings
from webapp.gateway.client import Gateway
from webapp.gateway.errors import CredentialsRefused, GatewayError
from webapp.settings import Settings
from webapp.wiring import Wired


@click.command()
def doctor() -> None:
    """Check settings, database and gateway (with a real log-in); exit with 1 if one fails."""
    found = settings()
    click.echo("ok    settings are complete")
    if found.data_keys_derived:
        click.echo(
            "warn  DATA_KEYS is not set: personal data is encrypted with a key derived from "
            "SECRET_KEY; set DATA_KEYS before you go live"
        )
    if not found.webhook_headers:
        click.echo(
            "warn  MOBBSCAN_WEBHOOK_HEADERS is not set: notices are refused, results come by "
            "polling only"
        )
    parts = opened(found)
    good = all([_database(parts), _gateway(found, parts.gateway)])
    raise SystemExit(0 if good else 1)


def _database(parts: Wired) -> bool:
    problems = parts.steps.ready()
    for problem in problems:
        click.echo(f"FAIL  database: {problem}")
    if not problems:
        click.echo("ok    database is up to date and writable")
    return not problems


def _gateway(found: Settings, gateway: Gateway) -> bool:
    try:
        token = gateway.log_in()
    except CredentialsRefused as refused:
        click.echo(
            f"FAIL  gateway: it refused the credentials ({refused.status}): check "
            "MOBBSCAN_API_KEY and MOBBSCAN_API_SECRET with the vendor"
        )
        return False
    except GatewayError as away:
        click.echo(
            f"FAIL  gateway: {away}: check MOBBSCAN_GATEWAY_URL ({found.gateway_url}) and that "
            "this machine may reach it"
        )
        return False
    life = (token.expires_at - token.obtained_at).total_seconds() / 60
    click.echo(f"ok    gateway gave an access token, good for {life:.0f} min")
    return True
