"""Checks of single settings. Each takes the text, returns the value or raises `InvalidValue`."""

from __future__ import annotations

import base64
import binascii
import json
import re
import ssl
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from webapp.config.problems import InvalidValue
from webapp.config.sources import reason

T = TypeVar("T")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NEVER_ARRIVE = frozenset(
    {"connection", "content-length", "expect", "forwarded", "host", "keep-alive", "te"}
    | {"trailer", "transfer-encoding", "upgrade", "x-real-ip"}
)
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:  # json's own message is safe, its exception carries the whole text
        raise InvalidValue("is not valid JSON") from None


def json_list(check: Callable[[str], T]) -> Callable[[str], tuple[T, ...]]:
    """A JSON list of strings, each one checked."""

    def read(text: str) -> tuple[T, ...]:
        items = _json(text)
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            raise InvalidValue('is not a JSON list of strings such as ["one", "two"]')
        return tuple(check(item) for item in items)

    return read


def plain(text: str) -> str:
    """Visible ASCII without spaces, as keys, tokens and identifiers are."""
    if not text.isascii() or not text.isprintable() or " " in text:
        raise InvalidValue("has spaces or characters that cannot be sent")
    return text


def long_secret(text: str) -> str:
    if len(text) < 32:
        raise InvalidValue("is shorter than 32 characters")
    return text


def operations_token(text: str) -> str:
    if len(plain(text)) < 16:
        raise InvalidValue("is shorter than 16 characters")
    return text


def path_below_gateway(text: str) -> str:
    if not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+", text):
        raise InvalidValue("is not a path such as /onboarding")
    return text


def delete_method(text: str) -> str:
    method = text.upper()
    if method not in ("DELETE", "GET"):  # what webapp.gateway.options takes, too
        raise InvalidValue("is neither DELETE nor GET")
    return method


def headers(text: str) -> tuple[dict[str, str], ...]:
    """One object of headers, or a list of them: any one of the list is enough."""
    found = _json(text)
    alternatives = found if isinstance(found, list) else [found]
    if not alternatives:
        raise InvalidValue("is an empty list; leave it unset to close the webhook")
    return tuple(_header_set(each) for each in alternatives)


def _header_set(found: object) -> dict[str, str]:
    if not isinstance(found, dict):
        raise InvalidValue("is neither a JSON object of headers nor a list of such objects")
    if not found:
        raise InvalidValue("has an object without headers, which would let everybody in")
    if len({name.lower() for name in found}) < len(found):
        raise InvalidValue("names one header twice")
    for name, value in found.items():
        if not _HEADER_NAME.fullmatch(name):
            raise InvalidValue("has a header name that cannot be sent")
        _refuse_lost(name)
        printable = isinstance(value, str) and value.isascii() and value.isprintable()
        if not printable or not value or value != value.strip():
            raise InvalidValue("has a header whose value is not visible ASCII text")
    return dict(found)


def _refuse_lost(name: str) -> None:
    """Headers that servers and proxies on the way take out, or write themselves."""
    if "_" in name:
        raise InvalidValue(
            f"names the header {name}, which servers on the way drop for its underscore; "
            "agree on one with hyphens instead"
        )
    if name.lower() in _NEVER_ARRIVE or name.lower().startswith(("x-forwarded-", "proxy-")):
        raise InvalidValue(
            f"names the header {name}, which servers on the way write themselves; "
            "agree on one of your own, such as X-Notice-Key, instead"
        )


def durations(text: str) -> tuple[timedelta, ...]:
    found = [re.fullmatch(r"([1-9][0-9]{0,5})([smhd])", part.strip()) for part in text.split(",")]
    spans = tuple(timedelta(seconds=int(m[1]) * _SECONDS[m[2]]) for m in found if m)
    if len(spans) < len(found):
        raise InvalidValue("is not a list of times such as 1m,5m,2h")
    if any(later <= earlier for earlier, later in pairwise(spans)):
        raise InvalidValue("must rise from each time to the next")
    return spans


#: Among DATA_KEYS: the key that there is without any.
DERIVED = "derived"


def data_key(text: str) -> str:
    """32 bytes in base64url; with or without padding, returned with it."""
    if text == DERIVED:
        return DERIVED
    try:
        raw = base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), b"-_", True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != 32:
        raise InvalidValue("has a key that is not 32 bytes in base64url")
    return base64.urlsafe_b64encode(raw).decode()


def data_keys(text: str) -> tuple[str, ...]:
    keys = json_list(data_key)(text)
    if not keys:
        raise InvalidValue("is an empty list")
    return keys


def derived_data_key(secret_key: str) -> str:
    """A key for personal columns out of `SECRET_KEY`, by HKDF (RFC 5869)."""
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"mobbscan-embed personal columns 1")
    return base64.urlsafe_b64encode(kdf.derive(secret_key.encode())).decode()


def result_keys(text: str) -> tuple[dict[str, str], ...]:
    found = _json(text)
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise InvalidValue("is not a JSON list of private JWKs")
    return tuple(_result_key(each) for each in found)


def _result_key(found: dict[str, str]) -> dict[str, str]:
    try:
        key = ECKey.import_key(found)  # type: ignore[arg-type]
        fits = key.is_private and key.curve_name == "P-256"
    except (JoseError, ValueError, TypeError, KeyError):
        fits = False
    if not fits:
        raise InvalidValue("has a key that is not a private P-256 JWK (kty EC, crv P-256, with d)")
    return found


def folder(text: str) -> Path:
    path = Path(text).expanduser().absolute()
    if path.exists() and not path.is_dir():
        raise InvalidValue("names something that is not a folder")
    return path


def file(text: str) -> Path:
    path = Path(text).expanduser().absolute()
    try:
        with path.open("rb"):
            return path
    except FileNotFoundError:
        raise InvalidValue("names a file that does not exist") from None
    except IsADirectoryError:
        raise InvalidValue("names a folder, not a file") from None
    except (OSError, ValueError) as cause:
        raise InvalidValue(f"names a file that cannot be read ({reason(cause)})") from None


def certificates(text: str) -> str:
    path = str(file(text))
    try:
        ssl.create_default_context(cafile=path)
    except (ssl.SSLError, OSError):
        raise InvalidValue("names a file without PEM certificates") from None
    return path


def hops(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,2}", text):
        raise InvalidValue("is not a number of proxies such as 1")
    return int(text)


def workers(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,2}", text):
        raise InvalidValue("is not a number of web workers from 1 to 999")
    return int(text)


def log_level(text: str) -> str:
    if text.upper() not in _LEVELS:
        raise InvalidValue(f"is none of {', '.join(_LEVELS)}")
    return text.upper()


def words(text: str) -> tuple[str, ...]:
    return tuple(plain(word) for word in text.split())
