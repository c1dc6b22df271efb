"""Evidence servers that know only one of the documented forms, or fail at the others."""

import base64
import json

import pytest

from tests.support.evidence_gateway import (
    BINARY,
    FILES,
    JSON_FORM,
    PATHS,
    TEXT,
    Answer,
    running_evidence_gateway,
    wrapped,
)

KINDS = ("image", "recording", "pdf")
#: What a server that does not know a form answers; 0 closes the connection.
REFUSALS = (0, 400, 403, 404, 405, 406, 410, 415, 422, 500, 501, 502, 503)


def only(form: str, kind: str, refusal: int) -> Answer:
    """Return the file in the one form that the server knows."""
    if form != JSON_FORM:
        content = FILES[kind]
        body = content if form == BINARY else base64.b64encode(content)
        return Answer(200, body, form)
    return wrapped(kind)


def test_recording_is_requested_as_bytes_first() -> None:
    """It is large, and decoding base64 takes three times as long."""
    with running_evidence_gateway(lambda path, accept: only(accept, "recording", 406)) as gateway:
        found = gateway.read("recording")
    assert gateway.requests == [(PATHS["recording"], BINARY)]
    assert (found["error"], found["bytes"]) == (None, FILES["recording"])


@pytest.mark.parametrize("kind", ["image", "pdf"])
def test_evidence_is_requested_as_documented_json_first(kind: str) -> None:
    with running_evidence_gateway(lambda path, accept: only(accept, kind, 406)) as gateway:
        found = gateway.read(kind)
    assert gateway.requests == [(PATHS[kind], JSON_FORM)]
    assert (found["error"], found["bytes"]) == (None, FILES[kind])
    assert found["answered_at"] == "2026-01-10T09:00:00+00:00"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("refusal", [406, 500])
def test_evidence_server_with_json_only_is_read(kind: str, refusal: int) -> None:
    def answers(_path: str, accept: str) -> Answer:
        return wrapped(kind) if accept == JSON_FORM else Answer(refusal)

    with running_evidence_gateway(answers) as gateway:
        found = gateway.read(kind)
    assert (found["error"], found["bytes"]) == (None, FILES[kind])
    assert found["answered_at"] is not None


@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize("form", [BINARY, TEXT])
def test_evidence_server_without_json_is_read_in_other_form(form: str, refusal: int) -> None:
    def answers(_path: str, accept: str) -> Answer:
        return only(form, "recording", refusal) if accept == form else Answer(refusal)

    with running_evidence_gateway(answers) as gateway:
        found = gateway.read("recording")
    assert (found["error"], found["bytes"]) == (None, FILES["recording"])


@pytest.mark.parametrize(
    "body",
    [b"<html>no</html>", b"{}", b'{"image": 7}', b'{"image": "?"}', b"\xff\xfe", b"null", b"[]"],
)
def test_evidence_server_with_unusable_json_is_read_in_other_form(body: bytes) -> None:
    def answers(_path: str, accept: str) -> Answer:
        return Answer(200, body, JSON_FORM) if accept == JSON_FORM else only(accept, "image", 406)

    with running_evidence_gateway(answers) as gateway:
        assert gateway.read("image")["bytes"] == FILES["image"]


@pytest.mark.parametrize(
    ("kind", "members"),
    [
        ("image", {"scanId": ""}),
        ("image", {"scanId": "xxxx-xxxx-xxxx-xxxx"}),
        ("recording", {"scanId": "0b6f9f0a-1111-4222-8333-444455556666"}),
        ("image", {"timestamp": None}),
        ("image", {"image": None, "Image": FILES["image"]}),
        ("recording", {"image": None, "recording": FILES["recording"]}),
        ("recording", {"image": "", "video": FILES["recording"]}),
        ("pdf", {"pdfDocument": None, "pdf": FILES["pdf"]}),
        ("pdf", {"pdfDocument": None, "data": FILES["pdf"]}),
    ],
)
def test_evidence_json_with_other_members_is_read(kind: str, members: dict[str, object]) -> None:
    texts = {
        name: base64.b64encode(value).decode() if isinstance(value, bytes) else value
        for name, value in members.items()
    }
    with running_evidence_gateway(lambda path, accept: wrapped(kind, **texts)) as gateway:
        assert gateway.read(kind)["bytes"] == FILES[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_evidence_json_with_the_base64_alone_is_read(kind: str) -> None:
    text = json.dumps(base64.b64encode(FILES[kind]).decode()).replace("/", "\\/")
    answer = Answer(200, f" {text}\n".encode(), JSON_FORM)
    with running_evidence_gateway(lambda path, accept: answer) as gateway:
        assert gateway.read(kind)["bytes"] == FILES[kind]


@pytest.mark.parametrize("refusal", [406, 500])
def test_zip_server_that_refuses_the_media_type_is_read_as_its_samples_do(refusal: int) -> None:
    def answers(_path: str, accept: str) -> Answer:
        return Answer(200, FILES["zip"]) if accept == JSON_FORM else Answer(refusal)

    with running_evidence_gateway(answers) as gateway:
        assert gateway.read("zip")["bytes"] == FILES["zip"]


@pytest.mark.parametrize(
    ("statuses", "error"),
    [
        ((404, 500, 500), "EvidenceNotFound"),
        ((404, 406, 406), "EvidenceNotFound"),
        ((406, 404, 406), "EvidenceNotFound"),
        ((400, 400, 400), "EvidenceNotFound"),
        ((500, 406, 406), "Unavailable"),
        ((406, 406, 406), "RequestRefused"),
        ((403, 403, 403), "Forbidden"),
        ((401, 401, 401), "Unauthorized"),
    ],
)
def test_evidence_refused_in_every_form_has_the_error_that_tells_most(
    statuses: tuple[int, ...], error: str
) -> None:
    by_form = dict(zip((JSON_FORM, BINARY, TEXT), statuses, strict=True))
    with running_evidence_gateway(lambda path, accept: Answer(by_form[accept])) as gateway:
        assert gateway.read("image")["error"] == error


@pytest.mark.parametrize(("status", "most"), [(0, 3), (500, 3), (503, 9)])
def test_evidence_in_an_outage_is_asked_a_few_times_only(status: int, most: int) -> None:
    with running_evidence_gateway(lambda path, accept: Answer(status)) as gateway:
        assert gateway.read("image")["error"] in ("Unavailable", "CircuitOpen")
    assert len(gateway.requests) <= most


def test_evidence_rate_limit_is_not_asked_in_other_forms() -> None:
    with running_evidence_gateway(lambda path, accept: Answer(429)) as gateway:
        assert gateway.read("image")["error"] == "Unavailable"
    assert {accept for _, accept in gateway.requests} == {JSON_FORM}


def test_evidence_time_after_the_file_is_read() -> None:
    text = base64.b64encode(FILES["image"]).decode()
    body = json.dumps({"image": text, "timestamp": "2026-01-10T09:00:00Z"}).encode()
    answer = Answer(200, body, JSON_FORM)
    with running_evidence_gateway(lambda path, accept: answer) as gateway:
        assert gateway.read("image")["answered_at"] == "2026-01-10T09:00:00+00:00"
