"""Keys that the server generates once, stored encrypted and shared by all nodes."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import delete, select

from webapp.store.repository import SealingRepository
from webapp.store.schema import generated_keys
from webapp.store.sql import insert_if_absent


def _random_key() -> bytes:
    return os.urandom(32)


class GeneratedKeys(SealingRepository):
    def get(self, name: str) -> bytes | None:
        sealed = self._connection.scalar(
            select(generated_keys.c.value).where(generated_keys.c.name == name)
        )
        return base64.b64decode(self._cipher.open(sealed)) if sealed else None

    def get_or_make(
        self, name: str, now: datetime, make: Callable[[], bytes] = _random_key
    ) -> bytes:
        """Return the key; store what `make` returns, 32 random bytes, if there is none."""
        sealed = self._cipher.seal(base64.b64encode(make()).decode())
        insert_if_absent(self._connection, generated_keys, name=name, value=sealed, created_at=now)
        stored = self.get(name)  # possibly made by another process
        if stored is None:
            raise LookupError(f"no generated key {name}")
        return stored

    def delete(self, name: str) -> bool:
        """Delete the key; return whether there was one."""
        deleted = delete(generated_keys).where(generated_keys.c.name == name)
        return self._connection.execute(deleted).rowcount == 1
