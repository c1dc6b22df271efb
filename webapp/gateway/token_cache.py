"""Cache the access token: share it between threads, renew it in time, log in only once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from webapp.gateway.errors import GatewayError, Unavailable
from webapp.http_transport.deadline import seconds_left

RENEW_AT_SHARE_OF_LIFETIME = 0.8
MIN_BETWEEN_RENEWALS = timedelta(seconds=10)


@dataclass(frozen=True)
class Token:
    """An access token; both times are aware UTC of our own clock. Contract 2.2."""

    value: str = field(repr=False)
    obtained_at: datetime
    expires_at: datetime

    def renew_at(self) -> datetime:
        """Return the time from which the token should be renewed: 80 % of its lifetime."""
        return self.obtained_at + (self.expires_at - self.obtained_at) * RENEW_AT_SHARE_OF_LIFETIME


class TokenCache(Protocol):
    """Holds one token for all callers that share the cache. `fetch` makes a real log-in."""

    def get(self, fetch: Callable[[], Token]) -> Token:
        """Return the token, renewed at 80 % of its lifetime with one log-in for all callers."""
        ...

    def replace(self, refused: str, fetch: Callable[[], Token]) -> Token:
        """Return a token to use instead of `refused`.

        Renews only while the refused token is still the stored one, and at most once in 10 s;
        otherwise returns the stored token, which may be the refused one itself.
        """
        ...


class MemoryTokenCache:
    """A thread-safe cache for one process, used by `doctor` and by tests."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._pending: Future[Token] | None = None
        self._no_renewal_before: datetime | None = None

    def get(self, fetch: Callable[[], Token]) -> Token:
        """See `TokenCache.get`. After a failed renewal a valid token stays in use."""
        with self._lock:
            known = self._token
            if known is not None and self._is_usable(known):
                return known
        try:
            return self._renew(known, fetch)
        except GatewayError:
            if known is not None and self._now() < known.expires_at:
                return known
            raise

    def replace(self, refused: str, fetch: Callable[[], Token]) -> Token:
        """See `TokenCache.replace`."""
        with self._lock:
            known = self._token
            if known is not None and not self._may_replace(known, refused):
                return known
        return self._renew(known, fetch)

    def _is_usable(self, token: Token) -> bool:
        now = self._now()
        if now < token.renew_at():
            return True
        is_too_early = self._no_renewal_before is not None and now < self._no_renewal_before
        return now < token.expires_at and (is_too_early or self._pending is not None)

    def _may_replace(self, known: Token, refused: str) -> bool:
        is_recent = self._now() < known.obtained_at + MIN_BETWEEN_RENEWALS
        return known.value == refused and not is_recent

    def _renew(self, known: Token | None, fetch: Callable[[], Token]) -> Token:
        """Log in in one thread; callers that wait for it get the same token or the same error."""
        with self._lock:
            if self._token is not None and self._token is not known:
                return self._token
            pending = self._pending
            is_first = pending is None
            if pending is None:
                pending = self._pending = Future()
        if is_first:
            self._log_in(pending, fetch)
        return _wait_for(pending)

    def _log_in(self, pending: Future[Token], fetch: Callable[[], Token]) -> None:
        try:
            token = fetch()
        except GatewayError as error:
            self._finish(None)
            pending.set_exception(error)
        except BaseException:
            # This thread is being stopped; the threads that wait for it must not be.
            self._finish(None)
            pending.set_exception(Unavailable("log in: interrupted", maybe_sent=False))
            raise
        else:
            self._finish(token)
            pending.set_result(token)

    def _finish(self, token: Token | None) -> None:
        with self._lock:
            self._pending = None
            if token is None:
                self._no_renewal_before = self._now() + MIN_BETWEEN_RENEWALS
            else:
                self._token, self._no_renewal_before = token, None


def _wait_for(pending: Future[Token]) -> Token:
    try:
        return pending.result(timeout=min(seconds_left(), threading.TIMEOUT_MAX))
    except TimeoutError:
        raise Unavailable("no token in time", maybe_sent=False) from None
