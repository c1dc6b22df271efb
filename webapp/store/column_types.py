"""Column types for aware UTC times and encrypted values, and the cipher for the latter."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import DateTime, LargeBinary, TypeDecorator
from sqlalchemy.engine import Dialect

from webapp.store.errors import WrongKey


class Cipher:
    """Encrypts with the first of DATA_KEYS, decrypts with any (cryptography's MultiFernet)."""

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys`: 32 bytes each in base64url; the first one is the newest."""
        fernets = [Fernet(_padded(key)) for key in keys]
        self._newest, self._fernet = fernets[0], MultiFernet(fernets)

    def seal(self, text: str) -> bytes:
        return self._fernet.encrypt(text.encode())

    def open(self, sealed: bytes) -> str:
        """Decrypt. Raises WrongKey when none of the keys fits."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken as cause:
            raise WrongKey(
                "no key of DATA_KEYS opens a stored value: bring back the key it was sealed with"
            ) from cause

    def is_newest(self, sealed: bytes) -> bool:
        """Return whether the newest key opens the value."""
        try:
            self._newest.decrypt(sealed)
        except InvalidToken:
            return False
        return True

    def reseal(self, sealed: bytes) -> bytes:
        """Encrypt the same text with the newest key. Raises WrongKey when none fits."""
        return self.seal(self.open(sealed))


def _padded(key: str) -> bytes:
    raw = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))
    return base64.urlsafe_b64encode(raw)


class UtcDateTime(TypeDecorator[datetime]):
    """Stores and returns aware UTC times; SQLite itself returns naive ones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a time zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        aware: datetime = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC)


class Sealed(LargeBinary):
    """A column that holds only results of `Cipher.seal`."""
