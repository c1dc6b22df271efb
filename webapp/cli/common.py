"""What commands share: settings, components, options, and errors without a traceback."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import click

from webapp import logs, wiring
from webapp.config.settings import Settings, SettingsError
from webapp.domain.onboarding import Onboarding
from webapp.store import migrate, readiness
from webapp.store.errors import StoreError
from webapp.store.onboardings import OnboardingSummary
from webapp.wiring import Components

#: Row counts and row numbers that both databases accept.
ROW_NUMBER = click.IntRange(1, 2**31 - 1)


def limit_option(command: Callable[..., Any]) -> Callable[..., Any]:
    help_ = "The largest number of lines; the newest come first."
    return click.option("--limit", type=ROW_NUMBER, default=50, show_default=True, help=help_)(
        command
    )


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    help_ = "Print a JSON array instead of lines."
    return click.option("--json", "as_json", is_flag=True, help=help_)(command)


def echo_json(value: object) -> None:
    """Print `value` as JSON; times in ISO 8601."""
    click.echo(json.dumps(value, indent=2, default=datetime.isoformat))


def onboarding_line(row: Onboarding | OnboardingSummary) -> str:
    return f"{row.id}  {row.status:<11}  {row.site}/{row.flow}  {row.updated_at:%Y-%m-%d %H:%M:%SZ}"


def settings() -> Settings:
    """Read the settings; end the command with all problems if they are invalid."""
    try:
        return Settings.from_environment()
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


def ready_components() -> Components:
    """Build the components of a server. Raises `StoreError` unless the database is up to date."""
    found = settings()
    logs.set_up(found.log_level)
    components = build_components(found)
    migrate.check(components.engine)
    return components


def build_components(found: Settings) -> Components:
    """Build the components; they are closed when the command ends."""
    components = wiring.build(found)
    context = click.get_current_context()
    context.call_on_close(components.engine.dispose)
    context.call_on_close(components.gateway.close)
    context.call_on_close(components.message_client.close)
    return components


def prepare_database(found: Settings) -> None:
    """Migrate an SQLite file; end the command if a shared database is not up to date."""
    try:
        wiring.prepare_database(found)
    except StoreError as error:
        raise click.ClickException(str(error)) from error


def require_database(components: Components) -> None:
    """End the command unless the database exists and is up to date.

    A missing file is not created: an empty database would take the place of a lost one.
    """
    try:
        readiness.check(components.database)
    except StoreError as error:
        raise click.ClickException(str(error)) from error
