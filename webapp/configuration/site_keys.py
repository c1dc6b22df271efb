"""Keys in sites.toml: of hand-offs, of the host's API calls, of messages to the host."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, import_key

from webapp.configuration.fields import list_of, one_of, text, unknown, within
from webapp.configuration.problems import Wrong
from webapp.configuration.sources import resolve_secret

SCOPES = ("onboardings", "data", "evidence", "decide", "erase")


@dataclass(frozen=True)
class ApiKey:
    """A key of the host's back end: only the SHA-256 of it is known here, in lower-case hex."""

    sha256: str = field(repr=False)
    name: str | None = None
    scopes: frozenset[str] = frozenset(SCOPES)


def secret(environ: Mapping[str, str]) -> Callable[[Any], str]:
    return lambda found: resolve_secret(text(found), environ)


def handoff_key(environ: Mapping[str, str]) -> Callable[[Any], str | dict[str, Any]]:
    """A text of 32 bytes or more (HS256), or a public JWK (ES256, EdDSA)."""

    def check(found: Any) -> str | dict[str, Any]:
        if isinstance(found, dict):
            return _public_jwk(found)
        key = secret(environ)(found)
        if len(key.encode()) < 32:
            raise Wrong("must be a secret of 32 bytes or more, or a public JWK as a table")
        return key

    return check


def _public_jwk(found: dict[str, Any]) -> dict[str, Any]:
    if "d" in found or "k" in found:
        raise Wrong("must be the public half of a key only; make a new pair: this one was shown")
    try:
        key = import_key(found)
        fits = isinstance(key, ECKey | OKPKey) and key.curve_name in ("P-256", "Ed25519")
    except (JoseError, ValueError, TypeError, KeyError):
        fits = False
    if not fits:
        raise Wrong("must be a public JWK of P-256 (ES256) or Ed25519 (EdDSA)")
    return found


def api_key(environ: Mapping[str, str]) -> Callable[[Any], ApiKey]:
    """`"sha256:…"`, or a table with name, hash and scopes."""

    def check(found: Any) -> ApiKey:
        if not isinstance(found, dict):
            return ApiKey(_hash(secret(environ)(found)))
        known = {
            "name": text,
            "hash": lambda found: _hash(secret(environ)(found)),
            "scopes": list_of(one_of(*SCOPES)),
        }
        for key in found.keys() - known.keys():
            raise Wrong(unknown(key, known).what, (key,))
        if "hash" not in found:
            raise Wrong("must have a hash")
        good = {key: within(key, known[key], value) for key, value in found.items()}
        return ApiKey(good["hash"], good.get("name"), frozenset(good.get("scopes", SCOPES)))

    return check


def _hash(found: str) -> str:
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", found):
        raise Wrong("must be sha256: and the lower-case hex SHA-256 of the key, never the key")
    return found.removeprefix("sha256:")


def webhook_secret(environ: Mapping[str, str]) -> Callable[[Any], str]:
    """`whsec_` and 24 to 64 bytes in base64, as Standard Webhooks writes it."""

    def check(found: Any) -> str:
        key = secret(environ)(found)
        try:
            raw = base64.b64decode(key.removeprefix("whsec_"), validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        if not key.startswith("whsec_") or not 24 <= len(raw) <= 64:
            raise Wrong("must be whsec_ and 24 to 64 bytes in base64")
        return key

    return check
