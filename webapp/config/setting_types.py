"""Field types of settings: each parses the text of an environment variable."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field

from webapp.config.addresses import base_address, older_receiver_address, proxy_address
from webapp.config.database import database_address
from webapp.config.encryption_keys import data_key, refuse_repeated_key_ids, result_key
from webapp.config.model import Frozen, NotEmpty, Origin, matching
from webapp.config.problems import InvalidValue
from webapp.config.setting_sources import failure_reason
from webapp.config.text_files import has_byte_order_mark
from webapp.config.webhook_headers import header_sets

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _json(value: Any) -> Any:
    """Parse JSON; defaults are no text and pass."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        pass
    raise InvalidValue("is not valid JSON")  # outside: json's exception holds the whole text


def _json_list(value: Any) -> tuple[Any, ...]:
    items = _json(value)
    if not isinstance(items, list | tuple):
        raise InvalidValue('is not a JSON list such as ["one", "two"]')
    return tuple(items)


def _visible_ascii(text: str) -> str:
    if not text.isascii() or not text.isprintable() or " " in text:
        raise InvalidValue("has spaces or characters that cannot be sent")
    return text


def _durations(text: str) -> tuple[timedelta, ...]:
    parts = [re.fullmatch(r"([1-9][0-9]{0,5})([smhd])", part.strip()) for part in text.split(",")]
    spans = tuple(timedelta(seconds=int(m[1]) * _SECONDS[m[2]]) for m in parts if m)
    if len(spans) < len(parts):
        raise InvalidValue("is not a list of times such as 1m,5m,2h")
    if any(later <= earlier for earlier, later in pairwise(spans)):
        raise InvalidValue("must rise from each time to the next")
    return spans


def _digits_to_number(value: Any) -> Any:
    return int(value) if re.fullmatch("0|[1-9][0-9]{0,3}", str(value)) else value


def _switch(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return {"true": True, "false": False}[value.lower()]
    except KeyError:
        raise InvalidValue("is neither true nor false") from None


def _path(text: str) -> Path:
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError:
        raise InvalidValue("names a home directory that does not exist") from None


def _folder(text: str) -> Path:
    path = _path(text)
    if path.exists() and not path.is_dir():
        raise InvalidValue("names something that is not a folder")
    return path


def _file(text: str) -> Path:
    path = _path(text)
    try:
        with path.open("rb"):
            return path
    except FileNotFoundError:
        raise InvalidValue("names a file that does not exist") from None
    except IsADirectoryError:
        raise InvalidValue("names a folder, not a file") from None
    except (OSError, ValueError) as error:
        raise InvalidValue(f"names a file that cannot be read ({failure_reason(error)})") from None


def _certificates(text: str) -> str:
    path = str(_file(text))
    if has_byte_order_mark(Path(path)):  # OpenSSL would skip the first certificate
        raise InvalidValue("names a file that begins with a byte order mark; save it as ASCII")
    try:
        ssl.create_default_context(cafile=path)
    except (ssl.SSLError, OSError):
        raise InvalidValue("names a file without PEM certificates") from None
    return path


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise InvalidValue("is not an IANA time zone that this machine knows") from None
    return name


JsonList = BeforeValidator(_json_list)
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Upper = BeforeValidator(str.upper)
Digits = BeforeValidator(_digits_to_number)
Switch = Annotated[bool, BeforeValidator(_switch)]
TokenAuthMethod = Literal[
    "auto", "client_secret_post", "client_secret_basic", "client_secret_basic_raw"
]
VisibleAscii = Annotated[str, AfterValidator(_visible_ascii)]
LongSecret = Annotated[str, Field(min_length=32)]
Token = Annotated[str, Field(min_length=16), AfterValidator(_visible_ascii)]
GatewayPath = Annotated[str, matching(r"(/[A-Za-z0-9._~-]+)+", "/onboarding")]
ConsoleUrl = Annotated[str, AfterValidator(lambda text: text and base_address(text))]
DatabaseUrl = Annotated[str, AfterValidator(lambda text: text and database_address(text))]
OlderReceiver = Annotated[str, AfterValidator(older_receiver_address)]
ProxyAddress = Annotated[str, AfterValidator(proxy_address)]
Words = Annotated[tuple[VisibleAscii, ...], BeforeValidator(lambda text: tuple(text.split()))]
Durations = Annotated[tuple[timedelta, ...], BeforeValidator(_durations)]
Folder = Annotated[Path, BeforeValidator(_folder)]
File = Annotated[Path, BeforeValidator(_file)]
CertificatesFile = Annotated[str, AfterValidator(_certificates)]
Origins = Annotated[tuple[Origin, ...], JsonList]
DataKeys = Annotated[tuple[Annotated[str, AfterValidator(data_key)], ...], JsonList, NotEmpty]
ResultKey = Annotated[Mapping[str, Any], Frozen, BeforeValidator(result_key)]
ResultKeys = Annotated[tuple[ResultKey, ...], JsonList, AfterValidator(refuse_repeated_key_ids)]
Headers = Annotated[Mapping[str, str], Frozen]
HeaderSets = Annotated[tuple[Headers, ...], BeforeValidator(header_sets), BeforeValidator(_json)]
