"""Ways in which a login at the identity provider can fail.

LoginError
├── LoginDenied           the user refused at the provider
├── LoginStale            a callback that this browser did not ask for, or asked for too long ago
├── LoginRefused          the provider refused, or its callback cannot be trusted
├── LoginInterrupted      a passing error that is tried once more by itself
└── ProviderUnavailable   the provider gave no answer, an invalid one, or has a passing error
"""

from __future__ import annotations

import re

#: OpenID Connect has `access_denied`; Apple and LinkedIn have words of their own.
_DENIED = frozenset(["access_denied", "user_cancelled_authorize", "user_cancelled_login"])
_ERROR_WORD = re.compile(r"[A-Za-z0-9_.-]{1,64}")
#: The provider could not finish this login, and the next one may succeed: RFC 6749 4.1.2.1, and
#: OIDC Core 3.1.2.6 for users whose session at the provider has ended meanwhile.
_PASSING = frozenset(
    [
        "temporarily_unavailable",
        "server_error",
        "slow_down",
        "authentication_expired",
        "login_required",
        "interaction_required",
        "account_selection_required",
        "consent_required",
    ]
)


class LoginError(Exception):
    """Base of all failures of a login.

    `problem` names what is wrong in our own words, `provider_error` is the provider's error word.
    """

    def __init__(self, problem: str | None = None, provider_error: str | None = None) -> None:
        super().__init__(problem or provider_error)
        self.problem = problem
        self.provider_error = provider_error


class LoginDenied(LoginError):
    """The user refused, or the provider refused for them."""


class LoginStale(LoginError):
    """The callback matches no open login of this browser."""


class LoginRefused(LoginError):
    """The callback cannot be trusted, or the provider refuses; the next login may fail too."""


class LoginInterrupted(LoginError):
    """A passing error of the first attempt: a new login for the site `site_id` is to follow."""

    def __init__(self, site_id: str, provider_error: str | None) -> None:
        super().__init__(None, provider_error)
        self.site_id = site_id


class ProviderUnavailable(LoginError):
    """The provider cannot be called at the moment, or its answer cannot be used."""


def error_of_provider(error: object) -> LoginError:
    """Return the failure for an `error` of the provider, which may be any value."""
    readable = isinstance(error, str) and _ERROR_WORD.fullmatch(error)
    # Free text may name the user, so it is not kept.
    word = str(error) if readable else "unreadable"
    if word in _DENIED:
        return LoginDenied(None, word)
    if word in _PASSING:
        return ProviderUnavailable("provider_error", word)
    return LoginRefused("provider_error", word)
