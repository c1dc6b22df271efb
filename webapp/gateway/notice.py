"""The gateway's notices: who may send one, and what it says. Contract section 5."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from webapp.gateway.identifiers import canonical_id
from webapp.gateway.strict_json import read_json

_MAX_STATUS_CHARACTERS = 64
_MAX_DEPTH = 8


@dataclass(frozen=True)
class Notice:
    """A hint that a process changed; never proof. `status` is the gateway's own word."""

    verification_id: str
    status: str
    raw: bytes = field(repr=False)


class InvalidNoticeBody(Exception):
    """The body is no notice. `reason` says so without repeating any of it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def parse_notice(body: bytes) -> Notice:
    """Read a notice; keys we do not know are fine. Raises `InvalidNoticeBody`. Contract 5."""
    try:
        value = read_json(body, max_depth=_MAX_DEPTH, unique_keys=True)
    except ValueError as error:
        raise InvalidNoticeBody(str(error)) from None
    if not isinstance(value, dict):
        raise InvalidNoticeBody("not an object")
    try:
        verification_id = canonical_id(value.get("verificationId"))
    except ValueError:
        raise InvalidNoticeBody("verificationId is not a UUID") from None
    return Notice(verification_id, _status(value.get("status")), body)


def headers_match(required: Sequence[Mapping[str, str]], received: Mapping[str, str]) -> bool:
    """Whether all headers of at least one object of `required` arrived as they must.

    Header names are compared without case, values exactly, in a time that depends neither on
    the values nor on which object matches. Nothing required matches nothing: an empty list or
    an empty object lets nobody in.
    """
    digests = {name.lower(): _digest(value) for name, value in received.items()}
    absent = _digest("")
    any_object = False
    for expected in required:
        whole_object = bool(expected)
        for name, value in expected.items():
            arrived = name.lower() in digests
            same = hmac.compare_digest(digests.get(name.lower(), absent), _digest(value))
            whole_object &= arrived & same
        any_object |= whole_object
    return any_object


def _status(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidNoticeBody("status is not a string")
    if not value.strip() or len(value) > _MAX_STATUS_CHARACTERS or not value.isprintable():
        raise InvalidNoticeBody("status is empty, too long or not printable")
    return value


def _digest(value: str) -> bytes:
    """Equal lengths for compare_digest, which otherwise tells the length of the secret."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).digest()
