"""Evidence: how it is asked for, in which forms it may come, and what each answer means."""

import base64
import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

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
    whole,
)
from webapp.gateway import (
    IMAGE_TYPES,
    RECORDING_TYPES,
    EvidenceNotFound,
    Gateway,
    GatewayError,
    InvalidResponse,
    ProcessMismatch,
    RequestRefused,
    Unauthorized,
    Unavailable,
    UntrustedUrl,
)

WAYS = ["image/jpeg", "application/json", "text/plain"]
PROCESS = f"/mobbscan-agent/{ADAS_PROCESS}"
WRAPPING = ("image", "recording", "pdf")


def binary(content: bytes, **headers: str) -> httpx.Response:
    return httpx.Response(200, content=content, headers=headers)


def wrapped(kind: str, content: bytes, **members: Any) -> httpx.Response:
    text = base64.b64encode(content).decode()
    answer = {"timestamp": "2026-01-10T09:00:00Z", "scanId": ADAS_PROCESS, MEMBERS[kind]: text}
    return httpx.Response(200, json={**answer, **members})


def bare(content: bytes) -> httpx.Response:
    return httpx.Response(
        200, content=base64.b64encode(content), headers={"content-type": "text/plain"}
    )


def ways(wire: Recorder) -> list[str]:
    return [request.headers["accept"] for request in wire.requests]


@pytest.mark.parametrize(
    ("opened", "path"),
    [
        *[
            (lambda client, kind=kind: client.image(ADAS_PROCESS, kind), f"{PROCESS}/image/{kind}")
            for kind in IMAGE_TYPES
        ],
        *[
            (
                lambda client, kind=kind: client.recording(ADAS_PROCESS, kind),
                f"{PROCESS}/recording/{kind}",
            )
            for kind in RECORDING_TYPES
        ],
        (OPENED["pdf"], f"/mobbscan-agent/api/pdf/{ADAS_PROCESS}"),
        (OPENED["zip"], f"/api/zip/{ADAS_PROCESS}"),
    ],
)
def test_each_kind_has_its_path_and_carries_the_token(
    opened: Callable[[Gateway], Any], path: str
) -> None:
    wire = Recorder(httpx.Response(404))
    with pytest.raises(EvidenceNotFound):
        whole(opened(gateway(wire)))
    [request] = wire.requests
    assert (request.method, request.url.path) == ("GET", path)
    assert request.headers["authorization"] == "Bearer held-token"
    assert request.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("kind", FILES)
def test_raw_bytes_are_passed_through_after_one_question(kind: str) -> None:
    wire = Recorder(binary(FILES[kind]))
    with OPENED[kind](gateway(wire)) as evidence:
        assert evidence.size == len(FILES[kind])
        assert evidence.captured_at is None
        assert b"".join(evidence.chunks) == FILES[kind]
    assert len(wire.requests) == 1


@pytest.mark.parametrize("refusal", [400, 406, 415])
@pytest.mark.parametrize("kind", WRAPPING)
def test_raw_bytes_json_and_text_are_asked_for_in_turn(kind: str, refusal: int) -> None:
    wire = Recorder(httpx.Response(refusal), httpx.Response(refusal), bare(FILES[kind]))
    assert EVIDENCE[kind](gateway(wire)) == FILES[kind]
    assert ways(wire) == WAYS


@pytest.mark.parametrize("kind", WRAPPING)
@pytest.mark.parametrize("wrong", [b"<html>", b"\x89PNX", b"GARBAGE!", b"{}", b"[]", b"%!PS"])
def test_bytes_that_are_no_such_file_lead_to_the_next_way(kind: str, wrong: bytes) -> None:
    wire = Recorder(binary(wrong), wrapped(kind, FILES[kind]))
    assert EVIDENCE[kind](gateway(wire)) == FILES[kind]
    assert ways(wire) == WAYS[:2]


@pytest.mark.parametrize(("kind", "other"), list(itertools.permutations(FILES, 2)))
def test_a_file_of_another_kind_is_not_taken(kind: str, other: str) -> None:
    for form in (binary, bare, lambda content: wrapped(kind, content)):
        with pytest.raises(InvalidResponse):
            EVIDENCE[kind](gateway(Recorder(form(FILES[other]))))


@pytest.mark.parametrize("kind", WRAPPING)
def test_whatever_was_asked_for_an_answer_in_another_form_is_understood(kind: str) -> None:
    for form in (wrapped(kind, FILES[kind]), bare(FILES[kind])):
        wire = Recorder(form)
        assert EVIDENCE[kind](gateway(wire)) == FILES[kind]
        assert ways(wire) == WAYS[:1]


def test_a_zip_is_asked_for_once_as_what_it_is() -> None:
    wire = Recorder(binary(b"no zip"))
    with pytest.raises(InvalidResponse):
        EVIDENCE["zip"](gateway(wire))
    assert ways(wire) == ["application/zip, application/octet-stream;q=0.9, */*;q=0.1"]


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
def test_the_media_type_is_what_the_bytes_say(kind: str, content: bytes, media_type: str) -> None:
    for answer in (
        binary(content, **{"content-type": "text/html"}),
        wrapped(kind, content),
    ):
        with OPENED[kind](gateway(Recorder(answer))) as evidence:
            assert evidence.media_type == media_type
            assert b"".join(evidence.chunks) == content


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("length", range(1, 80, 7))
def test_a_short_file_is_whole_in_every_form(kind: str, length: int) -> None:
    content = FILES[kind][: 12 + length]
    for form in (binary, bare, lambda content: wrapped(kind, content)):
        assert EVIDENCE[kind](gateway(Recorder(form(content)))) == content


@pytest.mark.parametrize("status", [204, 404, 410])
@pytest.mark.parametrize("kind", FILES)
def test_evidence_that_is_not_there_has_an_error_of_its_own(kind: str, status: int) -> None:
    wire = Recorder(httpx.Response(status))
    with pytest.raises(EvidenceNotFound) as failure:
        EVIDENCE[kind](gateway(wire))
    assert failure.value.status == status
    assert len(wire.requests) == 1


@pytest.mark.parametrize("kind", FILES)
def test_a_400_in_every_way_means_that_it_is_not_there(kind: str) -> None:
    with pytest.raises(EvidenceNotFound):
        EVIDENCE[kind](gateway(Recorder(httpx.Response(400))))


@pytest.mark.parametrize("kind", WRAPPING)
@pytest.mark.parametrize("nothing", [None, ""])
def test_an_empty_member_or_body_means_that_it_is_not_there(kind: str, nothing: Any) -> None:
    with pytest.raises(EvidenceNotFound):
        EVIDENCE[kind](gateway(Recorder(wrapped(kind, b"", **{MEMBERS[kind]: nothing}))))
    with pytest.raises(EvidenceNotFound):
        EVIDENCE[kind](gateway(Recorder(binary(b""))))


@pytest.mark.parametrize("kind", FILES)
def test_no_form_being_acceptable_is_a_refusal(kind: str) -> None:
    with pytest.raises(RequestRefused) as failure:
        EVIDENCE[kind](gateway(Recorder(httpx.Response(406))))
    assert failure.value.status == 406


@pytest.mark.parametrize("kind", FILES)
def test_a_401_after_renewal_still_speaks_of_token_or_process(kind: str) -> None:
    with pytest.raises(Unauthorized):
        EVIDENCE[kind](gateway(Recorder(httpx.Response(401))))


def test_the_capture_time_is_kept_as_written_and_as_a_moment() -> None:
    with OPENED["image"](gateway(Recorder(wrapped("image", JPEG)))) as evidence:
        assert evidence.captured_at == datetime(2026, 1, 10, 9, tzinfo=UTC)
        assert evidence.captured_at_raw == "2026-01-10T09:00:00Z"
        assert evidence.size is None


@pytest.mark.parametrize(
    ("stated", "moment", "raw"),
    [
        ("10/01/2026 09:00:00", datetime(2026, 1, 10, 9, tzinfo=UTC), "10/01/2026 09:00:00"),
        (1768035600000, datetime(2026, 1, 10, 9, tzinfo=UTC), "1768035600000"),
        ("yesterday", None, "yesterday"),
        ("\ud800", None, "?"),
        ("", None, None),
        (None, None, None),
        ([1], None, None),
        (True, None, None),
    ],
)
def test_a_strange_capture_time_costs_nothing(
    stated: Any, moment: datetime | None, raw: str | None
) -> None:
    text = json.dumps({"timestamp": stated, "image": base64.b64encode(JPEG).decode()})
    with OPENED["image"](gateway(Recorder(binary(text.encode())))) as evidence:
        assert (evidence.captured_at, evidence.captured_at_raw) == (moment, raw)
        assert b"".join(evidence.chunks) == JPEG


def test_a_capture_time_behind_the_file_is_known_when_the_file_has_been_read() -> None:
    text = base64.b64encode(JPEG).decode()
    behind = binary(json.dumps({"image": text, "timestamp": "2026-01-10"}).encode())
    with OPENED["image"](gateway(Recorder(behind))) as evidence:
        assert b"".join(evidence.chunks) == JPEG
        assert evidence.captured_at_raw == "2026-01-10"


@pytest.mark.parametrize("kind", WRAPPING)
def test_evidence_of_bens_process_is_refused_before_a_byte_of_it(kind: str) -> None:
    wire = Recorder(wrapped(kind, FILES[kind], scanId=BENS_PROCESS))
    with pytest.raises(ProcessMismatch), OPENED[kind](gateway(wire)):
        pytest.fail("it was opened")


def test_a_foreign_id_behind_the_file_breaks_it_off() -> None:
    text = base64.b64encode(JPEG * 99).decode()
    behind = binary(json.dumps({"image": text, "scanId": BENS_PROCESS}).encode())
    with OPENED["image"](gateway(Recorder(behind))) as evidence, pytest.raises(ProcessMismatch):
        list(evidence.chunks)


@pytest.mark.parametrize("scan_id", ["", None, ADAS_PROCESS.upper()])
def test_an_empty_or_capital_id_beside_the_file_is_fine(scan_id: Any) -> None:
    assert EVIDENCE["image"](gateway(Recorder(wrapped("image", JPEG, scanId=scan_id)))) == JPEG


@pytest.mark.parametrize("member", ["image", "recording", "video", "data"])
def test_a_recording_is_found_under_each_of_its_names(member: str) -> None:
    text = json.dumps({"imageType": "", member: base64.b64encode(MP4).decode()})
    assert EVIDENCE["recording"](gateway(Recorder(binary(text.encode())))) == MP4


@pytest.mark.parametrize("evidence_type", ["", "..", "a/b", "a b", "é", "a%2fb", "a\n", "x" * 101])
def test_a_type_that_is_no_plain_word_is_never_sent(evidence_type: str) -> None:
    wire = Recorder(binary(JPEG))
    client = gateway(wire)
    for opened in (client.image, client.recording):
        with pytest.raises(ValueError, match="letters"):
            opened(ADAS_PROCESS, evidence_type)
    assert wire.requests == []


OWN = f"{BASE}/files/7?sig=a%2Fb"
FOREIGN = [
    "https://evil.test/x",
    "http://gateway.test/x",
    "https://gateway.test:8443/x",
    "https://gateway.test@evil.test/x",
    "https://gateway.test\\@evil.test/x",
    "https://gateway.test.evil.test/x",
    "//gateway.test/x",
    "/files/7",
    "file:///etc/passwd",
    "",
]
BY_ADDRESS: dict[str, Callable[[Gateway, str], Any]] = {
    "image": lambda client, url: client.image(ADAS_PROCESS, "extra", url),
    "recording": lambda client, url: client.recording(ADAS_PROCESS, "extra", url),
    "pdf": lambda client, url: client.pdf(ADAS_PROCESS, url),
    "zip": lambda client, url: client.zip(ADAS_PROCESS, url),
}


@pytest.mark.parametrize("kind", BY_ADDRESS)
def test_an_address_on_the_gateways_own_origin_is_used_as_it_is(kind: str) -> None:
    wire = Recorder(binary(FILES[kind]))
    assert whole(BY_ADDRESS[kind](gateway(wire), OWN)) == FILES[kind]
    [request] = wire.requests
    assert str(request.url) == OWN
    assert "authorization" in request.headers


@pytest.mark.parametrize("kind", ["image", "recording", "pdf"])
@pytest.mark.parametrize("url", FOREIGN)
def test_an_address_elsewhere_is_refused_before_any_request(kind: str, url: str) -> None:
    wire = Recorder(binary(FILES[kind]))
    with pytest.raises(UntrustedUrl):
        BY_ADDRESS[kind](gateway(wire), url)
    assert wire.requests == []


@pytest.mark.parametrize("url", FOREIGN)
def test_for_a_zip_elsewhere_the_documented_path_is_used(url: str) -> None:
    wire = Recorder(binary(ZIP))
    assert whole(gateway(wire).zip(ADAS_PROCESS, url)) == ZIP
    assert [str(request.url) for request in wire.requests] == [f"{BASE}/api/zip/{ADAS_PROCESS}"]


@pytest.mark.parametrize("kind", BY_ADDRESS)
def test_an_address_that_names_bens_process_is_not_asked(kind: str) -> None:
    wire = Recorder(binary(FILES[kind]))
    with pytest.raises(ProcessMismatch):
        BY_ADDRESS[kind](gateway(wire), f"{BASE}/files/{BENS_PROCESS.upper()}/x")
    named = f"{BASE}/files/{ADAS_PROCESS}/{BENS_PROCESS}"
    assert whole(BY_ADDRESS[kind](gateway(wire), named)) == FILES[kind]


def test_after_the_block_nothing_more_can_be_read() -> None:
    pieces = httpx.Response(200, content=iter([JPEG] * 3))
    with OPENED["image"](gateway(Recorder(pieces))) as evidence:
        next(evidence.chunks)
    with pytest.raises(GatewayError):
        list(evidence.chunks)


def test_no_reason_repeats_what_was_received() -> None:
    marker = b"ADA-MARKER"
    answers = [binary(marker), binary(b'{"image": "' + marker + b'!"}'), binary(b'{"' + marker)]
    for answer in answers:
        with pytest.raises(InvalidResponse) as failure:
            EVIDENCE["image"](gateway(Recorder(answer)))
        assert marker.decode() not in str(failure.value)


def test_a_stated_length_that_is_not_reached_breaks_the_file_off() -> None:
    for stated in (len(JPEG) - 1, len(JPEG) + 1):
        headers = {"content-length": str(stated)}
        short = httpx.Response(200, content=iter([JPEG]), headers=headers)
        with OPENED["image"](gateway(Recorder(short))) as evidence, pytest.raises(Unavailable):
            list(evidence.chunks)
