"""One log-in at the gateway for all threads, processes and hosts, through a row of the database.

The log-in happens outside any transaction,
under a short lease in the row; whoever does not hold the lease waits for what comes of it.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from webapp.gateway.errors import CredentialsRefused, GatewayError, Unavailable
from webapp.gateway.token_cache import Token
from webapp.http_transport.deadline import seconds_left
from webapp.store.gateway_tokens import Row
from webapp.store.unit_of_work import Database

#: Part of a token's life after which it is renewed while still good.
RENEW_AT = 0.8
#: A refused token is not renewed if it is younger: the gateway then speaks of the process.
LEAST_AGE = timedelta(seconds=10)
#: Longer than a log-in may take; a process killed in the middle blocks nobody for longer.
LEASE = timedelta(seconds=15)
#: After a failed renewal a token that is still good is used for so long before the next try.
REST = timedelta(seconds=10)
#: Without one, nobody logs in again for so long after a failure, by what it was: refused
#: credentials are not tried over and over, for that may lock the account.
PAUSES = {"credentials": timedelta(seconds=10), "away": timedelta(seconds=1)}
_WAIT_SECONDS = 12.0
_LOOK_EVERY_SECONDS = 0.03
Fetch = Callable[[], Token]


class SharedTokenCache:
    """Implements `gateway.token_cache.TokenCache` over the database."""

    def __init__(self, database: Database, clock: Callable[[], datetime], account: str) -> None:
        """`account` tells the credentials apart; it is kept only as a hash."""
        self._database = database
        self._clock = clock
        self._account = hashlib.sha256(account.encode()).hexdigest()
        self._me = uuid.uuid4().hex
        self._near: Token | None = None

    def get(self, fetch: Fetch) -> Token:
        """The shared token, renewed at 80 % of its life by one caller while others use the old.

        A token that is still good outlives a failed renewal. Raises what `fetch` raises, or
        Unavailable when another caller's log-in came to nothing.
        """
        near = self._near
        if near is not None and self._fresh(near):
            return near
        return self._remember(self._settle(fetch, self._good, self._fresh))

    def replace(self, refused: str, fetch: Fetch) -> Token:
        """Another token than `refused`, unless that one is only seconds old. Raises as `get`."""

        def is_other(token: Token) -> bool:
            young = self._age(token.obtained_at) < LEAST_AGE
            return token.value != refused or young

        return self._remember(self._settle(fetch, is_other, is_other))

    def _settle(
        self, fetch: Fetch, usable: Callable[[Token], bool], enough: Callable[[Token], bool]
    ) -> Token:
        """`enough`: take it as it is. `usable`: will do while somebody else renews it."""
        since = self._clock()
        deadline = time.monotonic() + min(_WAIT_SECONDS, seconds_left())
        while True:
            row = self._row()
            token = _token(row)
            if token is not None and enough(token):
                return token
            fallback = token if token is not None and usable(token) else None
            if fallback is not None and self._resting(row):
                return fallback
            failed = self._failed(row, since)
            if not failed and self._claim(row):
                return self._log_in(fetch, fallback)
            if fallback is not None:
                return fallback
            if failed or time.monotonic() > deadline:
                raise _shared_failure(row)
            time.sleep(_LOOK_EVERY_SECONDS)

    def _log_in(self, fetch: Fetch, fallback: Token | None) -> Token:
        asked_at = self._clock()
        try:
            fetched = fetch()
        except BaseException as error:
            with self._database.writing() as work:
                work.tokens.fail(self._account, self._me, self._clock(), _kind(error))
            if fallback is not None and isinstance(error, GatewayError):
                return fallback
            raise
        # Its life is what counts: when it began is told by the clock that the fleet shares.
        life = fetched.expires_at - fetched.obtained_at
        token = Token(fetched.value, asked_at, asked_at + life)
        with self._database.writing() as work:
            work.tokens.put(
                self._account, self._me, token.value, token.obtained_at, token.expires_at
            )
        return token

    def _row(self) -> Row | None:
        with self._database.reading() as work:
            return work.tokens.get(self._account)

    def _claim(self, row: Row | None) -> bool:
        now = self._clock()
        lease_until = row.lease_until if row is not None else None
        if lease_until is not None and now <= lease_until <= now + 2 * LEASE:
            return False
        with self._database.writing() as work:
            return work.tokens.claim(self._account, self._me, now, LEASE, row)

    def _failed(self, row: Row | None, since: datetime) -> bool:
        """Whether a log-in failed while we waited, or so recently that none is tried yet."""
        if row is None or row.failed_at is None:
            return False
        age = self._age(row.failed_at)
        return age <= self._clock() - since or age < PAUSES.get(row.failed_for or "away", REST)

    def _resting(self, row: Row | None) -> bool:
        failed_at = row.failed_at if row is not None else None
        return failed_at is not None and self._age(failed_at) < REST

    def _age(self, moment: datetime) -> timedelta:
        """How long ago it was.

        What lies minutes ahead was written by a clock that has been put right since. It was long
        ago: otherwise nobody could log in until the clock comes to it.
        """
        age = self._clock() - moment
        return age if age > -LEASE else timedelta.max

    def _good(self, token: Token) -> bool:
        return self._clock() < token.expires_at

    def _fresh(self, token: Token) -> bool:
        life = token.expires_at - token.obtained_at
        return self._clock() < token.obtained_at + life * RENEW_AT

    def _remember(self, token: Token) -> Token:
        self._near = token
        return token


def _token(row: Row | None) -> Token | None:
    if row is None or row.token is None or row.obtained_at is None or row.expires_at is None:
        return None
    return Token(row.token, row.obtained_at, row.expires_at)


def _kind(error: BaseException) -> str:
    return "credentials" if isinstance(error, CredentialsRefused) else "away"


def _shared_failure(row: Row | None) -> GatewayError:
    if row is not None and row.failed_for == "credentials":
        return CredentialsRefused("the credentials were refused a moment ago", status=401)
    return Unavailable("the log-in of another caller came to nothing", maybe_sent=False)
