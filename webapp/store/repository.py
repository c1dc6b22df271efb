"""Base classes of the repositories, which read and write tables within one open transaction."""

from __future__ import annotations

from sqlalchemy import Connection

from webapp.store.column_types import Cipher


class Repository:
    """Runs its statements on `connection`, which belongs to the unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection


class SealingRepository(Repository):
    """Also encrypts values before it stores them."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        super().__init__(connection)
        self._cipher = cipher

    def _seal(self, text: str | None) -> bytes | None:
        return self._cipher.seal(text) if text else None

    def _open(self, sealed: bytes | None) -> str | None:
        return self._cipher.open(sealed) if sealed else None
