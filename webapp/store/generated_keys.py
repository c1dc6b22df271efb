"""Keys that the server generates once, stored encrypted and shared by all nodes."""

from __future__ import annotations

import base64
import os
from datetime import datetime

from sqlalchemy import Connection, insert, select

from webapp.store.column_types import Cipher
from webapp.store.schema import generated_keys


class GeneratedKeys:
    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def get(self, name: str) -> bytes | None:
        sealed = self._connection.scalar(
            select(generated_keys.c.value).where(generated_keys.c.name == name)
        )
        return base64.b64decode(self._cipher.open(sealed)) if sealed else None

    def need(self, name: str) -> bytes:
        """Return the key. Raises LookupError when there is none."""
        value = self.get(name)
        if value is None:
            raise LookupError(f"no generated key {name}")
        return value

    def make(self, name: str, now: datetime) -> bytes:
        """Generate and store a random key of 32 bytes. Raises AlreadyExists if there is one."""
        value = os.urandom(32)
        sealed = self._cipher.seal(base64.b64encode(value).decode())
        self._connection.execute(
            insert(generated_keys).values(name=name, value=sealed, created_at=now)
        )
        return value
