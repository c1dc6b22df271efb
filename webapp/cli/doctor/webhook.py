"""The headers by which a notice is known: the only proof that a notice has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from webapp.cli.doctor.finding import Finding, good, warning
from webapp.config.settings import Settings

#: A random text of so many characters cannot be guessed over a network.
_LEAST_LENGTH = 20
_LEAST_DIFFERENT = 10
_CURE = "python3 -c 'import secrets; print(secrets.token_urlsafe(32))' makes a good one"


def findings(found: Settings) -> Iterator[Finding]:
    """Are there any, and is at least one of each set a real secret?"""
    if not found.webhook_headers:
        yield warning(
            "MOBBSCAN_WEBHOOK_HEADERS is not set: notices are refused, results come by polling only"
        )
        return
    weak = [number for number, each in enumerate(found.webhook_headers, 1) if not _strong(each)]
    for number in weak:
        which = f" (set {number})" if len(found.webhook_headers) > 1 else ""
        yield warning(
            f"MOBBSCAN_WEBHOOK_HEADERS{which} holds no value that is hard to guess; {_CURE}"
        )
    if not weak:
        yield good("notices must carry a header that cannot be guessed")


def _strong(headers: Mapping[str, str]) -> bool:
    # The word before a space (`Bearer`, `Basic`) is known to everybody.
    secrets = (value.rpartition(" ")[2] for value in headers.values())
    return any(
        len(each) >= _LEAST_LENGTH and len(set(each)) >= _LEAST_DIFFERENT for each in secrets
    )
