"""Settings and parts for a command, with every problem said at once and no traceback."""

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

#: What both databases take for a number of rows, and for the number of one.
MOST = 2**31 - 1
ROWS = click.IntRange(1, MOST)


def limit_option(command: Callable[..., Any]) -> Callable[..., Any]:
    help_ = "At most so many, newest first."
    return click.option("--limit", type=ROWS, default=50, show_default=True, help=help_)(command)


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    help_ = "Print a JSON array instead of lines."
    return click.option("--json", "as_json", is_flag=True, help=help_)(command)


def echo_json(value: object) -> None:
    """Print `value` as JSON; times in ISO 8601."""
    click.echo(json.dumps(value, indent=2, default=datetime.isoformat))


def onboarding_line(row: Onboarding | OnboardingSummary) -> str:
    return f"{row.id}  {row.status:<11}  {row.site}/{row.flow}  {row.updated_at:%Y-%m-%d %H:%M:%SZ}"


def settings() -> Settings:
    try:
        return Settings.from_environment()
    except SettingsError as wrong:
        raise click.ClickException(str(wrong)) from wrong


def wired() -> Components:
    """The parts of a server whose database is up to date. Raises StoreError otherwise."""
    found = settings()
    logs.set_up(found.log_level)
    parts = opened(found)
    migrate.check(parts.engine)
    return parts


def opened(found: Settings) -> Components:
    """The parts, closed again when the command is over."""
    parts = wiring.build(found)
    context = click.get_current_context()
    context.call_on_close(parts.engine.dispose)
    context.call_on_close(parts.gateway.close)
    return parts


def ready_database(found: Settings) -> None:
    """An SQLite file is ours to bring up to date; a shared database waits for its operator."""
    try:
        wiring.prepare_database(found)
    except StoreError as wrong:
        raise click.ClickException(str(wrong)) from wrong


def known_database(parts: Components) -> None:
    """It is there and up to date. Nothing is made: a file that is gone would come back empty."""
    try:
        readiness.check(parts.database)
    except StoreError as wrong:
        raise click.ClickException(str(wrong)) from wrong
