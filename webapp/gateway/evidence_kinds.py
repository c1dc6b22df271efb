"""The four kinds of evidence: where each lies, how it is asked for, what it must look like."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from webapp.basics.urls import origin_of
from webapp.gateway.errors import ProcessMismatch, UntrustedUrl
from webapp.gateway.file_signatures import image_type, pdf_type, recording_type, zip_type

IMAGE_TYPES = ("document_front", "document_back", "face_document", "face_now")
"""The image types seen so far; others may exist. Contract 9.2."""

RECORDING_TYPES = ("video_liveness",)
"""The recording types seen so far; others may exist. Contract 9.2."""

# Raw bytes first, which cost neither side anything; the vendor documents the same three for all.
_THREE_WAYS = ("image/jpeg", "application/json", "text/plain")
_ZIP_WAY = ("application/zip, application/octet-stream;q=0.9, */*;q=0.1",)
_SEGMENT = re.compile(r"[A-Za-z0-9_-]{1,100}")
_UUIDS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Kind:
    """`ways` are the `Accept` values to try in turn, `members` the JSON keys of the base64."""

    call: str
    ways: tuple[str, ...]
    members: tuple[str, ...]
    media_type: Callable[[bytes], str | None]


IMAGE = Kind("image", _THREE_WAYS, ("image", "data"), image_type)
RECORDING = Kind("recording", _THREE_WAYS, ("image", "recording", "video", "data"), recording_type)
PDF = Kind("pdf", _THREE_WAYS, ("pdfDocument", "pdf", "data"), pdf_type)
ZIP = Kind("zip", _ZIP_WAY, ("zip", "data"), zip_type)


def path_segment(evidence_type: str) -> str:
    """The type itself. Raises `ValueError` for one that would not stay in its place of a path."""
    if not _SEGMENT.fullmatch(evidence_type):
        raise ValueError("an evidence type is made of letters, digits, _ and -")
    return evidence_type


def own_address(url: str, origin: str, scan_id: str) -> str:
    """The address itself, if it lies on the gateway's own origin and names no other process.

    Raises `UntrustedUrl` and `ProcessMismatch`; before any request is made. Contract 9.2.
    """
    if origin_of(url) != origin or origin_of(str(httpx.URL(url))) != origin:
        raise UntrustedUrl("evidence on another origin than the gateway's")
    named = set(_UUIDS.findall(url.lower()))
    if named and scan_id not in named:
        raise ProcessMismatch("the address of the evidence names another process")
    return url
