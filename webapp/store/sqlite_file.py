"""The file of an SQLite database: made on purpose only, and missed when it is gone."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL

from webapp.store.errors import DatabaseUnavailable

Identity = tuple[int, int]


class SqliteFile:
    """Remembers which file its process has opened first.

    SQLite goes on writing to a file that has been deleted or replaced, and all of it is lost.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._opened: Identity | None = None

    @classmethod
    def of(cls, url: URL) -> SqliteFile | None:
        """None for PostgreSQL, and for SQLite in memory (in tests)."""
        if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
            return None
        return cls(Path(str(url.database)))

    def address(self) -> str:
        """For SQLite: opened for reading and writing, never made by being opened."""
        return f"file:{quote(str(self.path.absolute()))}?mode=rw"

    def make(self) -> None:
        """An empty file for its owner only, if there is none.

        Raises DatabaseUnavailable where there is no folder for it, or no right to make it.
        """
        try:
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        except FileNotFoundError:
            raise DatabaseUnavailable(
                f"DATABASE_URL names a file in a folder that does not exist ({self.path.parent}): "
                "make the folder, or correct DATABASE_URL"
            ) from None
        except OSError as cause:
            raise DatabaseUnavailable(
                f"DATABASE_URL names a file that cannot be opened ({self.path}: {cause.strerror}): "
                "correct its rights, or DATABASE_URL"
            ) from None

    def must_be_there(self) -> None:
        """Before it is opened. Raises DatabaseUnavailable."""
        found = self._identity()
        if found is None and self._opened is None:
            raise DatabaseUnavailable(
                f"DATABASE_URL names a file that does not exist ({self.path}): correct it, or run "
                "`python -m webapp database upgrade`"
            )
        self._must_be_the_same(found)

    def must_be_the_same(self) -> None:
        """Before it is used again. Raises DatabaseUnavailable."""
        self._must_be_the_same(self._identity())

    def _must_be_the_same(self, found: Identity | None) -> None:
        if self._opened is None:
            self._opened = found
        if found != self._opened:
            what = "is gone" if found is None else "has been replaced"
            raise DatabaseUnavailable(
                f"the file of DATABASE_URL {what} while the server was running ({self.path}): "
                "stop the server, put the file back, start it again"
            )

    def _identity(self) -> Identity | None:
        try:
            found = os.stat(self.path)  # noqa: PTH116 - at every use: Path would cost as much again
        except OSError:
            return None
        return (found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) else None
