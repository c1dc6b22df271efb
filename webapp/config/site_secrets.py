"""Field types of the secrets and keys in sites.toml; a secret may be `env:NAME` or `file:/path`."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, import_key
from pydantic import BeforeValidator, ValidationInfo

from webapp.config.model import freeze
from webapp.config.problems import InvalidValue
from webapp.config.setting_sources import resolve_secret


def _read_secret(check: Callable[[str], str]) -> Callable[[Any, ValidationInfo], str]:
    """Resolve a reference, then check the secret; an error names the reference."""

    def read(written: Any, info: ValidationInfo) -> str:
        if not isinstance(written, str) or not written.strip():
            raise InvalidValue("must be a text in quotes, not empty")
        secret = resolve_secret(written.strip(), (info.context or {}).get("environ", {}))
        try:
            return check(secret)
        except InvalidValue as error:
            place = "" if secret == written.strip() else f" ({written} is not)"
            raise InvalidValue(f"{error}{place}") from None

    return read


def _api_key_hash(text: str) -> str:
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", text):
        what = "must be sha256: and the lower-case hex SHA-256 of the key, never the key"
        raise InvalidValue(what)
    return text.removeprefix("sha256:")


def _webhook_secret(text: str) -> str:
    try:
        raw = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if not text.startswith("whsec_") or not 24 <= len(raw) <= 64:
        raise InvalidValue("must be whsec_ and 24 to 64 bytes in base64")
    return text


def _shared_secret(text: str) -> str:
    if len(text.encode()) < 32:
        raise InvalidValue("must be a secret of 32 bytes or more, or a public JWK as a table")
    return text


def _public_jwk(jwk: Mapping[str, Any]) -> Mapping[str, Any]:
    if "d" in jwk or "k" in jwk:
        what = "must be the public half of a key only; make a new pair: this one was disclosed"
        raise InvalidValue(what)
    try:
        key = import_key(dict(jwk))
        fits = isinstance(key, ECKey | OKPKey) and key.curve_name in ("P-256", "Ed25519")
    except (JoseError, ValueError, TypeError, KeyError):
        fits = False
    if not fits:
        raise InvalidValue("must be a public JWK of P-256 (ES256) or Ed25519 (EdDSA)")
    return freeze(jwk)


def _handoff_key(written: Any, info: ValidationInfo) -> str | Mapping[str, Any]:
    if isinstance(written, Mapping):
        return _public_jwk(written)
    return _read_secret(_shared_secret)(written, info)


#: The SHA-256 of an API key, written `sha256:…`; the value is the hex digest alone.
ApiKeyHash = Annotated[str, BeforeValidator(_read_secret(_api_key_hash))]
#: `whsec_` and 24 to 64 bytes in base64 (Standard Webhooks).
WebhookSecret = Annotated[str, BeforeValidator(_read_secret(_webhook_secret))]
#: A text of 32 bytes or more (HS256), or a public JWK (ES256, EdDSA).
HandoffKey = Annotated[Any, BeforeValidator(_handoff_key)]
