"""The four kinds of evidence: how each is requested, wrapped in JSON and recognised."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from webapp.basics.urls import origin_of
from webapp.gateway.errors import ProcessMismatch, UntrustedUrl
from webapp.gateway.evidence.file_signatures import image_type, pdf_type, recording_type, zip_type

IMAGE_TYPES = ("document_front", "document_back", "face_document", "face_now")
"""The image types seen so far; others may exist. Contract 9.2."""

RECORDING_TYPES = ("video_liveness",)
"""The recording types seen so far; others may exist. Contract 9.2."""

# Raw bytes first: they need no decoding. The vendor documents these three for all but the ZIP.
_RAW_JSON_TEXT = ("image/jpeg", "application/json", "text/plain")
_ZIP_ONLY = ("application/zip, application/octet-stream;q=0.9, */*;q=0.1",)
_PATH_SEGMENT = re.compile(r"[A-Za-z0-9_-]{1,100}")
_UUIDS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class EvidenceKind:
    """`accept_values` are `Accept` headers to try in turn, `json_members` keys of the base64."""

    call: str
    accept_values: tuple[str, ...]
    json_members: tuple[str, ...]
    media_type: Callable[[bytes], str | None]


IMAGE = EvidenceKind("image", _RAW_JSON_TEXT, ("image", "data"), image_type)
RECORDING = EvidenceKind(
    "recording", _RAW_JSON_TEXT, ("image", "recording", "video", "data"), recording_type
)
PDF = EvidenceKind("pdf", _RAW_JSON_TEXT, ("pdfDocument", "pdf", "data"), pdf_type)
ZIP = EvidenceKind("zip", _ZIP_ONLY, ("zip", "data"), zip_type)


def require_path_segment(evidence_type: str) -> str:
    """Return a type that is safe as one segment of a URL path. Raises `ValueError`."""
    if not _PATH_SEGMENT.fullmatch(evidence_type):
        raise ValueError("an evidence type is made of letters, digits, _ and -")
    return evidence_type


def require_own_url(url: str, origin: str, scan_id: str) -> str:
    """Return a URL that is on the gateway's `origin` and names no other process. Contract 9.2.

    Raises `UntrustedUrl` and `ProcessMismatch`, before any request is made.
    """
    if origin_of(url) != origin or origin_of(str(httpx.URL(url))) != origin:
        raise UntrustedUrl("evidence on another origin than the gateway's")
    process_ids = set(_UUIDS.findall(url.lower()))
    if process_ids and scan_id not in process_ids:
        raise ProcessMismatch("the address of the evidence names another process")
    return url
