"""`database upgrade|check`."""

from __future__ import annotations

import click

from webapp.cli.common import settings
from webapp.store import migrate
from webapp.store.engine import make_engine
from webapp.store.errors import WrongSchema


@click.group()
def database() -> None:
    """Bring the database up to date, or say whether it is."""


@database.command()
def upgrade() -> None:
    """Run the migrations that are missing."""
    try:
        click.echo(
            f"database is at revision {migrate.upgrade(make_engine(settings().database_url))}"
        )
    except WrongSchema as wrong:
        raise click.ClickException(str(wrong)) from wrong


@database.command()
def check() -> None:
    """Exit with 1 unless the database is at the newest revision."""
    try:
        click.echo(f"database is at revision {migrate.check(make_engine(settings().database_url))}")
    except WrongSchema as wrong:
        raise click.ClickException(str(wrong)) from wrong
