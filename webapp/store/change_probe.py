"""A look at what has changed, for those who wait."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from webapp.store.postgresql import SOON_AN_ERROR
from webapp.store.timeline import Timeline

#: On PostgreSQL a trigger (migration 0005) tells this channel the onboarding of every new line.
CHANNEL = "mobbscan_embed_timeline"


#: By the primary key: only the new lines are read.
SINCE = "SELECT id, onboarding_id FROM timeline WHERE id > ?"


class TimelineProbe:
    """SQLite: every change that anybody may see writes a line of the timeline, so its end tells.

    One connection of its own, read only. `PRAGMA data_version` says in microseconds whether any
    other connection has committed at all. Both questions go to the driver itself: they are asked
    up to 200 times a second, and SQLAlchemy would take forty times as long for each.
    """

    def __init__(self, engine: Engine) -> None:
        self._connection = engine.connect()
        self._driver: Any = self._connection.connection.driver_connection
        self._version = -1
        self._newest = Timeline(self._connection).newest()
        self._connection.rollback()

    def moved(self) -> bool:
        (version,) = self._driver.execute("PRAGMA data_version").fetchone()
        changed, self._version = version != self._version, version
        return bool(changed)

    def touched(self) -> set[str]:
        lines = dict(self._driver.execute(SINCE, (self._newest,)).fetchall())
        self._newest = max(lines, default=self._newest)
        return {onboarding for onboarding in lines.values() if onboarding}

    def close(self) -> None:
        self._connection.close()


def listening_arguments(engine: Engine) -> dict[str, Any]:
    """PostgreSQL: how the driver reaches the database of this engine, without its pool."""
    _, named = engine.dialect.create_connect_args(engine.url)
    return {**SOON_AN_ERROR, **named}
