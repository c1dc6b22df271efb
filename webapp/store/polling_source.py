"""See changes on SQLite by polling the file for new timeline rows, which costs microseconds."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Engine

from webapp.store.timeline import Timeline

#: Seconds between two polls of `PRAGMA data_version`: while there are changes, and when there has
#: been none for IDLE_AFTER_SECONDS: an idle process polls a fifth as often.
INTERVAL_SECONDS, IDLE_INTERVAL_SECONDS = 0.005, 0.025
IDLE_AFTER_SECONDS = 2.0
#: Reads only the new rows, by the primary key.
SINCE = "SELECT id, onboarding_id FROM timeline WHERE id > ?"


class PollingSource:
    """Implements `live.watcher.ChangeSource`, over a read-only connection of its own.

    Every change that a user can see adds a timeline row. `PRAGMA data_version` tells in
    microseconds whether another connection has committed. Both statements go to the driver: they
    run up to 200 times a second, and SQLAlchemy would take forty times as long for each.
    """

    def __init__(self, engine: Engine) -> None:
        self._connection = engine.connect()
        self._driver: Any = self._connection.connection.driver_connection
        self._version = -1
        self._idle_at = 0.0
        self._newest = Timeline(self._connection).newest_id()
        self._connection.rollback()

    def wait(self) -> set[str]:
        """Return the ids of onboardings with new timeline rows since the last call."""
        idle = time.monotonic() >= self._idle_at
        time.sleep(IDLE_INTERVAL_SECONDS if idle else INTERVAL_SECONDS)
        (version,) = self._driver.execute("PRAGMA data_version").fetchone()
        if version == self._version:
            return set()
        self._version = version
        rows = dict(self._driver.execute(SINCE, (self._newest,)).fetchall())
        self._newest = max(rows, default=self._newest)
        if rows:
            self._idle_at = time.monotonic() + IDLE_AFTER_SECONDS
        return {onboarding for onboarding in rows.values() if onboarding}

    def close(self) -> None:
        self._connection.close()
