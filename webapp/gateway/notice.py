"""Parse and authenticate the notices that the gateway sends. Contract section 5."""

from __future__ import annotations

import hashlib
import hmac
import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from itertools import islice, pairwise
from typing import Any
from urllib.parse import unquote_plus

from webapp.basics.json_reader import read_lenient
from webapp.gateway.process_ids import canonical_id

#: The status of a notice that states none, or no word. No gateway status is lower case.
UNKNOWN_STATUS = "unknown"
_MAX_STATUS_CHARACTERS = 64
#: Each notice is stored with the whole body, so that one request could fill the disk.
_MAX_PROCESSES = 32
_ID_NAME = "verification[_-]?id"
_UUID = "[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}"
_ID_MEMBER = re.compile(_ID_NAME, re.IGNORECASE)
_ID_VALUE = re.compile(rf"\s*(?:urn:uuid:)?\{{?({_UUID})\}}?\s*", re.IGNORECASE | re.ASCII)
# What stands between a name and its value in broken JSON, JSON within JSON, forms and XML: the
# attributes of an element, or the headers of a form's part; then signs.
_ATTRIBUTES = r"(?:\s[^<>]{1,200}>)?"
_PART_HEADERS = r"(?:\"(?:\r?\n[\w-]+:[^\r\n]{0,200}){1,5}\r?\n)?"
_SIGNS = r"[\s\"'\\:=>\[{(]*(?:<!\[CDATA\[\s*)?(?:urn:uuid:)?"
_BETWEEN = _ATTRIBUTES + _PART_HEADERS + _SIGNS
_ID_IN_TEXT = re.compile(
    rf"(?<![a-z_-]){_ID_NAME}{_BETWEEN}\{{?({_UUID})(?![0-9a-f-])", re.IGNORECASE | re.ASCII
)
_STATUS_IN_TEXT = re.compile(rf"(?<![a-z_-])(?:(?i:status)){_BETWEEN}([A-Z_]+)(?![a-z])", re.ASCII)


@dataclass(frozen=True)
class Notice:
    """A hint that a process has changed, never a proof.

    `status` is the gateway's word, or UNKNOWN_STATUS; `raw` is the whole body.
    """

    verification_id: str
    status: str
    raw: bytes = field(repr=False)


class InvalidNoticeBody(Exception):
    """The body names no process. `reason` contains nothing of the body."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def parse_notices(body: bytes) -> tuple[Notice, ...]:
    """Return a notice for each of the first 32 processes that the body names. Contract 5, 4-O.

    A notice is a hint, so a UUID is enough that can be read as a `verificationId`: the vendor's
    own sample is broken JSON, and forms and XML are read too. Raises `InvalidNoticeBody` without
    such a UUID.
    """
    plain = _without_encoding(body)
    text = plain.decode("utf-8", "replace")
    unescaped = unescape(unquote_plus(text))  # JSON in a field of a form, or in an element of XML
    found = dict(_ids_in_text(unescaped)) if unescaped != text else {}
    found |= {**dict(_ids_in_text(text)), **dict(_members(plain))}
    if not found:
        raise InvalidNoticeBody("no verificationId that is a UUID")
    first = islice(found.items(), _MAX_PROCESSES)
    return tuple(Notice(process_id, status, body) for process_id, status in first)


def headers_match(required: Sequence[Mapping[str, str]], received: Mapping[str, str]) -> bool:
    """Return whether `received` contains all headers of at least one object in `required`.

    Compares header names without case and values exactly, in a time that depends neither on the
    values nor on which object matches. An empty list and an empty object match nothing.
    """
    digests = {name.lower(): _digest(value) for name, value in received.items()}
    absent = _digest("")
    any_matches = False
    for expected in required:
        all_match = bool(expected)
        for name, value in expected.items():
            present = name.lower() in digests
            equal = hmac.compare_digest(digests.get(name.lower(), absent), _digest(value))
            all_match &= present & equal
        any_matches |= all_match
    return any_matches


def _without_encoding(body: bytes) -> bytes:
    """Return the bytes as ASCII where they are UTF-16 or UTF-32: ids and words are ASCII."""
    for mark in (BOM_UTF8, BOM_UTF16_LE, BOM_UTF16_BE):
        body = body.removeprefix(mark)
    return body.replace(b"\0", b"")


def _members(body: bytes) -> Iterator[tuple[str, str]]:
    """Yield id and status of each object in a JSON body that can be read, at any depth."""
    try:
        waiting: list[Any] = [read_lenient(b'{"body":' + body + b"}")["body"]]
    except ValueError:
        return
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield from _ids_of(value)
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _ids_of(members: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in members.items():
        if isinstance(value, str) and _ID_MEMBER.fullmatch(name):
            process_id = _ID_VALUE.fullmatch(value)
            if process_id:
                yield _canonical(process_id[1]), _status(members.get("status"))


def _ids_in_text(text: str) -> Iterator[tuple[str, str]]:
    """Yield ids from any other body; the status only if it is clear to which id it belongs."""
    ids = dict.fromkeys(_canonical(found[1]) for found in _ID_IN_TEXT.finditer(text))
    status = _STATUS_IN_TEXT.search(text) if len(ids) == 1 else None
    for process_id in ids:
        yield process_id, _status(status[1] if status else None)


def _canonical(text: str) -> str:
    digits = text.replace("-", "")
    cuts = (0, 8, 12, 16, 20, 32)
    return canonical_id("-".join(digits[a:b] for a, b in pairwise(cuts)))


def _status(value: object) -> str:
    word = value.strip() if isinstance(value, str) else ""
    is_word = word.isprintable() and 0 < len(word) <= _MAX_STATUS_CHARACTERS
    return word if is_word else UNKNOWN_STATUS


def _digest(value: str) -> bytes:
    """Make the lengths equal: `compare_digest` reveals the length of the secret otherwise."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).digest()
