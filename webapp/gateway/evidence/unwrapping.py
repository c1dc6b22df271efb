"""Recognise how the gateway wraps a file (raw, base64, base64 in JSON) and unwrap it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, tzinfo
from itertools import chain
from typing import Any

from webapp.basics.byte_range import ByteRange, ContentRange
from webapp.gateway.errors import EvidenceNotFound, InvalidResponse
from webapp.gateway.evidence.decoding import (
    UndecodableBody,
    decode_base64,
    limit_size,
    looks_like_base64,
    read_head,
)
from webapp.gateway.evidence.evidence_stream import EvidenceStream
from webapp.gateway.evidence.file_signatures import HEAD_BYTES, UNKNOWN
from webapp.gateway.evidence.json_envelope import JsonEnvelope
from webapp.gateway.evidence.kinds import EvidenceKind
from webapp.gateway.evidence.response_stream import ResponseStream
from webapp.gateway.process_ids import readable_id, refuse_other_process

_JSON_STARTS = (b"{", b'"')
_SPACE = b" \t\r\n\xef\xbb\xbf"
# Base64 is a third longer than the file, and may contain line breaks.
_MAX_BASE64_GROWTH = 2


@dataclass(frozen=True)
class EvidenceRequest:
    """Which evidence of which process, and its largest size in bytes.

    `urls` are its possible addresses, the likeliest first. `time_zone` is that of times that state
    none. `part` is wanted instead of the whole file if the gateway answers ranges.
    """

    kind: EvidenceKind
    scan_id: str
    urls: tuple[str, ...]
    max_bytes: int
    time_zone: tzinfo = UTC
    part: ByteRange | None = None


def unwrap(request: EvidenceRequest, response: ResponseStream) -> EvidenceStream:
    """Return the file of a response whose head has been read.

    Raises `UndecodableBody` where another `Accept` value may help, `EvidenceNotFound`,
    `ProcessMismatch` and `InvalidResponse`.
    """
    head, media_type = response.head, request.kind.media_type(response.head)
    if not head:
        raise EvidenceNotFound(f"{request.kind.call}: an empty response", status=response.status)
    if media_type is not None and media_type != UNKNOWN:
        return _raw_file(request, response, media_type)
    raw = limit_size(response.chunks(), _MAX_BASE64_GROWTH * request.max_bytes + len(head))
    start = head.lstrip(_SPACE)[:1]
    if start in _JSON_STARTS:
        envelope = JsonEnvelope(request.kind.json_members)
        # The base64 alone as a JSON text is read as the only member of an object.
        text = raw if start == b"{" else chain([b'{"data":'], raw, [b"}"])
        return _decoded_file(request, decode_base64(envelope.text(text)), envelope)
    if looks_like_base64(head) and response.has_detectable_end:
        return _decoded_file(request, decode_base64(raw), None)
    if media_type == UNKNOWN:
        return _raw_file(request, response, UNKNOWN)
    raise UndecodableBody("neither the file nor a known wrapping of it")


def partial_file(
    request: EvidenceRequest, response: ResponseStream, media_type: str, part: ContentRange
) -> EvidenceStream:
    """Return the part of a file that the response holds."""
    evidence = EvidenceStream(media_type, part.size, part=part)
    evidence.chunks = _checked_chunks(request, evidence, response.chunks(), None)
    return evidence


def _raw_file(
    request: EvidenceRequest, response: ResponseStream, media_type: str
) -> EvidenceStream:
    if not response.has_detectable_end:
        raise UndecodableBody("a file without a stated length could be cut off unnoticed")
    if response.size is not None and response.size > request.max_bytes:
        raise UndecodableBody(f"larger than {request.max_bytes} bytes")
    evidence = EvidenceStream(media_type, response.size)
    evidence.chunks = _checked_chunks(request, evidence, response.chunks(), None)
    return evidence


def _decoded_file(
    request: EvidenceRequest, file: Iterator[bytes], envelope: JsonEnvelope | None
) -> EvidenceStream:
    head, chunks = read_head(file, HEAD_BYTES)
    members = envelope.members if envelope else {}
    media_type = request.kind.media_type(head)
    evidence = EvidenceStream(media_type or UNKNOWN, None)
    _read_members(request, evidence, members)
    if media_type is None:
        names = request.kind.json_members
        if not head and any(name in members and not members[name] for name in names):
            raise EvidenceNotFound(f"{request.kind.call}: nothing in the response", status=200)
        raise UndecodableBody("not a file of the requested kind")
    evidence.chunks = _checked_chunks(request, evidence, chunks, envelope)
    return evidence


def _checked_chunks(
    request: EvidenceRequest,
    evidence: EvidenceStream,
    chunks: Iterator[bytes],
    envelope: JsonEnvelope | None,
) -> Iterator[bytes]:
    """Yield the chunks within the size limit; then check the members that follow the file."""
    try:
        yield from limit_size(chunks, request.max_bytes)
    except UndecodableBody as reason:
        raise InvalidResponse(f"{request.kind.call}: {reason}", status=200) from None
    if envelope is not None:
        _read_members(request, evidence, envelope.members)


def _read_members(
    request: EvidenceRequest, evidence: EvidenceStream, members: dict[str, Any]
) -> None:
    """Take time and ids from the JSON members around the file. Raises `ProcessMismatch`.

    The vendor's samples leave `scanId` empty, and its glossary calls it the id of the scan process:
    another one alone proves nothing. Contract, additions of 2026-11-30.
    """
    evidence.read_answer_time(members, request.time_zone)
    stated = readable_id(members, "scanId")
    if stated not in (None, request.scan_id):
        evidence.other_scan_id = stated
    refuse_other_process(request.kind.call, request.scan_id, members)
