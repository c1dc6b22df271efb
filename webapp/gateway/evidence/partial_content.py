"""Request a part of a file, and accept only a right answer to it (206, RFC 9110, 14 and 15.3.7).

The vendor documents no ranges. A part has no signature of its own, so the beginning of the file is
requested first; a gateway that answers it with the whole file is asked no more.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import partial
from http import HTTPStatus

from webapp.basics.byte_range import ByteRange, ContentRange
from webapp.gateway.errors import GatewayError
from webapp.gateway.evidence.evidence_stream import EvidenceStream
from webapp.gateway.evidence.file_signatures import HEAD_BYTES
from webapp.gateway.evidence.response_stream import ResponseStream
from webapp.gateway.evidence.unwrapping import EvidenceRequest, partial_file, unwrap

Opened = tuple[ResponseStream, EvidenceStream]
OpenResponse = Callable[[str, ByteRange], ResponseStream]
"""Takes a URL and the part; raises `GatewayError` for an unsuccessful response."""

_BEGINNING = ByteRange(0, HEAD_BYTES - 1)


def read_part(request: EvidenceRequest, part: ByteRange, open_at: OpenResponse) -> Opened | None:
    """Return the part, or the whole file from a gateway without ranges; None without either.

    The caller then requests the whole file, and learns why there is none.
    """
    for url in request.urls:
        try:
            found = _read_part_at(request, part, partial(open_at, url))
        except GatewayError:
            continue
        if found is not None:
            return found
    return None


def _read_part_at(
    request: EvidenceRequest, part: ByteRange, open_part: Callable[[ByteRange], ResponseStream]
) -> Opened | None:
    beginning = open_part(_BEGINNING)
    if beginning.status != HTTPStatus.PARTIAL_CONTENT:
        return _whole_file(request, beginning)
    with closing(beginning):
        beginning.read_head(HEAD_BYTES)
        stated, media_type = beginning.content_range, request.kind.media_type(beginning.head)
    if stated is None or media_type is None or stated.total > request.max_bytes:
        return None
    wanted = part.within(stated.total)
    if wanted is None or stated != _BEGINNING.within(stated.total):
        return None
    return _checked_part(request, wanted, media_type, beginning.version, open_part)


def _checked_part(
    request: EvidenceRequest,
    wanted: ContentRange,
    media_type: str,
    version: str,
    open_part: Callable[[ByteRange], ResponseStream],
) -> Opened | None:
    response = open_part(ByteRange(wanted.first, wanted.last))
    try:
        if response.content_range == wanted and response.version == version:
            response.read_head(1)
            return response, partial_file(request, response, media_type, wanted)
    except BaseException:
        response.close()
        raise
    response.close()
    return None


def _whole_file(request: EvidenceRequest, response: ResponseStream) -> Opened | None:
    try:
        response.read_head(HEAD_BYTES)
        return response, unwrap(request, response)
    except ValueError:
        response.close()
        return None
    except BaseException:
        response.close()
        raise
