"""Detect new timeline rows, so that waiting browsers can be notified of changes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from webapp.store.postgresql import NETWORK_TIMEOUTS
from webapp.store.timeline import Timeline

#: PostgreSQL's channel: a trigger (migration `initial`) sends it the onboarding of each new row.
CHANNEL = "mobbscan_embed_timeline"


#: Reads only the new rows, by the primary key.
SINCE = "SELECT id, onboarding_id FROM timeline WHERE id > ?"


class TimelineProbe:
    """Polls an SQLite file for changes, over a read-only connection of its own.

    Every change that a user can see adds a timeline row. `PRAGMA data_version` tells in
    microseconds whether another connection has committed. Both statements go to the driver: they
    run up to 200 times a second, and SQLAlchemy would take forty times as long for each.
    """

    def __init__(self, engine: Engine) -> None:
        self._connection = engine.connect()
        self._driver: Any = self._connection.connection.driver_connection
        self._version = -1
        self._newest = Timeline(self._connection).newest_id()
        self._connection.rollback()

    def moved(self) -> bool:
        """Return whether another connection has committed since the last call."""
        (version,) = self._driver.execute("PRAGMA data_version").fetchone()
        changed, self._version = version != self._version, version
        return bool(changed)

    def touched(self) -> set[str]:
        """Return the ids of onboardings with new timeline rows since the last call."""
        rows = dict(self._driver.execute(SINCE, (self._newest,)).fetchall())
        self._newest = max(rows, default=self._newest)
        return {onboarding for onboarding in rows.values() if onboarding}

    def close(self) -> None:
        self._connection.close()


def listen_connect_args(engine: Engine) -> dict[str, Any]:
    """Return the driver's connect arguments for a PostgreSQL connection outside the pool."""
    _, arguments = engine.dialect.create_connect_args(engine.url)
    return {**NETWORK_TIMEOUTS, **arguments}
