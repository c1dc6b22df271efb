"""Share one gateway token among all threads, processes and nodes, through a database row.

The log-in happens outside any transaction, under a short lease in the row; other callers wait for
its outcome.
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
from webapp.store.gateway_tokens import StoredToken
from webapp.store.unit_of_work import Database

#: A refused token that is younger is not renewed: the 401 then concerns the process.
MIN_AGE = timedelta(seconds=10)
#: Longer than a log-in may take, so that the lease of a killed process ends soon.
LEASE = timedelta(seconds=15)
#: After a failed renewal, how long a token that is still valid is used before the next attempt.
RENEWAL_PAUSE = timedelta(seconds=10)
#: Without a valid token, how long no caller logs in after a failure, by its kind. Repeating refused
#: credentials may lock the account.
LOGIN_PAUSES = {"credentials": timedelta(seconds=10), "away": timedelta(seconds=1)}
_WAIT_SECONDS = 12.0
_POLL_SECONDS = 0.03
_RENEWAL_POLL_SECONDS = 0.25
#: What a caller that waits for a renewal needs afterwards, for the log-in and its repeated call.
_RENEWAL_SECONDS = 0.5
Fetch = Callable[[], Token]


class SharedTokenCache:
    """Implements `gateway.token_cache.TokenCache` over the database."""

    def __init__(self, database: Database, clock: Callable[[], datetime], account: str) -> None:
        """`account` identifies the credentials; only its hash is stored."""
        self._database = database
        self._clock = clock
        self._account = hashlib.sha256(account.encode()).hexdigest()
        self._caller_id = uuid.uuid4().hex
        self._local: Token | None = None

    def get(self, fetch: Fetch) -> Token:
        """Return the shared token. At 80 % of its life one caller renews it by `fetch`, the log-in;
        the others use the old one.

        A token that is still valid is used after a failed renewal too. Raises what `fetch` raises,
        or Unavailable when another caller's log-in failed.
        """
        local = self._local
        if local is not None and self._is_fresh(local):
            return local
        return self._remember(self._wait_for(fetch, self._is_valid, self._is_fresh))

    def replace(self, refused: str, fetch: Fetch, *, wait: bool = False) -> Token:
        """Return another token than `refused`, unless that is only seconds old. Raises as `get`.

        With `wait`, a token that is only seconds old is renewed as soon as that is allowed, unless
        the caller's deadline comes first.
        """
        if wait:
            self._wait_for_renewal_of(refused)

        def is_other(token: Token) -> bool:
            is_young = self._age(token.obtained_at) < MIN_AGE
            return token.value != refused or is_young

        return self._remember(self._wait_for(fetch, is_other, is_other))

    def _wait_for_renewal_of(self, refused: str) -> None:
        """Wait until the refused token is old enough to be renewed, or has been."""
        end = time.monotonic() + MIN_AGE.total_seconds()
        while time.monotonic() < end:
            token = _token(self._row())
            if token is None or token.value != refused:
                return
            seconds = (MIN_AGE - self._age(token.obtained_at)).total_seconds()
            if seconds <= 0 or seconds + _RENEWAL_SECONDS > seconds_left():
                return
            time.sleep(min(seconds, _RENEWAL_POLL_SECONDS))

    def _wait_for(
        self, fetch: Fetch, usable: Callable[[Token], bool], enough: Callable[[Token], bool]
    ) -> Token:
        """`enough`: return the token as it is. `usable`: use it while another caller renews it."""
        since = self._clock()
        deadline = time.monotonic() + min(_WAIT_SECONDS, seconds_left())
        while True:
            row = self._row()
            token = _token(row)
            if token is not None and enough(token):
                return token
            fallback = token if token is not None and usable(token) else None
            if fallback is not None and self._is_renewal_paused(row):
                return fallback
            failed = self._has_failed(row, since)
            if not failed and self._claim(row):
                return self._log_in(fetch, fallback)
            if fallback is not None:
                return fallback
            if failed or time.monotonic() > deadline:
                raise _shared_failure(row)
            time.sleep(_POLL_SECONDS)

    def _log_in(self, fetch: Fetch, fallback: Token | None) -> Token:
        asked_at = self._clock()
        try:
            fetched = fetch()
        except BaseException as error:
            with self._database.writing() as work:
                work.tokens.fail(self._account, self._caller_id, self._clock(), _kind(error))
            if fallback is not None and isinstance(error, GatewayError):
                return fallback
            raise
        # Only its length of life is taken: all nodes share the clock that dates the beginning.
        life = fetched.expires_at - fetched.obtained_at
        token = Token(fetched.value, asked_at, asked_at + life)
        with self._database.writing() as work:
            work.tokens.put(
                self._account, self._caller_id, token.value, token.obtained_at, token.expires_at
            )
        return token

    def _row(self) -> StoredToken | None:
        with self._database.reading() as work:
            return work.tokens.get(self._account)

    def _claim(self, row: StoredToken | None) -> bool:
        now = self._clock()
        lease_until = row.lease_until if row is not None else None
        if lease_until is not None and now <= lease_until <= now + 2 * LEASE:
            return False
        with self._database.writing() as work:
            return work.tokens.claim(self._account, self._caller_id, now, LEASE, row)

    def _has_failed(self, row: StoredToken | None, since: datetime) -> bool:
        """Whether a log-in failed while this caller waited, or too recently for another one."""
        if row is None or row.failed_at is None:
            return False
        age = self._age(row.failed_at)
        return age <= self._clock() - since or age < LOGIN_PAUSES.get(
            row.failed_for or "away", RENEWAL_PAUSE
        )

    def _is_renewal_paused(self, row: StoredToken | None) -> bool:
        failed_at = row.failed_at if row is not None else None
        return failed_at is not None and self._age(failed_at) < RENEWAL_PAUSE

    def _age(self, moment: datetime) -> timedelta:
        """Return how long ago `moment` was.

        A moment minutes ahead was written by a clock that has been corrected since. It counts as
        long ago: otherwise no caller could log in until the clock reaches it.
        """
        age = self._clock() - moment
        return age if age > -LEASE else timedelta.max

    def _is_valid(self, token: Token) -> bool:
        return self._clock() < token.expires_at

    def _is_fresh(self, token: Token) -> bool:
        return self._clock() < token.renew_at()

    def _remember(self, token: Token) -> Token:
        self._local = token
        return token


def _token(row: StoredToken | None) -> Token | None:
    if row is None or row.token is None or row.obtained_at is None or row.expires_at is None:
        return None
    return Token(row.token, row.obtained_at, row.expires_at)


def _kind(error: BaseException) -> str:
    return "credentials" if isinstance(error, CredentialsRefused) else "away"


def _shared_failure(row: StoredToken | None) -> GatewayError:
    if row is not None and row.failed_for == "credentials":
        return CredentialsRefused("the credentials were refused a moment ago", status=401)
    return Unavailable("the log-in of another caller failed", maybe_sent=False)
