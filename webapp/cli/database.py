"""`database upgrade|check|rekey|forget-result-key`: migrate, check, and change keys."""

from __future__ import annotations

import sys

import click
from sqlalchemy import Engine

from webapp import wiring
from webapp.basics.text import pluralize
from webapp.cli.common import ready_components, settings
from webapp.journey import generated_result_key
from webapp.server.preflight import UNREACHABLE, UNUSABLE
from webapp.store import migrate
from webapp.store.errors import DatabaseUnavailable, StoreError
from webapp.store.rekey import Key, count, rekey


@click.group()
def database() -> None:
    """Migrate the database, check it, or re-encrypt what it holds."""


@database.command()
def upgrade() -> None:
    """Run the missing migrations.

    On PostgreSQL those of the job library too.
    """
    from webapp.jobs import job_library_tables  # the job library takes long to import

    revision = migrate.upgrade(_engine())
    job_library_tables.create(settings().database_url)
    click.echo(f"database is at revision {revision}")


@database.command()
def check() -> None:
    """Exit with 1 unless the schema is the newest."""
    click.echo(f"database is at revision {migrate.check(_engine())}")


@database.command(hidden=True)
def probe() -> None:
    """Report to a running server whether a new process could use the database (preflight)."""
    try:
        wiring.check_database(settings(), any_schema=True)
    except DatabaseUnavailable as error:
        _exit(UNREACHABLE, str(error))
    except StoreError as error:
        _exit(UNUSABLE, str(error))
    except Exception as error:  # noqa: BLE001 - its text may quote secrets, its type does not
        _exit(UNUSABLE, f"the database of DATABASE_URL cannot be used ({type(error).__name__})")


@database.command("rekey")
def rekey_() -> None:
    """Encrypt every value with the newest key.

    That is the first of DATA_KEYS; then the other keys can be removed.

    Run it while the servers run, once all of them have the new key first. It can be repeated.
    """
    database = ready_components().database
    changed = sum(found[Key.OLDER] for found in rekey(database))
    click.echo(f"{pluralize(changed, 'value')} encrypted with the first key")
    left = count(database)
    if left[Key.OLDER]:
        raise click.ClickException(
            f"{pluralize(left[Key.OLDER], 'value')} came in under an older key meanwhile: "
            "restart every server with the new key first, then run this again"
        )
    if left[Key.NONE]:
        raise click.ClickException(
            f"no key of DATA_KEYS decrypts {pluralize(left[Key.NONE], 'value')}: "
            "add the key that encrypted them, then run this again"
        )
    click.echo("the first of DATA_KEYS decrypts every value: the others can be removed")


@database.command("forget-result-key")
def forget_result_key() -> None:
    """Delete the generated key for signed results.

    For a key that has leaked. Results that it has signed no longer verify. Restart every server
    afterwards: they keep the key until then. Keys of RESULT_KEYS are not affected.
    """
    if generated_result_key.forget(ready_components().database):
        click.echo("the generated key is deleted: restart every server")
    else:
        click.echo("there is no generated key")


def _exit(code: int, message: str) -> None:
    click.echo(message)
    sys.exit(code)


def _engine() -> Engine:
    engine = wiring.open_engine(settings())
    click.get_current_context().call_on_close(engine.dispose)
    return engine
