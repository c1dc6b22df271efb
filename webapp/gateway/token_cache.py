"""Who keeps the access token, and the promise about renewing it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from webapp.gateway.errors import GatewayError, Unavailable
from webapp.http_transport.deadline import seconds_left

RENEW_AT_SHARE_OF_LIFE = 0.8
MIN_BETWEEN_RENEWALS = timedelta(seconds=10)


@dataclass(frozen=True)
class Token:
    """An access token; both times are aware UTC by our own clock. Contract 2.2."""

    value: str = field(repr=False)
    obtained_at: datetime
    expires_at: datetime

    def renew_at(self) -> datetime:
        """The moment from which a new one should be fetched: 80 % of its life."""
        return self.obtained_at + (self.expires_at - self.obtained_at) * RENEW_AT_SHARE_OF_LIFE


class TokenCache(Protocol):
    """Keeps one token for everybody who shares the cache. `fetch` makes a real log-in."""

    def get(self, fetch: Callable[[], Token]) -> Token:
        """The current token, renewed at 80 % of its life; one log-in, however many ask."""
        ...

    def replace(self, refused: str, fetch: Callable[[], Token]) -> Token:
        """A token other than the refused one, if there may be one.

        Renews only while the refused one is still the stored one and at most once in 10 s;
        otherwise the stored one is returned, which may be the refused one itself.
        """
        ...


class MemoryTokenCache:
    """A cache for one process, safe between threads: `doctor` and tests use it."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._flight: Future[Token] | None = None
        self._leave_alone_until: datetime | None = None

    def get(self, fetch: Callable[[], Token]) -> Token:
        """See `TokenCache.get`. A token still valid outlives a failed renewal."""
        with self._lock:
            known = self._token
            if known is not None and self._good_for_now(known):
                return known
        try:
            return self._renewed(known, fetch)
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
        return self._renewed(known, fetch)

    def _good_for_now(self, token: Token) -> bool:
        now = self._now()
        if now < token.renew_at():
            return True
        resting = self._leave_alone_until is not None and now < self._leave_alone_until
        return now < token.expires_at and (resting or self._flight is not None)

    def _may_replace(self, known: Token, refused: str) -> bool:
        young = self._now() < known.obtained_at + MIN_BETWEEN_RENEWALS
        return known.value == refused and not young

    def _renewed(self, known: Token | None, fetch: Callable[[], Token]) -> Token:
        """One thread logs in; whoever asks meanwhile gets the same token or the same failure."""
        with self._lock:
            if self._token is not None and self._token is not known:
                return self._token
            flight = self._flight
            mine = flight is None
            if flight is None:
                flight = self._flight = Future()
        if mine:
            self._log_in(flight, fetch)
        return _outcome(flight)

    def _log_in(self, flight: Future[Token], fetch: Callable[[], Token]) -> None:
        try:
            token = fetch()
        except GatewayError as error:
            self._landed(None)
            flight.set_exception(error)
        except BaseException:
            # Somebody stops this thread; those who wait must not be stopped with it.
            self._landed(None)
            flight.set_exception(Unavailable("log in: broken off", maybe_sent=False))
            raise
        else:
            self._landed(token)
            flight.set_result(token)

    def _landed(self, token: Token | None) -> None:
        with self._lock:
            self._flight = None
            if token is None:
                self._leave_alone_until = self._now() + MIN_BETWEEN_RENEWALS
            else:
                self._token, self._leave_alone_until = token, None


def _outcome(flight: Future[Token]) -> Token:
    try:
        return flight.result(timeout=min(seconds_left(), threading.TIMEOUT_MAX))
    except TimeoutError:
        raise Unavailable("no token in time", maybe_sent=False) from None
