"""Keys in sites.toml: of hand-offs, of the host's API calls, of messages to the host."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, import_key

from webapp.config.fields import Check, all_of, list_of, one_of, text, unknown
from webapp.config.problems import InvalidValue
from webapp.config.sources import resolve_secret

T = TypeVar("T")
SCOPES = ("onboardings", "data", "evidence", "decide", "erase")


@dataclass(frozen=True)
class ApiKey:
    """A key of the host's back end: only the SHA-256 of it is known here, in lower-case hex."""

    sha256: str = field(repr=False)
    name: str | None = None
    scopes: frozenset[str] = frozenset(SCOPES)


def secret(environ: Mapping[str, str], check: Callable[[str], T]) -> Callable[[Any], T]:
    """A secret as written, or from `env:NAME` or `file:/path`; a complaint then names the place."""

    def read(found: Any) -> T:
        written = text(found)
        value = resolve_secret(written, environ)
        try:
            return check(value)
        except InvalidValue as wrong:
            place = "" if value == written else f" ({written} is not)"
            raise InvalidValue(wrong.what + place) from None

    return read


def handoff_key(environ: Mapping[str, str]) -> Callable[[Any], str | dict[str, Any]]:
    """A text of 32 bytes or more (HS256), or a public JWK (ES256, EdDSA)."""
    in_text = secret(environ, _long)
    return lambda found: _public_jwk(found) if isinstance(found, dict) else in_text(found)


def _long(key: str) -> str:
    if len(key.encode()) < 32:
        raise InvalidValue("must be a secret of 32 bytes or more, or a public JWK as a table")
    return key


def _public_jwk(found: dict[str, Any]) -> dict[str, Any]:
    if "d" in found or "k" in found:
        raise InvalidValue(
            "must be the public half of a key only; make a new pair: this one was shown"
        )
    try:
        key = import_key(found)
        fits = isinstance(key, ECKey | OKPKey) and key.curve_name in ("P-256", "Ed25519")
    except (JoseError, ValueError, TypeError, KeyError):
        fits = False
    if not fits:
        raise InvalidValue("must be a public JWK of P-256 (ES256) or Ed25519 (EdDSA)")
    return found


def api_key(environ: Mapping[str, str]) -> Callable[[Any], ApiKey]:
    """`"sha256:…"`, or a table with name, hash and scopes."""
    hash_ = secret(environ, _hash)
    known = {"name": text, "hash": hash_, "scopes": list_of(one_of(*SCOPES))}

    def check(found: Any) -> ApiKey:
        if not isinstance(found, dict):
            return ApiKey(hash_(found))
        if "hash" not in found and found.keys() <= known.keys():
            raise InvalidValue("must have a hash")
        parts = (
            (key, known.get(key) or _refused(key, known), value) for key, value in found.items()
        )
        good = dict(zip(found, all_of(parts), strict=True))
        return ApiKey(good["hash"], good.get("name"), frozenset(good.get("scopes", SCOPES)))

    return check


def _refused(key: str, known: Mapping[str, Check]) -> Check:
    def refuse(_found: Any) -> Any:
        raise unknown(key, known)

    return refuse


def _hash(found: str) -> str:
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", found):
        raise InvalidValue(
            "must be sha256: and the lower-case hex SHA-256 of the key, never the key"
        )
    return found.removeprefix("sha256:")


def webhook_secret(environ: Mapping[str, str]) -> Callable[[Any], str]:
    """`whsec_` and 24 to 64 bytes in base64, as Standard Webhooks writes it."""
    return secret(environ, _signing)


def _signing(key: str) -> str:
    try:
        raw = base64.b64decode(key.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if not key.startswith("whsec_") or not 24 <= len(raw) <= 64:
        raise InvalidValue("must be whsec_ and 24 to 64 bytes in base64")
    return key
