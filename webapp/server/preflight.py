"""Check the settings and the database before running processes are replaced.

A separate process asks the database, which may hang or fail in unforeseen ways: the caller has a
server to keep running.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

from webapp.config.settings import Settings, SettingsError

#: Exit codes of the probe: database unreachable (EX_TEMPFAIL of sysexits.h), database unusable.
UNREACHABLE, UNUSABLE = 75, 1
#: A probe that takes longer counts as an unreachable database (seconds).
PROBE_TIMEOUT_SECONDS = 10.0
_PROBE = (sys.executable, "-m", "webapp", "database", "probe")


def problems_of_settings(in_use: Settings | None = None) -> Sequence[str]:
    """Return what would keep a new process from working, each with how to fix it; no values.

    An unreachable database is no problem for processes that use it already, with the same keys.
    """
    try:
        settings = Settings.from_environment()
    except SettingsError as wrong:
        return wrong.problems
    code, problem = _probe_database()
    if code == 0 or (code == UNREACHABLE and in_use and _same_database(settings, in_use)):
        return ()
    return (problem or "the database of DATABASE_URL cannot be used",)


def _same_database(new: Settings, old: Settings) -> bool:
    """Whether no question to the database is open: other keys must open what it holds."""
    return (new.database_url, new.opening_keys) == (old.database_url, old.opening_keys)


def _probe_database() -> tuple[int, str]:
    try:
        probe = subprocess.run(  # noqa: S603 - a fixed command
            _PROBE, stdout=subprocess.PIPE, text=True, timeout=PROBE_TIMEOUT_SECONDS, check=False
        )
    except (subprocess.TimeoutExpired, OSError):
        return UNREACHABLE, "the database of DATABASE_URL does not answer in time"
    return probe.returncode, probe.stdout.strip()
