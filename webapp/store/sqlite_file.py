"""The file of an SQLite database: create it, and detect that it was deleted or replaced."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL

from webapp.store.errors import DatabaseUnavailable

Identity = tuple[int, int]


class SqliteFile:
    """Remembers which file the process opened first.

    SQLite itself keeps writing to a file that was deleted or replaced, and these writes are lost.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._opened: Identity | None = None

    @classmethod
    def of(cls, url: URL) -> SqliteFile | None:
        """Return the file of a database URL; None for PostgreSQL and for SQLite in memory."""
        if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
            return None
        return cls(Path(str(url.database)))

    def address(self) -> str:
        """Return the URI that opens the file for reading and writing, without creating it."""
        return f"file:{quote(str(self.path.absolute()))}?mode=rw"

    def make(self) -> None:
        """Create an empty file for its owner only, unless it exists.

        Raises DatabaseUnavailable without its folder or the right to create it.
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
        """Check before the file is opened. Raises DatabaseUnavailable."""
        found = self._identity()
        if found is None and self._opened is None:
            raise DatabaseUnavailable(
                f"DATABASE_URL names a file that does not exist ({self.path}): correct it, or run "
                "`python -m webapp database upgrade`"
            )
        self._must_be_the_same(found)

    def must_be_the_same(self) -> None:
        """Check before a pooled connection is used again. Raises DatabaseUnavailable."""
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
            found = os.stat(self.path)  # noqa: PTH116 - runs at every use, and Path would double its cost
        except OSError:
            return None
        return (found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) else None
