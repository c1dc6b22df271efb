"""Whether a process could work with the settings as they are now, before another is ended for it.

The database is asked by a process of its own: it may hang, or fail in ways that nobody has thought
of, and whoever asks has a server to keep running.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

from webapp.config.settings import Settings, SettingsError

#: How a probe ends when the database is away (EX_TEMPFAIL of sysexits.h), and when it cannot work.
AWAY, WRONG = 75, 1
#: One that takes longer meets a database that is as good as away.
PROBE_SECONDS = 10.0
_PROBE = (sys.executable, "-m", "webapp", "database", "probe")


def problems_of_settings(database_in_use: str | None = None) -> Sequence[str]:
    """What would keep it from working, each with its cure; no sentence holds a value.

    That the database is away is none, if it is the `database_in_use` already.
    """
    try:
        found = Settings.from_environment()
    except SettingsError as wrong:
        return wrong.problems
    try:
        probe = subprocess.run(  # noqa: S603 - our own module
            _PROBE, stdout=subprocess.PIPE, text=True, timeout=PROBE_SECONDS, check=False
        )
    except (subprocess.TimeoutExpired, OSError):
        code, said = AWAY, "the database of DATABASE_URL does not answer in time"
    else:
        code, said = probe.returncode, probe.stdout.strip()
    if code == 0 or (code == AWAY and found.database_url == database_in_use):
        return ()
    return (said or "the database of DATABASE_URL cannot be used",)
