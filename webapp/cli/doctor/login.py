"""The identity provider of end users: is it there, and does it speak for the issuer we trust?"""

from __future__ import annotations

from collections.abc import Iterator

import httpx

from webapp.cli.doctor.asking import client, untrusted
from webapp.cli.doctor.finding import Finding, failure, good
from webapp.config.settings import Settings

_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_WHAT_STOPS = "until then nobody can log in there"


def findings(found: Settings) -> Iterator[Finding]:
    """Nothing where people come by hand-off and links only. OIDC Discovery 4."""
    if found.oidc_issuer is not None:
        yield _finding(found, found.oidc_issuer)


def _finding(found: Settings, issuer: str) -> Finding:
    address = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
    try:
        with client(found) as http:
            answer = http.get(address)
        told = answer.json() if answer.status_code == 200 else None
    except httpx.TransportError as error:
        if untrusted(error):
            return failure(
                f"OIDC_ISSUER: the certificate of {issuer} is not trusted here; give its "
                f"authority in OUTBOUND_CA_FILE ({_WHAT_STOPS})"
            )
        return failure(
            f"OIDC_ISSUER: nobody answers at {issuer}; check the address and whether this machine "
            f"may reach it ({_WHAT_STOPS})"
        )
    except ValueError:
        told = None
    if not isinstance(told, dict):
        return failure(
            f"OIDC_ISSUER: {address} gives no discovery document (status {answer.status_code}); "
            f"check the address ({_WHAT_STOPS})"
        )
    return _judged(issuer, told)


def _judged(issuer: str, told: dict[str, object]) -> Finding:
    if str(told.get("issuer", "")).rstrip("/") != issuer.rstrip("/"):
        return failure(
            f"OIDC_ISSUER: the provider at {issuer} calls itself otherwise; set OIDC_ISSUER to "
            f"the issuer in its discovery document ({_WHAT_STOPS})"
        )
    lacking = [name for name in _NEEDED if not told.get(name)]
    if lacking:
        return failure(
            f"OIDC_ISSUER: the discovery document of {issuer} lacks {', '.join(lacking)}; it is no "
            f"provider that people can log in at ({_WHAT_STOPS})"
        )
    return good(f"OIDC_ISSUER {issuer} is there and speaks for itself")
