"""A look at what has changed, for those who wait: one connection of its own, read only."""

from __future__ import annotations

from sqlalchemy import Engine

from webapp.store.timeline import Timeline

#: PostgreSQL gives ids before it commits, so a lower id may appear after a higher one:
#: this many lines are looked at again each time.
_OVERLAP = 64


class TimelineProbe:
    """Every change that anybody may see writes a line of the timeline, so its end tells.

    On SQLite `PRAGMA data_version` says in microseconds whether any other connection has
    committed at all; elsewhere the newest lines are asked for each time.
    """

    def __init__(self, engine: Engine) -> None:
        self._connection = engine.connect()
        self._sqlite = engine.dialect.name == "sqlite"
        self._version = -1
        self._newest = Timeline(self._connection).newest()
        self._seen = set(Timeline(self._connection).since(self._newest - _OVERLAP))
        self._connection.rollback()

    def moved(self) -> bool:
        if not self._sqlite:
            return True
        driver = self._connection.connection.driver_connection
        version = driver.execute("PRAGMA data_version").fetchone()[0]  # type: ignore[union-attr]
        changed, self._version = version != self._version, version
        return bool(changed)

    def touched(self) -> set[str]:
        lines = Timeline(self._connection).since(self._newest - _OVERLAP)
        self._connection.rollback()
        new = {line: onboarding for line, onboarding in lines.items() if line not in self._seen}
        self._seen = set(lines)
        self._newest = max(lines, default=self._newest)
        return {onboarding for onboarding in new.values() if onboarding}

    def close(self) -> None:
        self._connection.close()
