"""Answer with a file of evidence: no browser may run it, no cache may keep it.

A file that breaks off resets the client's connection: a clean end would make a part look whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from flask import Response, request

from webapp.journey.api_evidence import EvidenceFile, EvidenceRequested, FileFacts
from webapp.web import security_headers
from webapp.web.request_log import bound_request_id, log, request_id

#: Types that browsers show without running anything; all others are offered as a download.
_SHOWN = frozenset(
    {"image/jpeg", "image/png", "image/gif", "image/webp", "image/avif", "image/bmp",
     "video/mp4", "video/webm", "video/quicktime", "video/ogg", "audio/mpeg", "audio/mp4",
     "audio/aac", "audio/wav", "audio/flac"}
)  # fmt: skip
_EXTENSIONS = {
    "image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp",
    "image/avif": "avif", "image/bmp": "bmp", "image/tiff": "tif", "image/heic": "heic",
    "image/jp2": "jp2", "image/jxl": "jxl", "video/mp4": "mp4", "video/webm": "webm",
    "video/quicktime": "mov", "video/3gpp": "3gp", "video/ogg": "ogv", "video/mp2t": "ts",
    "video/x-matroska": "mkv", "video/x-msvideo": "avi", "audio/mpeg": "mp3", "audio/mp4": "m4a",
    "audio/wav": "wav", "application/pdf": "pdf", "application/zip": "zip",
}  # fmt: skip
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST_NAME = 60
_CONNECTION = "webapp.connection"
PDF_CHECKSUM = "Pdf-Checksum"


def head_response(requested: EvidenceRequested, facts: FileFacts) -> Response:
    """Return what a GET would answer, without a body."""
    return _response(requested, facts, ())


def file_response(requested: EvidenceRequested, file: EvidenceFile) -> Response:
    """Return the response that streams the file, and closes it at its end."""
    try:
        return _response(requested, file.facts, _FileBody(file))
    except BaseException:
        file.close()
        raise


class _FileBody:
    """The body of a response, which the server iterates over and closes.

    Flask has left the request by then, so its id is bound anew.
    """

    def __init__(self, file: EvidenceFile) -> None:
        self._file = file
        self._connection: Any = request.environ.get(_CONNECTION)
        self._request_id = request_id()

    def __iter__(self) -> Iterator[bytes]:
        with bound_request_id(self._request_id):
            try:
                yield from self._file
            except Exception as error:
                log().warning("evidence_stream_broken", error=type(error).__name__)
                if self._connection is not None:
                    self._connection.reset()
                raise

    def close(self) -> None:
        with bound_request_id(self._request_id):
            self._file.close()


def _response(requested: EvidenceRequested, facts: FileFacts, body: Any) -> Response:
    security_headers.sandbox()
    answer = Response(body, 206 if facts.part else 200, direct_passthrough=True)
    headers = answer.headers
    headers["Content-Type"] = facts.media_type
    headers["Content-Disposition"] = _disposition(requested, facts.media_type)
    headers["Cache-Control"] = "no-store"
    # nginx then passes the file on unbuffered, and writes none of it to its disk.
    headers["X-Accel-Buffering"] = "no"
    headers["Accept-Ranges"] = "bytes" if facts.part else "none"
    if facts.size is not None:
        headers["Content-Length"] = str(facts.size)
    if facts.part is not None:
        headers["Content-Range"] = str(facts.part)
    if facts.checksum is not None:
        headers[PDF_CHECKSUM] = str(facts.checksum)
    return answer


def _disposition(requested: EvidenceRequested, media_type: str) -> str:
    item = requested.item
    type_ = _NOT_IN_A_NAME.sub("_", item.type or str(item.kind))[:_LONGEST_NAME]
    name = f"{type_}-{requested.onboarding_id}.{_EXTENSIONS.get(media_type, 'bin')}"
    shown = "inline" if media_type in _SHOWN else "attachment"
    return f'{shown}; filename="{name}"'
