"""`database upgrade|check`."""

from __future__ import annotations

import click
from sqlalchemy import Engine

from webapp import wiring
from webapp.cli.common import settings
from webapp.store import migrate


@click.group()
def database() -> None:
    """Bring the database up to date, or say whether it is."""


@database.command()
def upgrade() -> None:
    """Run the migrations that are missing."""
    click.echo(f"database is at revision {migrate.upgrade(_engine())}")


@database.command()
def check() -> None:
    """Exit with 1 unless the database is at the newest revision."""
    click.echo(f"database is at revision {migrate.check(_engine())}")


def _engine() -> Engine:
    engine = wiring.open_engine(settings())
    click.get_current_context().call_on_close(engine.dispose)
    return engine
