"""Authenticate every call with the access token; renew a refused token and repeat the call once."""

from __future__ import annotations

from collections.abc import Callable, Generator

import httpx

from webapp.gateway.token_cache import Token, TokenCache

_MAX_REPEATS = 2


class BearerAuth(httpx.Auth):
    """httpx auth flow that takes its token from a `TokenCache`.

    A 401 means that the call was not carried out, so repeating it is safe for every method. The
    call is not repeated with the refused token. With `wait`, a call whose token is too young to be
    renewed waits for the renewal while its deadline allows: for calls of which a 401 is no ordinary
    answer. Contract 2.2, 4-P.
    """

    def __init__(self, tokens: TokenCache, log_in: Callable[[], Token], *, wait: bool) -> None:
        self._tokens = tokens
        self._log_in = log_in
        self._wait = wait

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Send with the current token, and after a 401 once more with another one.

        The other one may have been stored by another caller, and be refused too: then it is
        renewed, and the call repeated a last time.
        """
        token = self._tokens.get(self._log_in)
        log_ins: list[Token] = []

        def log_in() -> Token:
            log_ins.append(self._log_in())
            return log_ins[-1]

        for _ in range(_MAX_REPEATS):
            request.headers["Authorization"] = f"Bearer {token.value}"
            response = yield request
            if response.status_code != httpx.codes.UNAUTHORIZED or log_ins:
                return
            renewed = self._tokens.replace(token.value, log_in, wait=self._wait)
            if renewed.value == token.value:
                return
            token = renewed
        request.headers["Authorization"] = f"Bearer {token.value}"
        yield request
