"""Settings and parts for a command, with every problem said at once and no traceback."""

from __future__ import annotations

import click

from webapp import logs, wiring
from webapp.settings import Settings, SettingsError
from webapp.wiring import Wired


def settings() -> Settings:
    try:
        return Settings.from_environment()
    except SettingsError as wrong:
        raise click.ClickException(str(wrong)) from wrong


def wired() -> Wired:
    found = settings()
    logs.set_up(found.log_level)
    return wiring.build(found)
