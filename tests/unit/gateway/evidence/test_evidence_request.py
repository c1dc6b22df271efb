"""Evidence: requests, accepted forms, media types, URLs and errors."""

import base64
import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.unit.gateway.doubles import (
    ADAS_PROCESS,
    BASE,
    BENS_PROCESS,
    EVIDENCE,
    FILES,
    JPEG,
    MEMBERS,
    MP4,
    OPENED,
    PDF,
    PNG,
    WEBM,
    ZIP,
    Recorder,
    gateway,
    read_all,
)
from webapp.gateway import (
    EvidenceNotFound,
    Gateway,
    GatewayError,
    InvalidResponse,
    ProcessMismatch,
    RequestRefused,
    Unavailable,
    UntrustedUrl,
)

ACCEPT_VALUES = ["application/json", "image/jpeg", "text/plain"]
#: Decoding the base64 of a large file takes three times as long as passing it on.
RECORDING_VALUES = ["image/jpeg", "application/json", "text/plain"]
PROCESS = f"/mobbscan-agent/{ADAS_PROCESS}"
STRICT = ("pdf", "zip")
WRAPPING = ("image", "recording", "pdf")


def binary(content: bytes, **headers: str) -> httpx.Response:
    return httpx.Response(200, content=content, headers=headers)


def wrapped(kind: str, content: bytes, **members: Any) -> httpx.Response:
    text = base64.b64encode(content).decode()
    file = {MEMBERS[kind]: members.pop(MEMBERS[kind], text)}
    response = {"timestamp": "2026-01-10T09:00:00Z", "scanId": ADAS_PROCESS, **members, **file}
    return httpx.Response(200, content=json.dumps(response))


def bare(content: bytes) -> httpx.Response:
    return httpx.Response(
        200, content=base64.b64encode(content), headers={"content-type": "text/plain"}
    )


def accept_headers(wire: Recorder) -> list[str]:
    return [request.headers["accept"] for request in wire.requests]


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("image", f"{PROCESS}/image/document_front"),
        ("recording", f"{PROCESS}/recording/video_liveness"),
        ("pdf", f"/mobbscan-agent/api/pdf/{ADAS_PROCESS}"),
        ("zip", f"/api/zip/{ADAS_PROCESS}"),
    ],
)
def test_evidence_request_has_path_of_its_kind_and_token(kind: str, path: str) -> None:
    wire = Recorder(httpx.Response(404))
    with pytest.raises(EvidenceNotFound):
        EVIDENCE[kind](gateway(wire))
    request = wire.requests[0]
    assert {(each.method, each.url.path) for each in wire.requests} == {("GET", path)}
    assert request.headers["authorization"] == "Bearer held-token"
    assert request.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("kind", FILES)
def test_evidence_raw_bytes_are_streamed_after_one_request(kind: str) -> None:
    wire = Recorder(binary(FILES[kind]))
    with OPENED[kind](gateway(wire)) as evidence:
        assert evidence.size == len(FILES[kind])
        assert evidence.answered_at is None
        assert b"".join(evidence.chunks) == FILES[kind]
    assert len(wire.requests) == 1


@pytest.mark.parametrize(("kind", "refusal"), [("image", 400), ("recording", 406), ("pdf", 415)])
def test_evidence_refused_form_requests_json_raw_and_text_in_turn(kind: str, refusal: int) -> None:
    wire = Recorder(httpx.Response(refusal), httpx.Response(refusal), bare(FILES[kind]))
    assert EVIDENCE[kind](gateway(wire)) == FILES[kind]
    assert accept_headers(wire) == (RECORDING_VALUES if kind == "recording" else ACCEPT_VALUES)


@pytest.mark.parametrize("wrong", [b"<html>", b"GARBAGE!", b"{}"])
def test_evidence_unrecognised_bytes_request_next_form(wrong: bytes) -> None:
    wire = Recorder(binary(wrong), wrapped("image", JPEG))
    assert EVIDENCE["image"](gateway(wire)) == JPEG
    assert accept_headers(wire) == ACCEPT_VALUES[:2]


@pytest.mark.parametrize(
    ("kind", "other"), [pair for pair in itertools.permutations(FILES, 2) if pair[0] in STRICT]
)
def test_evidence_file_of_other_kind_raises_invalid_response(kind: str, other: str) -> None:
    for form in (binary, bare, lambda content: wrapped(kind, content)):
        with pytest.raises(InvalidResponse):
            EVIDENCE[kind](gateway(Recorder(form(FILES[other]))))


def test_zip_is_requested_with_its_media_type_then_as_the_vendors_samples_do() -> None:
    wire = Recorder(binary(b"no zip"))
    with pytest.raises(InvalidResponse):
        EVIDENCE["zip"](gateway(wire))
    zip_type = "application/zip, application/octet-stream;q=0.9, */*;q=0.1"
    assert accept_headers(wire) == [zip_type, "application/json"]


@pytest.mark.parametrize(
    ("kind", "content", "media_type"),
    [
        ("image", JPEG, "image/jpeg"),
        ("image", PNG, "image/png"),
        ("image", b"GIF89a" + bytes(90), "image/gif"),
        ("image", b"RIFF\0\0\0\0WEBPVP8 " + bytes(90), "image/webp"),
        ("image", b"\0\0\0\x18ftypheic" + bytes(90), "image/heic"),
        ("image", b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(90), "image/jp2"),
        ("recording", MP4, "video/mp4"),
        ("recording", b"\0\0\0\x14ftypqt  " + bytes(90), "video/quicktime"),
        ("recording", b"\0\0\0\x08wide" + bytes(90), "video/quicktime"),
        ("recording", b"\0\0\0\x14ftyp3gp4" + bytes(90), "video/3gpp"),
        ("recording", WEBM, "video/webm"),
        ("recording", WEBM.replace(b"webm", b"mkv1"), "video/x-matroska"),
        ("recording", b"OggS" + bytes(90), "video/ogg"),
        ("recording", b"RIFF\0\0\0\0AVI LIST" + bytes(90), "video/x-msvideo"),
        ("pdf", PDF, "application/pdf"),
        ("zip", ZIP, "application/zip"),
        ("zip", b"PK\x05\x06" + bytes(18), "application/zip"),
    ],
)
def test_evidence_media_type_comes_from_first_bytes(
    kind: str, content: bytes, media_type: str
) -> None:
    for response in (
        binary(content, **{"content-type": "text/html"}),
        wrapped(kind, content),
    ):
        with OPENED[kind](gateway(Recorder(response))) as evidence:
            assert evidence.media_type == media_type
            assert b"".join(evidence.chunks) == content


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("length", [1, 52, 53, 78])
def test_evidence_short_file_is_complete_in_every_form(kind: str, length: int) -> None:
    content = FILES[kind][: 12 + length]
    for form in (binary, bare, lambda content: wrapped(kind, content)):
        assert EVIDENCE[kind](gateway(Recorder(form(content)))) == content


@pytest.mark.parametrize("status", [204, 404, 410])
def test_evidence_absent_status_raises_evidence_not_found(status: int) -> None:
    wire = Recorder(httpx.Response(status))
    with pytest.raises(EvidenceNotFound) as failure:
        EVIDENCE["image"](gateway(wire))
    assert failure.value.status == status
    assert accept_headers(wire) == ACCEPT_VALUES


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize(("status", "error"), [(400, EvidenceNotFound), (406, RequestRefused)])
def test_evidence_refused_in_every_form_raises_error_of_its_status(
    status: int, error: type[GatewayError], kind: str
) -> None:
    with pytest.raises(error) as failure:
        EVIDENCE[kind](gateway(Recorder(httpx.Response(status))))
    assert failure.value.status == status


@pytest.mark.parametrize("kind", WRAPPING)
@pytest.mark.parametrize("nothing", [None, ""])
def test_evidence_empty_member_or_body_raises_evidence_not_found(kind: str, nothing: Any) -> None:
    with pytest.raises(EvidenceNotFound):
        EVIDENCE[kind](gateway(Recorder(wrapped(kind, b"", **{MEMBERS[kind]: nothing}))))
    with pytest.raises(EvidenceNotFound):
        EVIDENCE[kind](gateway(Recorder(binary(b""))))


@pytest.mark.parametrize(
    ("stated", "moment", "raw"),
    [
        ("2026-01-10T09:00:00Z", datetime(2026, 1, 10, 9, tzinfo=UTC), "2026-01-10T09:00:00Z"),
        (1768035600000, datetime(2026, 1, 10, 9, tzinfo=UTC), "1768035600000"),
        ("yesterday", None, "yesterday"),
        ("\ud800", None, "\ufffd"),
        ("", None, None),
        ([1], None, None),
        (True, None, None),
    ],
)
def test_evidence_time_is_parsed_or_none_and_kept_raw(
    stated: Any, moment: datetime | None, raw: str | None
) -> None:
    response = wrapped("image", JPEG, timestamp=stated)
    with OPENED["image"](gateway(Recorder(response))) as evidence:
        assert (evidence.answered_at, evidence.answered_at_raw) == (moment, raw)
        assert evidence.size is None
        assert b"".join(evidence.chunks) == JPEG


def test_evidence_time_without_zone_is_in_the_configured_one() -> None:
    wire = Recorder(wrapped("image", JPEG, timestamp="2026-01-10 10:00:00"))
    with OPENED["image"](gateway(wire, time_zone=ZoneInfo("Europe/Madrid"))) as evidence:
        assert evidence.answered_at == datetime(2026, 1, 10, 9, tzinfo=UTC)


def after_file(content: bytes, **members: Any) -> Recorder:
    text = base64.b64encode(content).decode()
    return Recorder(httpx.Response(200, json={"image": text, **members}))


def test_evidence_time_after_file_is_known_at_its_end() -> None:
    wire = after_file(JPEG, timestamp="2026-01-10")
    with OPENED["image"](gateway(wire)) as evidence:
        assert b"".join(evidence.chunks) == JPEG
        assert evidence.answered_at_raw == "2026-01-10"


@pytest.mark.parametrize("kind", WRAPPING)
def test_evidence_of_other_process_raises_process_mismatch_on_open(kind: str) -> None:
    wire = Recorder(wrapped(kind, FILES[kind], scanId=BENS_PROCESS, verificationId=BENS_PROCESS))
    with pytest.raises(ProcessMismatch), OPENED[kind](gateway(wire)):
        pytest.fail("it was opened")


def test_evidence_other_process_id_after_file_raises_process_mismatch() -> None:
    wire = after_file(JPEG * 99, scanId=BENS_PROCESS, verificationId=BENS_PROCESS)
    with OPENED["image"](gateway(wire)) as evidence, pytest.raises(ProcessMismatch):
        list(evidence.chunks)


@pytest.mark.parametrize("scan_id", ["", ADAS_PROCESS.upper(), "xxxx-xxxx", 7, None])
def test_evidence_empty_or_upper_case_id_is_accepted(scan_id: Any) -> None:
    with OPENED["image"](gateway(Recorder(wrapped("image", JPEG, scanId=scan_id)))) as evidence:
        assert b"".join(evidence.chunks) == JPEG
        assert evidence.other_scan_id is None


@pytest.mark.parametrize("more", [{}, {"verificationId": ADAS_PROCESS}, {"verificationId": ""}])
def test_evidence_other_scan_id_alone_is_kept(more: dict[str, str]) -> None:
    for wire in (
        Recorder(wrapped("image", JPEG, scanId=BENS_PROCESS, **more)),
        after_file(JPEG, scanId=BENS_PROCESS, **more),
    ):
        with OPENED["image"](gateway(wire)) as evidence:
            assert b"".join(evidence.chunks) == JPEG
            assert evidence.other_scan_id == BENS_PROCESS


@pytest.mark.parametrize("member", ["image", "recording", "video", "data"])
def test_recording_is_read_from_each_json_member(member: str) -> None:
    text = json.dumps({"imageType": "", member: base64.b64encode(MP4).decode()})
    assert EVIDENCE["recording"](gateway(Recorder(binary(text.encode())))) == MP4


@pytest.mark.parametrize("evidence_type", ["", "..", "a/b", "é", "a%2fb", "a\n", "x" * 101])
def test_evidence_invalid_type_raises_value_error_before_sending(evidence_type: str) -> None:
    wire = Recorder(binary(JPEG))
    client = gateway(wire)
    for opened in (client.image, client.recording):
        with pytest.raises(ValueError, match="letters"):
            opened(ADAS_PROCESS, evidence_type)
    assert wire.requests == []


OWN = f"{BASE}/files/7?sig=a%2Fb"
FOREIGN = ["https://evil.test/x", "https://gateway.test\\@evil.test/x", "//evil.test/x", ""]
DOCUMENTED = {
    "image": f"{PROCESS}/image/extra",
    "recording": f"{PROCESS}/recording/extra",
    "pdf": f"/mobbscan-agent/api/pdf/{ADAS_PROCESS}",
    "zip": f"/api/zip/{ADAS_PROCESS}",
}
BY_ADDRESS: dict[str, Callable[[Gateway, str], Any]] = {
    "image": lambda client, url: client.image(ADAS_PROCESS, "extra", url),
    "recording": lambda client, url: client.recording(ADAS_PROCESS, "extra", url),
    "pdf": lambda client, url: client.pdf(ADAS_PROCESS, url),
    "zip": lambda client, url: client.zip(ADAS_PROCESS, url),
}


@pytest.mark.parametrize("kind", BY_ADDRESS)
def test_evidence_url_on_own_origin_is_requested_unchanged(kind: str) -> None:
    wire = Recorder(binary(FILES[kind]))
    assert read_all(BY_ADDRESS[kind](gateway(wire), OWN)) == FILES[kind]
    [request] = wire.requests
    assert str(request.url) == OWN
    assert "authorization" in request.headers


@pytest.mark.parametrize("kind", BY_ADDRESS)
@pytest.mark.parametrize("url", FOREIGN)
def test_evidence_url_on_other_origin_uses_documented_path(kind: str, url: str) -> None:
    wire = Recorder(binary(FILES[kind]))
    assert read_all(BY_ADDRESS[kind](gateway(wire), url)) == FILES[kind]
    [request] = wire.requests
    assert (request.url.host, request.url.path) == ("gateway.test", DOCUMENTED[kind])


@pytest.mark.parametrize("url", FOREIGN)
def test_evidence_url_on_other_origin_without_path_raises_untrusted_url(url: str) -> None:
    """The type, such as a file name, is no path segment, so there is no documented path."""
    wire = Recorder(binary(JPEG))
    with pytest.raises(UntrustedUrl):
        gateway(wire).image(ADAS_PROCESS, "front.jpg", url)
    assert wire.requests == []
    assert read_all(gateway(wire).image(ADAS_PROCESS, "front.jpg", OWN)) == JPEG


@pytest.mark.parametrize("kind", BY_ADDRESS)
def test_evidence_url_of_other_process_is_not_requested(kind: str) -> None:
    """The documented path is: the gateway's `scanId` may be another id than ours."""
    wire = Recorder(binary(FILES[kind]))
    other = f"{BASE}/files/{BENS_PROCESS.upper()}/x"
    assert read_all(BY_ADDRESS[kind](gateway(wire), other)) == FILES[kind]
    assert [request.url.path for request in wire.requests] == [DOCUMENTED[kind]]
    with pytest.raises(ProcessMismatch):
        gateway(wire).image(ADAS_PROCESS, "front.jpg", other)
    named = f"{BASE}/files/{ADAS_PROCESS}/{BENS_PROCESS}"
    assert read_all(BY_ADDRESS[kind](gateway(wire), named)) == FILES[kind]


def test_evidence_read_after_block_raises_gateway_error() -> None:
    pieces = httpx.Response(200, content=iter([JPEG] * 3))
    with OPENED["image"](gateway(Recorder(pieces))) as evidence:
        next(evidence.chunks)
    with pytest.raises(GatewayError):
        list(evidence.chunks)


def test_evidence_wrong_stated_length_raises_unavailable() -> None:
    for stated in (len(JPEG) - 1, len(JPEG) + 1):
        headers = {"content-length": str(stated)}
        short = httpx.Response(200, content=iter([JPEG]), headers=headers)
        with OPENED["image"](gateway(Recorder(short))) as evidence, pytest.raises(Unavailable):
            list(evidence.chunks)
