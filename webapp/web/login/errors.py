"""Ways in which a login at the identity provider can fail.

LoginError
├── LoginDenied           the user refused at the provider
├── LoginStale            a callback that this browser did not ask for, or asked for too long ago
├── LoginRefused          a callback that cannot be trusted; carries what was wrong
└── ProviderUnavailable   the provider gave no answer, or an invalid one
"""

from __future__ import annotations


class LoginError(Exception):
    """Base of all failures of a login."""


class LoginDenied(LoginError):
    """The user refused, or the provider refused for them."""


class LoginStale(LoginError):
    """The callback matches no open login of this browser."""


class LoginRefused(LoginError):
    """The callback cannot be trusted; `problem` names the failed check, never a received value."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class ProviderUnavailable(LoginError):
    """The provider cannot be called at the moment."""
