"""`keys new`: make an API key for the back end of a host site."""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import UTC, datetime
from typing import get_args

import click

from webapp.cli.common import settings
from webapp.config.sites import LONGEST_KEY_NAME, Scope

#: How a key begins, so that scanners for leaked secrets can find it.
PREFIX = "mbe_"
_BYTES = 32


@click.group()
def keys() -> None:
    """Make keys for host sites."""


@keys.command()
@click.option("--site", required=True, help="The id of the site, as in sites.toml.")
@click.option("--name", help="A name for logs and lists.")
@click.option(
    "--scopes",
    default="onboardings",
    show_default=True,
    help=f"What the key may do, separated by commas: {', '.join(get_args(Scope))}.",
)
@click.option(
    "--expires",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The last day (UTC) on which the key is accepted, such as 2027-12-31.",
)
def new(site: str, name: str | None, scopes: str, expires: datetime | None) -> None:
    """Print a new key once, and the line for sites.toml.

    The server stores its hash only.
    """
    known = settings().sites
    if site not in known:
        raise click.ClickException(f"no site {site}; sites.toml has {', '.join(known)}")
    if name is not None and not (0 < len(name) <= LONGEST_KEY_NAME and name.isprintable()):
        raise click.ClickException(f"--name must have 1 to {LONGEST_KEY_NAME} characters")
    chosen = _scopes(scopes)
    if expires is not None and expires.date() < datetime.now(UTC).date():
        raise click.ClickException("--expires is in the past")
    key = PREFIX + secrets.token_urlsafe(_BYTES)
    fields = {
        "name": name,
        "hash": f"sha256:{hashlib.sha256(key.encode()).hexdigest()}",
        "scopes": chosen,
        "expires": f"{expires:%Y-%m-%d}" if expires else None,
    }
    written = ", ".join(
        f"{field} = {json.dumps(value)}" for field, value in fields.items() if value is not None
    )
    click.echo(f"{key}\n")
    click.echo("Give the key to the host site now; it is not stored and is not shown again.")
    click.echo(f"Add this entry to api_keys of [sites.{site}] in sites.toml, and reload:\n")
    click.echo(f"  {{ {written} }},")


def _scopes(text: str) -> list[str]:
    """Return the scopes in their usual order. Raises ClickException for an unknown one."""
    given = {each.strip() for each in text.split(",") if each.strip()}
    unknown = given - set(get_args(Scope))
    if unknown or not given:
        raise click.ClickException(f"--scopes must be of {', '.join(get_args(Scope))}")
    return [each for each in get_args(Scope) if each in given]
