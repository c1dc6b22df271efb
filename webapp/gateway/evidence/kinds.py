"""The four kinds of evidence: how each is requested, wrapped in JSON and recognised."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urljoin

import httpx

from webapp.basics.urls import origin_of
from webapp.gateway.errors import ProcessMismatch, UntrustedUrl
from webapp.gateway.evidence.file_signatures import file_type, pdf_type, zip_type

IMAGE_TYPES = ("document_front", "document_back", "face_document", "face_now")
"""The image types seen so far; others may exist. Contract 9.2."""

RECORDING_TYPES = ("video_liveness",)
"""The recording types seen so far; others may exist. Contract 9.2."""

#: The documented media type that returns the bytes themselves, as ranges need them.
BYTES = "image/jpeg"
# The vendor documents these three for all but the ZIP. JSON first: all its samples request it.
_JSON_RAW_TEXT = ("application/json", BYTES, "text/plain")
# Recordings are large: decoding base64 takes three times as long as passing bytes on.
_RAW_JSON_TEXT = (BYTES, "application/json", "text/plain")
_ZIP_JSON = ("application/zip, application/octet-stream;q=0.9, */*;q=0.1", "application/json")
_PATH_SEGMENT = re.compile(r"[A-Za-z0-9_-]{1,100}")
_UUIDS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class EvidenceKind:
    """`accept_values` are `Accept` headers to try in turn, `json_members` keys of the base64.

    `bytes_accept` is the one that asks for the bytes themselves.
    """

    call: str
    accept_values: tuple[str, ...]
    json_members: tuple[str, ...]
    media_type: Callable[[bytes], str | None]
    bytes_accept: str = BYTES


IMAGE = EvidenceKind("image", _JSON_RAW_TEXT, ("image", "data"), file_type)
RECORDING = EvidenceKind(
    "recording", _RAW_JSON_TEXT, ("image", "recording", "video", "data"), file_type
)
PDF = EvidenceKind("pdf", _JSON_RAW_TEXT, ("pdfDocument", "pdf", "data"), pdf_type)
ZIP = EvidenceKind("zip", _ZIP_JSON, ("zip", "data"), zip_type, _ZIP_JSON[0])


def has_documented_path(evidence_type: str | None) -> bool:
    """Whether a file of this type has a documented path; None: a report or an archive."""
    return evidence_type is None or _PATH_SEGMENT.fullmatch(evidence_type) is not None


def documented_path(kind: EvidenceKind, scan_id: str, evidence_type: str, url: str | None) -> str:
    """Return the path of an image or recording; empty for a type that only has an address.

    Raises `ValueError` when there is no address either. Contract 3.4, 3.5, 9.2.
    """
    if has_documented_path(evidence_type):
        return f"/mobbscan-agent/{scan_id}/{kind.call}/{evidence_type}"
    if url is None:
        raise ValueError("an evidence type is made of letters, digits, _ and -")
    return ""


def candidate_urls(
    documented: str | None, stated: str | None, base_url: str, scan_id: str
) -> tuple[str, ...]:
    """Return the URLs to try: the stated address if it is the gateway's own, the documented one.

    Raises `UntrustedUrl` without any, and `ProcessMismatch` where the only one names another
    process.
    """
    try:
        own = own_url(stated, base_url, scan_id) if stated is not None else None
    except ProcessMismatch:  # the gateway's `scanId` may be another id than ours
        if documented is None:
            raise
        own = None
    urls = tuple(dict.fromkeys(each for each in (own, documented) if each))
    if not urls:
        raise UntrustedUrl("evidence on another origin than the gateway's")
    return urls


def own_url(url: str, base_url: str, scan_id: str) -> str | None:
    """Return a URL of the gateway, resolved against `base_url` where it is relative (RFC 3986, 5).

    None for an address on another origin: the token and the request go to the gateway only.
    Raises `ProcessMismatch` where it names another process. Contract 9.2.
    """
    process_ids = set(_UUIDS.findall(url.lower()))
    if process_ids and scan_id not in process_ids:
        raise ProcessMismatch("the address of the evidence names another process")
    try:
        resolved = urljoin(f"{base_url.rstrip('/')}/", url.strip())
    except ValueError:
        return None
    origin = origin_of(base_url)
    if origin_of(resolved) != origin or origin_of(str(httpx.URL(resolved))) != origin:
        return None
    return resolved if url.strip() else None
