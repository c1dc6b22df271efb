"""Evidence on its way through: checked at its first bytes, never whole. Contract 3.4 to 3.7."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from webapp.gateway.decoding import (
    UndecodableBody,
    base64_decoded,
    headed,
    limited,
    looks_like_base64,
)
from webapp.gateway.envelope import Envelope
from webapp.gateway.errors import EvidenceNotFound, GatewayError, InvalidResponse, RequestRefused
from webapp.gateway.evidence_kinds import Kind
from webapp.gateway.exchange import Exchange
from webapp.gateway.file_signatures import HEAD_BYTES
from webapp.gateway.options import Budgets
from webapp.gateway.response_stream import ResponseStream
from webapp.gateway.responses import checked
from webapp.gateway.retry import safely_repeated
from webapp.gateway.same_process import same_process
from webapp.gateway.timestamps import moment_of
from webapp.http_transport.deadline import deadline

_ABSENT = (204, 404, 410)
_ASK_IN_ANOTHER_WAY = (400, 406, 415)
_SPACE = b" \t\r\n\xef\xbb\xbf"
# Base64 is a third longer than what it stands for, and may be broken into lines.
_BASE64_MAY_BE_LONGER = 2


@dataclass
class Evidence:
    """One file while it streams through; good inside its `with` block only.

    `media_type` is what the first bytes say. `size` is in bytes, None where the gateway wraps
    the file or does not say. The capture time is known only where the gateway wraps the file,
    and only after the last chunk if it is written behind it: as it stands, and as aware UTC.

    `chunks` can be read once. It raises `Unavailable` where the file breaks off, is too late or
    too large, and `ProcessMismatch`; it ends only where the file ends.
    """

    media_type: str
    size: int | None
    captured_at: datetime | None = field(default=None, repr=False)
    captured_at_raw: str | None = field(default=None, repr=False)
    chunks: Iterator[bytes] = field(default=iter(()), repr=False)

    def note(self, members: dict[str, Any]) -> None:
        """Take over what stands beside the file."""
        stated = members.get("timestamp")
        if isinstance(stated, str | int | float) and not isinstance(stated, bool):
            self.captured_at = moment_of(stated)
            text = str(stated).replace("\0", "").strip()
            self.captured_at_raw = text.encode(errors="replace").decode() or None


@dataclass(frozen=True)
class Wanted:
    """Which evidence of which process, at which address, and how large it may be (bytes)."""

    kind: Kind
    scan_id: str
    address: str
    max_bytes: int


class EvidenceReader:
    """Finds out in which form the gateway hands a file over, and undoes the form."""

    def __init__(self, exchange: Exchange, auth: httpx.Auth, budgets: Budgets) -> None:
        self._exchange = exchange
        self._auth = auth
        self._budgets = budgets

    @contextmanager
    def opened(self, wanted: Wanted) -> Iterator[Evidence]:
        """The evidence, its connection given back or closed at the end of the block.

        Raises `EvidenceNotFound`, `ProcessMismatch`, `RequestRefused`, `Unauthorized`,
        `Unavailable`.
        """
        with deadline(self._budgets.evidence_begins_seconds):
            incoming, evidence = self._first_understood(wanted)
        try:
            yield evidence
        finally:
            incoming.close()

    def _first_understood(self, wanted: Wanted) -> tuple[ResponseStream, Evidence]:
        call = wanted.kind.call
        failure: GatewayError = InvalidResponse(f"{call}: nothing that can be read")
        for way in wanted.kind.ways:
            incoming = safely_repeated(lambda way=way: self._asked(wanted, way))  # type: ignore[misc]
            if incoming.status in _ASK_IN_ANOTHER_WAY:
                failure = _not_this_way(call, incoming, failure)
                continue
            try:
                return incoming, _understood(wanted, incoming)
            except UndecodableBody as why:
                incoming.close()
                failure = InvalidResponse(f"{call}: {why}", status=incoming.status)
            except BaseException:
                incoming.close()
                raise
        raise failure

    def _asked(self, wanted: Wanted, way: str) -> ResponseStream:
        call = wanted.kind.call
        idle = self._budgets.evidence_idle_seconds
        response = self._exchange.open(
            call, wanted.address, accept=way, auth=self._auth, idle_seconds=idle
        )
        incoming = ResponseStream(call, response, idle, self._budgets.evidence_seconds)
        try:
            if response.status_code in _ABSENT:
                status, body = response.status_code, incoming.refusal
                raise EvidenceNotFound(f"{call}: not there", status=status, body=body)
            if response.status_code not in _ASK_IN_ANOTHER_WAY:
                if not response.is_success:
                    checked(call, response)
                incoming.begin(HEAD_BYTES)
        except BaseException:
            incoming.close()
            raise
        return incoming


def _not_this_way(call: str, incoming: ResponseStream, before: GatewayError) -> GatewayError:
    """400 speaks of the evidence: our ids are well formed; the others speak of the form."""
    absent = incoming.status == 400 or isinstance(before, EvidenceNotFound)
    meaning: type[GatewayError] = EvidenceNotFound if absent else RequestRefused
    told = f"{call}: answered {incoming.status}"
    return meaning(told, status=incoming.status, body=incoming.refusal)


def _understood(wanted: Wanted, incoming: ResponseStream) -> Evidence:
    """Raises `UndecodableBody` where another way of asking may help."""
    head, media_type = incoming.head, wanted.kind.media_type(incoming.head)
    if not head:
        raise EvidenceNotFound(f"{wanted.kind.call}: an empty answer", status=incoming.status)
    if media_type is not None:
        return _passed_through(wanted, incoming, media_type)
    raw = limited(incoming.chunks(), _BASE64_MAY_BE_LONGER * wanted.max_bytes + len(head))
    if head.lstrip(_SPACE).startswith(b"{"):
        envelope = Envelope(wanted.kind.members)
        return _unwrapped(wanted, base64_decoded(envelope.text(raw)), envelope)
    if looks_like_base64(head) and incoming.measured:
        return _unwrapped(wanted, base64_decoded(raw), None)
    raise UndecodableBody("neither the file nor a known wrapping of it")


def _passed_through(wanted: Wanted, incoming: ResponseStream, media_type: str) -> Evidence:
    if not incoming.measured:
        raise UndecodableBody("a file without a stated length could break off unnoticed")
    if incoming.size is not None and incoming.size > wanted.max_bytes:
        raise UndecodableBody(f"larger than {wanted.max_bytes} bytes")
    evidence = Evidence(media_type, incoming.size)
    evidence.chunks = _told(wanted, evidence, limited(incoming.chunks(), wanted.max_bytes), None)
    return evidence


def _unwrapped(wanted: Wanted, file: Iterator[bytes], envelope: Envelope | None) -> Evidence:
    head, chunks = headed(file, HEAD_BYTES)
    members = envelope.members if envelope else {}
    _about(wanted, members)
    media_type = wanted.kind.media_type(head)
    if media_type is None:
        if not head and any(name in members and not members[name] for name in wanted.kind.members):
            raise EvidenceNotFound(f"{wanted.kind.call}: nothing in the answer", status=200)
        raise UndecodableBody("not a file of the kind asked for")
    evidence = Evidence(media_type, None)
    evidence.note(members)
    evidence.chunks = _told(wanted, evidence, limited(chunks, wanted.max_bytes), envelope)
    return evidence


def _told(
    wanted: Wanted, evidence: Evidence, chunks: Iterator[bytes], envelope: Envelope | None
) -> Iterator[bytes]:
    """The same chunks, with errors a reader knows, and what stands behind the file noted."""
    try:
        yield from chunks
    except UndecodableBody as why:
        raise InvalidResponse(f"{wanted.kind.call}: {why}", status=200) from None
    if envelope is not None:
        _about(wanted, envelope.members)
        evidence.note(envelope.members)


def _about(wanted: Wanted, members: dict[str, Any]) -> None:
    # The vendor's own samples leave it empty.
    stated = members.get("scanId") or None
    same_process(wanted.kind.call, wanted.scan_id, stated, may_be_absent=True)
