"""A token cache for one process, for tests and benchmarks of the gateway client alone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from webapp.gateway.token_cache import Token


class MemoryTokenCache:
    """Implements `TokenCache`. Logs in once for all threads; never renews a token before a 401."""

    def __init__(self, token: Token | None = None) -> None:
        self._token = token
        self._lock = threading.Lock()

    def get(self, fetch: Callable[[], Token]) -> Token:
        with self._lock:
            if self._token is None:
                self._token = fetch()
            return self._token

    def replace(self, refused: str, fetch: Callable[[], Token], *, wait: bool = False) -> Token:
        with self._lock:
            token = self._token
            if token is None or (token.value == refused and _is_old(token)):
                token = self._token = fetch()
            return token


def _is_old(token: Token) -> bool:
    return datetime.now(UTC) >= token.obtained_at + timedelta(seconds=10)
