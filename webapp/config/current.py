"""The settings that this process uses: read at start-up and at a reload, never in between.

A web worker that replaces a dead one uses the settings of the other workers. If it read new
ones, a wrong or unfinished edit would keep it from starting.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence

from webapp.config.environment import misspelt_variables
from webapp.config.quoted_secrets import quoted_secrets
from webapp.config.setting_fields import SETTINGS
from webapp.config.settings import Settings, SettingsError

_PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
PROXY_FIX = "set OUTBOUND_PROXY to let calls to other servers go through a proxy"
_current: list[Settings] = []
# The parent of web workers has its log from gunicorn: structlog is not set up there.
_log = logging.getLogger(__name__)


def reload_settings() -> Settings:
    """Read the settings; keep the current ones, and log why, if the new ones have problems.

    Raises `SettingsError` if there are no current ones.
    """
    try:
        _current[:] = [Settings.from_environment()]
    except SettingsError as error:
        if not _current:
            raise
        log_problems("config_reload_rejected", error.problems)
    return _current[0]


def current_settings() -> Settings:
    """Return the settings of the last `reload_settings`, of this process or its parent."""
    return _current[0] if _current else reload_settings()


def log_problems(event: str, problems: Sequence[str]) -> None:
    """Log the problems of settings that are not used; no sentence holds a value."""
    _log.error(event, extra={"problems": list(problems)})


def misspelt_settings() -> list[str]:
    """Return a sentence for each variable of this process that looks like a misspelt setting."""
    return misspelt_variables(SETTINGS, os.environ)


def log_misspelt_settings() -> None:
    """Log all of them in one line."""
    if found := misspelt_settings():
        _log.warning("misspelt_settings_found", extra={"problems": found})


def ignored_proxy_variables() -> list[str]:
    """Return the names of the variables with which other programs are given a proxy."""
    return sorted(name for name in os.environ if name.upper() in _PROXY_VARIABLES)


def log_ignored_proxy_variables() -> None:
    """Log in one line that they are ignored; their values may hold a password."""
    if found := ignored_proxy_variables():
        _log.warning("proxy_variables_ignored", extra={"variables": found, "fix": PROXY_FIX})


def log_quoted_secrets(settings: Settings) -> None:
    """Log all secrets that are enclosed in quotes in one line."""
    if found := quoted_secrets(settings):
        _log.warning("quoted_secrets_found", extra={"problems": found})
