"""The access token, and the protocol of caches that hold one for all callers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

RENEW_AT_SHARE_OF_LIFETIME = 0.8


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

    def replace(self, refused: str, fetch: Callable[[], Token], *, wait: bool = False) -> Token:
        """Return a token to use instead of `refused`.

        Renews only while the refused token is still the stored one, and at most once in 10 s;
        otherwise returns the stored token, which may be the refused one itself. With `wait` it
        first waits until the renewal is allowed, if the caller's deadline lies after that.
        """
        ...
