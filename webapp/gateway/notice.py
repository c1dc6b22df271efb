"""Parse and authenticate the notices that the gateway sends. Contract section 5."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from webapp.basics.json_reader import read_strict
from webapp.gateway.process_ids import canonical_id

_MAX_STATUS_CHARACTERS = 64
_MAX_DEPTH = 8


@dataclass(frozen=True)
class Notice:
    """A hint that a process has changed, never a proof. `status` is the gateway's word."""

    verification_id: str
    status: str
    raw: bytes = field(repr=False)


class InvalidNoticeBody(Exception):
    """The body is not a notice. `reason` contains nothing of the body."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def parse_notice(body: bytes) -> Notice:
    """Parse a notice and ignore unknown keys. Raises `InvalidNoticeBody`. Contract 5."""
    try:
        members = read_strict(body, _MAX_DEPTH)
    except ValueError as error:
        raise InvalidNoticeBody(str(error)) from None
    try:
        verification_id = canonical_id(members.get("verificationId"))
    except ValueError:
        raise InvalidNoticeBody("verificationId is not a UUID") from None
    return Notice(verification_id, _status(members.get("status")), body)


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


def _status(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidNoticeBody("status is not a string")
    if not value.strip() or len(value) > _MAX_STATUS_CHARACTERS or not value.isprintable():
        raise InvalidNoticeBody("status is empty, too long or not printable")
    return value


def _digest(value: str) -> bytes:
    """Make the lengths equal: `compare_digest` reveals the length of the secret otherwise."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).digest()
