"""Read the provider's discovery document: only the members that we use, each of them checked."""

from __future__ import annotations

from typing import Any

from webapp.basics.urls import is_https_or_loopback
from webapp.web.login.errors import ProviderUnavailable
from webapp.web.request_log import log

_REQUIRED_ADDRESSES = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_OPTIONAL_ADDRESSES = ("userinfo_endpoint", "end_session_endpoint")
#: Only algorithms with a key pair: the provider's keys are public, so a MAC proves nothing.
_ALGORITHMS = frozenset(
    ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
)


def read_metadata(document: Any, issuer: str) -> dict[str, Any]:
    """Return the checked members of a discovery document (OIDC Discovery 3, RFC 8414 2, RFC 9207).

    An address must be https, or http on loopback; an optional one that is not is left out and
    logged. Raises ProviderUnavailable without the required addresses, and when the document names
    another issuer than `issuer` (OIDC Discovery 4.3).
    """
    if not isinstance(document, dict):
        raise ProviderUnavailable("discovery is unreadable")
    named_issuer = document.get("issuer")
    if not isinstance(named_issuer, str) or named_issuer.rstrip("/") != issuer.rstrip("/"):
        raise ProviderUnavailable("discovery names another issuer")
    algorithms = _texts(document, "id_token_signing_alg_values_supported")
    return {
        "issuer": named_issuer,
        **_addresses(document),
        # RS256 must be supported by every provider.
        "id_token_signing_alg_values_supported": [
            name for name in algorithms if name in _ALGORITHMS
        ]
        or ["RS256"],
        "token_endpoint_auth_methods_supported": _texts(
            document, "token_endpoint_auth_methods_supported"
        ),
        "prompt_values_supported": _texts(document, "prompt_values_supported"),
        "authorization_response_iss_parameter_supported": document.get(
            "authorization_response_iss_parameter_supported"
        )
        is True,
    }


def _addresses(document: dict[str, Any]) -> dict[str, str]:
    names = _REQUIRED_ADDRESSES + _OPTIONAL_ADDRESSES
    usable = {name: document[name] for name in names if is_https_or_loopback(document.get(name))}
    missing = [name for name in _REQUIRED_ADDRESSES if name not in usable]
    if missing:
        raise ProviderUnavailable(f"discovery has no usable {' and no usable '.join(missing)}")
    ignored = [name for name in _OPTIONAL_ADDRESSES if document.get(name) and name not in usable]
    if ignored:
        log().warning("provider_addresses_ignored", names=ignored, problem="not https")
    return usable


def _texts(document: dict[str, Any], name: str) -> list[str]:
    """Return a member that is a list of texts; some providers write one text without a list."""
    value = document.get(name)
    if isinstance(value, str):
        return [value]
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
