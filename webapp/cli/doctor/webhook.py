"""Check that MOBBSCAN_WEBHOOK_HEADERS holds a secret: it is the only proof of a notice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from webapp.cli.doctor.finding import Finding, good, warning
from webapp.config.settings import Settings

#: A random text of this length cannot be guessed over a network.
_MIN_LENGTH = 20
_MIN_DISTINCT = 10
_FIX = "use the output of: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"


def findings(found: Settings) -> Iterator[Finding]:
    """Warn without headers, and of each set of headers without a strong secret."""
    if not found.webhook_headers:
        yield warning(
            "MOBBSCAN_WEBHOOK_HEADERS is not set: notices are refused, results come by polling only"
        )
        return
    weak = [number for number, each in enumerate(found.webhook_headers, 1) if not _is_strong(each)]
    for number in weak:
        which = f" (set {number})" if len(found.webhook_headers) > 1 else ""
        yield warning(
            f"MOBBSCAN_WEBHOOK_HEADERS{which} holds no value that is hard to guess; {_FIX}"
        )
    if not weak:
        yield good("notices must carry a header that cannot be guessed")
    if found.forward_unknown_notices_to is not None:
        first = "the first set of" if len(found.webhook_headers) > 1 else "the"
        yield good(
            "notices about ids of another system are handed on to FORWARD_UNKNOWN_NOTICES_TO with "
            f"{first} headers of MOBBSCAN_WEBHOOK_HEADERS: unset it when the other system has ended"
        )


def _is_strong(headers: Mapping[str, str]) -> bool:
    # The scheme before a space (`Bearer`, `Basic`) is no secret.
    secrets = (value.rpartition(" ")[2] for value in headers.values())
    return any(len(each) >= _MIN_LENGTH and len(set(each)) >= _MIN_DISTINCT for each in secrets)
