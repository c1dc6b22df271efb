"""`database upgrade|check|rekey`."""

from __future__ import annotations

import sys

import click
from sqlalchemy import Engine

from webapp import wiring
from webapp.basics.text import pluralize
from webapp.cli.common import settings, wired
from webapp.jobs import tables
from webapp.server.preflight import UNREACHABLE, UNUSABLE
from webapp.store import migrate
from webapp.store.errors import DatabaseUnavailable, StoreError
from webapp.store.rekey import Key, count, rekey


@click.group()
def database() -> None:
    """Bring the database up to date, or say whether it is."""


@database.command()
def upgrade() -> None:
    """Run the migrations that are missing; on PostgreSQL those of the job library too."""
    revision = migrate.upgrade(_engine())
    tables.create(settings().database_url)
    click.echo(f"database is at revision {revision}")


@database.command()
def check() -> None:
    """Exit with 1 unless the database is at the newest revision."""
    click.echo(f"database is at revision {migrate.check(_engine())}")


@database.command(hidden=True)
def probe() -> None:
    """For those who are to be replaced: as far as can be told, would a server work? (workable)"""
    try:
        wiring.check_database(settings(), any_schema=True)
    except DatabaseUnavailable as away:
        _end(UNREACHABLE, str(away))
    except StoreError as wrong:
        _end(UNUSABLE, str(wrong))
    except Exception as surprise:  # noqa: BLE001 - it may quote anything, so its kind has to do
        _end(UNUSABLE, f"the database of DATABASE_URL cannot be used ({type(surprise).__name__})")


@database.command("rekey")
def rekey_() -> None:
    """Seal everything with the first of DATA_KEYS; then the others may be dropped.

    Beside running servers, once all of them have the new key in front. May be repeated.
    """
    database = wired().database
    anew = sum(found[Key.OLDER] for found in rekey(database))
    click.echo(f"{pluralize(anew, 'value has', 'values have')} been sealed anew")
    left = count(database)
    if left[Key.OLDER]:
        raise click.ClickException(
            f"{pluralize(left[Key.OLDER], 'value')} came in under an older key meanwhile: "
            "restart every server with the new key in front, then do this again"
        )
    if left[Key.NONE]:
        raise click.ClickException(
            f"{pluralize(left[Key.NONE], 'value is', 'values are')} opened by none of DATA_KEYS: "
            "bring back the key that sealed what is there, then do this again"
        )
    click.echo("the first of DATA_KEYS opens everything: the others may be dropped")


def _end(code: int, why: str) -> None:
    click.echo(why)
    sys.exit(code)


def _engine() -> Engine:
    engine = wiring.open_engine(settings())
    click.get_current_context().call_on_close(engine.dispose)
    return engine
