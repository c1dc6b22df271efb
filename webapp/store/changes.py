"""A look at what has changed, for those who wait: one connection of its own, read only."""

from __future__ import annotations

from sqlalchemy import Engine, text

from webapp.store.timeline import Timeline


class TimelineProbe:
    """Every change that anybody may see writes a line of the timeline, so its end tells.

    On SQLite `PRAGMA data_version` says in microseconds whether any other connection has
    committed at all; elsewhere the newest line is asked for each time.
    """

    def __init__(self, engine: Engine) -> None:
        self._connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._sqlite = engine.dialect.name == "sqlite"
        self._version = -1
        self._newest = Timeline(self._connection).newest()
        self._connection.rollback()

    def moved(self) -> bool:
        if not self._sqlite:
            return True
        version = self._connection.scalar(text("PRAGMA data_version"))
        self._connection.rollback()
        changed, self._version = version != self._version, version
        return changed

    def touched(self) -> set[str]:
        self._newest, ids = Timeline(self._connection).touched_since(self._newest)
        self._connection.rollback()
        return ids

    def close(self) -> None:
        self._connection.close()
