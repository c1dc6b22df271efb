"""Check the identity provider of users: its discovery document must name OIDC_ISSUER."""

from __future__ import annotations

from collections.abc import Iterator

import httpx

from webapp.basics.urls import is_https_or_loopback
from webapp.cli.doctor.finding import Finding, failure, good
from webapp.cli.doctor.http_client import client, is_untrusted
from webapp.config.settings import Settings

_REQUIRED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_ADDRESSES = (*_REQUIRED, "userinfo_endpoint", "end_session_endpoint")
_AUTH_METHODS = {"client_secret_basic", "client_secret_post"}
_CONSEQUENCE = "until then users cannot log in there"


def findings(found: Settings) -> Iterator[Finding]:
    """Yield nothing without OIDC login. OIDC Discovery 4."""
    if found.oidc_issuer is not None:
        yield _finding(found, found.oidc_issuer)


def _finding(found: Settings, issuer: str) -> Finding:
    address = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
    try:
        with client(found) as http:
            answer = http.get(address)
        document = answer.json() if answer.status_code == 200 else None
    except httpx.TransportError as error:
        if is_untrusted(error):
            return failure(
                f"OIDC_ISSUER: the certificate of {issuer} is not trusted here; give its "
                f"authority in OUTBOUND_CA_FILE ({_CONSEQUENCE})"
            )
        return failure(
            f"OIDC_ISSUER: no answer from {issuer}; check the address and whether this machine "
            f"may reach it ({_CONSEQUENCE})"
        )
    except ValueError:
        document = None
    if not isinstance(document, dict):
        return failure(
            f"OIDC_ISSUER: {address} gives no discovery document (status {answer.status_code}); "
            f"check the address ({_CONSEQUENCE})"
        )
    return _check_document(issuer, document)


def _check_document(issuer: str, document: dict[str, object]) -> Finding:
    if str(document.get("issuer", "")).rstrip("/") != issuer.rstrip("/"):
        return failure(
            f"OIDC_ISSUER: the provider at {issuer} names another issuer; set OIDC_ISSUER to "
            f"the issuer in its discovery document ({_CONSEQUENCE})"
        )
    missing = [name for name in _REQUIRED if not document.get(name)]
    if missing:
        return failure(
            f"OIDC_ISSUER: the discovery document of {issuer} lacks {', '.join(missing)}; users "
            f"cannot log in there ({_CONSEQUENCE})"
        )
    insecure = [name for name in _ADDRESSES if document.get(name)]
    insecure = [name for name in insecure if not is_https_or_loopback(document[name])]
    if insecure:
        return failure(
            f"OIDC_ISSUER: the discovery document of {issuer} has addresses that are not https: "
            f"{', '.join(insecure)}; ask the provider to correct them, the server does not use them"
        )
    methods = document.get("token_endpoint_auth_methods_supported")
    if isinstance(methods, list) and methods and not _AUTH_METHODS.intersection(map(str, methods)):
        return failure(
            f"OIDC_ISSUER: {issuer} accepts no client secret at its token endpoint; let it accept "
            f"client_secret_basic or client_secret_post for this client ({_CONSEQUENCE})"
        )
    return good(f"OIDC_ISSUER {issuer} has a valid discovery document")
