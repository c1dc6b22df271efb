"""ProcessData and IdentityDocument: lenient reading of undocumented shapes."""

import json
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.gateway.doubles import ADAS_PROCESS, gateway, process_response
from webapp.gateway import IdentityDocument, ProcessData

FIELDS = IdentityDocument.model_fields


def read_response(response: Any) -> ProcessData:
    text = json.dumps(response)
    return gateway(lambda request: httpx.Response(200, content=text)).read(ADAS_PROCESS)


def read(**changes: Any) -> ProcessData:
    return read_response(process_response(**changes))


def test_process_data_empty_response_has_no_result() -> None:
    for response in ({}, {"scanId": ADAS_PROCESS}, dict.fromkeys(process_response())):
        data = read_response(response)
        assert data.scan_id == ADAS_PROCESS
        assert data.verification_result is None
        assert data.document == {}
        assert data.images == ()


def test_process_data_documented_members_are_read() -> None:
    data = read(
        agent="agent.demo",
        rejectionReason="blurred",
        comment="none",
        creationTime="2026-01-10T09:00:00Z",
        verificationTime="2026-01-10T09:06:12Z",
        document={"name": "ADA", "facialMatchingScore": "0.91", "facialLivenessScore": 97},
        images=["https://gateway.test/mobbscan-agent/5f/image/document_front"],
        recordings=[{"href": "https://gateway.test/r/1", "type": "video_liveness"}],
        extraImages={"face_now": "https://gateway.test/i/2"},
        extraParameters=[{"name": "customerRef", "value": "C-0042"}],
        validations={"validationMRZ": "VALID"},
        licenseId="LIC-1",
        clientInfo={"os": "x"},
        pdfUrl="https://gateway.test/pdf/1",
        pdfChecksum="abc",
        certificatedZipUrl="https://gateway.test/zip/1",
    )
    expected = {
        "license_id": "LIC-1",
        "client_info": {"os": "x"},
        "pdf_url": "https://gateway.test/pdf/1",
        "pdf_checksum": "abc",
        "certificated_zip_url": "https://gateway.test/zip/1",
        "agent": "agent.demo",
        "rejection_reason": "blurred",
        "creation_time": datetime(2026, 1, 10, 9, tzinfo=UTC),
        "verification_time": datetime(2026, 1, 10, 9, 6, 12, tzinfo=UTC),
        "face_matching_score": 0.91,
        "face_liveness_score": 97.0,
        "extra_parameters": {"customerRef": "C-0042"},
        "validations": {"validationMRZ": "VALID"},
    }
    assert {name: getattr(data, name) for name in expected} == expected
    evidence = (*data.images, *data.recordings, *data.extra_images)
    assert [item.kind for item in evidence] == ["document_front", "video_liveness", "face_now"]


@pytest.mark.parametrize(
    "media_type",
    ["", "text/plain;charset=utf-8", "text/html", "application/javascript", "application/x-json"],
)
def test_process_data_of_another_media_type_is_read(media_type: str) -> None:
    content = json.dumps(process_response(verificationResult="VERIFIED"))
    headers = {"Content-Type": media_type}
    wire = gateway(lambda request: httpx.Response(200, content=content, headers=headers))
    assert wire.read(ADAS_PROCESS).verification_result == "VERIFIED"


@pytest.mark.parametrize("name", ["scanId", "verificationId"])
def test_process_data_with_an_empty_id_is_read(name: str) -> None:
    data = read(verificationResult="VERIFIED", **{name: " "})
    assert (data.scan_id, data.verification_result) == (ADAS_PROCESS, "VERIFIED")


def test_process_data_unknown_members_and_results_are_kept() -> None:
    data = read(verificationResult="SOMETHING_NEW", novelty={"a": 1})
    assert data.verification_result == "SOMETHING_NEW"
    assert data.raw["novelty"] == {"a": 1}
    assert data.model_extra is not None
    assert data.model_extra["novelty"] == {"a": 1}


@pytest.mark.parametrize("own_name", ["scan_id", "raw", "verification_result", "model_config"])
def test_process_data_member_named_like_own_field_does_not_override_it(own_name: str) -> None:
    data = read(**{own_name: "planted"})
    assert data.scan_id == ADAS_PROCESS
    assert data.verification_result == "VERIFIED"
    assert data.raw[own_name] == "planted"


@pytest.mark.parametrize(
    ("stated", "moment"),
    [
        ("2026-01-10T09:00:00Z", datetime(2026, 1, 10, 9, tzinfo=UTC)),
        ("2026-01-10T10:00:00+01:00", datetime(2026, 1, 10, 9, tzinfo=UTC)),
        ("2026-01-10T10:00:00.123+0100", datetime(2026, 1, 10, 9, 0, 0, 123000, UTC)),
        ("2026-01-10 09:00:00.000", datetime(2026, 1, 10, 9, tzinfo=UTC)),
        ("2026-01-10", datetime(2026, 1, 10, tzinfo=UTC)),
        ("10/01/2026", datetime(2026, 1, 10, tzinfo=UTC)),
        ("10/01/2026 09:00", datetime(2026, 1, 10, 9, tzinfo=UTC)),
        (1768035600, datetime(2026, 1, 10, 9, tzinfo=UTC)),
        (1768035600000, datetime(2026, 1, 10, 9, tzinfo=UTC)),
        ("yesterday", None),
        (True, None),
        (10**30, None),
        ("0001-01-01T00:00:00+23:59", None),
    ],
)
def test_process_data_timestamp_formats_are_parsed_to_utc(
    stated: Any, moment: datetime | None
) -> None:
    data = read(verificationTime=stated)
    assert data.verification_time == moment
    assert data.raw["verificationTime"] == stated


@pytest.mark.parametrize(
    ("stated", "pairs"),
    [
        ([{"key": "a", "value": 1}, {"name": "b", "value": "2"}], {"a": 1, "b": "2"}),
        ([{"a": 1}, {"b": 2}], {"a": 1, "b": 2}),
        ({"a": 1}, {"a": 1}),
        (["a", 7, None, {}, {"a": 1, "b": 2}], {}),
        ("a", {}),
    ],
)
def test_process_data_extra_parameters_are_merged_from_every_shape(stated: Any, pairs: Any) -> None:
    assert read(extraParameters=stated).extra_parameters == pairs


@pytest.mark.parametrize("one", ["https://gateway.test/i/front", {"url": "/i/1", "type": "front"}])
def test_process_data_evidence_without_its_list_is_read(one: Any) -> None:
    images = read(images=one).images
    assert [(image.kind, image.url) for image in images] == [
        ("front", one if isinstance(one, str) else one["url"])
    ]


@pytest.mark.parametrize("stated", ["x", 7, [None, {}, {"url": 7}, []]])
def test_process_data_evidence_without_url_is_left_out(stated: Any) -> None:
    assert read(images=stated).images == ()


@pytest.mark.parametrize(
    ("stated", "score"),
    [("0,91", 0.91), (" 97 ", 97.0), (0, 0.0), ("high", None), ("NaN", None), (10**400, None),
     (True, None), ([], None)],
)  # fmt: skip
def test_process_data_score_is_number_or_none(stated: Any, score: float | None) -> None:
    assert read(document={"facialMatchingScore": stated}).face_matching_score == score


def test_process_data_evidence_with_unparseable_url_has_no_kind() -> None:
    images = read(images=["https://[", "https://gateway.test"]).images
    assert [image.kind for image in images] == [None, None]


def test_process_data_lone_surrogates_are_replaced() -> None:
    data = read(
        rejectionReason="blurred \ud83d", document={"\ud800": ["\udc00"], "name": "Zo\u00eb"}
    )
    assert data.rejection_reason == "blurred \ufffd"
    assert data.document == {"\ufffd": ["\ufffd"], "name": "Zo\u00eb"}
    assert read(comment="\U0001f642").comment == "\U0001f642"
    json.dumps(data.raw, ensure_ascii=False).encode()


def test_process_data_texts_lose_nul_and_blank_texts_become_none() -> None:
    data = read(agent="ol\x00ga", rejectionReason="  ", comment=7)
    assert (data.agent, data.rejection_reason, data.comment) == ("olga", None, None)


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


# One client for many examples: creating one takes longer than reading.
BODIES: list[bytes] = []
READER = gateway(lambda request: httpx.Response(200, content=BODIES.pop()))
WORDS = st.none() | st.text()
objects = st.dictionaries(st.text(min_size=1), anything, max_size=4)
MEMBERS = (
    "agent", "document", "images", "recordings", "extraImages",
    "extraParameters", "validations", "rejectionReason", "comment", "creationTime",
    "verificationTime", "licenseId", "clientInfo", "pdfUrl", "pdfChecksum", "certificatedZipUrl",
)  # fmt: skip


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(MEMBERS, anything)), objects, WORDS)
def test_process_data_any_member_shape_keeps_the_raw_response(
    members: dict[str, Any], novelties: dict[str, Any], word: str | None
) -> None:
    response = {**novelties, **members, "scanId": ADAS_PROCESS}
    response["verificationResult"] = word
    body = json.dumps(response).encode()
    if b"\\ud" in body:
        return  # lone surrogates have a test of their own
    BODIES.append(body)
    data = READER.read(ADAS_PROCESS)
    assert data.scan_id == ADAS_PROCESS
    assert data.raw == response
    assert isinstance(data.face_matching_score, float | None)
    stated = response.get("verificationResult")
    if isinstance(stated, str) and "\0" not in stated:
        assert data.verification_result == (stated.strip() or None)


@given(
    st.dictionaries(
        st.sampled_from([field.alias or name for name, field in FIELDS.items()]) | st.text(),
        anything,
        max_size=8,
    )
)
def test_identity_document_any_field_shape_is_read_as_text_or_none(fields: dict[str, Any]) -> None:
    response = {"document": fields, "scanId": ADAS_PROCESS, "raw": {}}
    data = ProcessData.model_validate(response)
    document = data.identity_document
    assert data.document == fields
    for name, field in FIELDS.items():
        stated = fields.get(field.alias or name)
        read = getattr(document, name)
        assert read is None or isinstance(read, str)
        if isinstance(stated, str) and stated.strip() and "\0" not in stated:
            assert read == stated.strip()
    for day in (document.issued_on, document.born_on, document.expires_on):
        assert day is None or day.year > 0


@pytest.mark.parametrize(
    ("stated", "day"),
    [
        ("02/03/1990", date(1990, 3, 2)),
        ("1990-03-02", date(1990, 3, 2)),
        ("1990-03-02T23:30:00-05:00", date(1990, 3, 2)),
        ("19900302", date(1990, 3, 2)),
        ("31/02/1990", None),
        ("1990", None),
        (7, None),
    ],
)
def test_identity_document_date_is_parsed_as_written(stated: Any, day: date | None) -> None:
    data = read(document={"dateOfBirth": stated, "dateOfExpiry": stated, "dateOfIssuing": stated})
    document = data.identity_document
    assert (document.born_on, document.expires_on, document.issued_on) == (day, day, day)
    assert data.document["dateOfBirth"] == stated


def test_identity_document_reads_documented_fields_and_keeps_extra_ones() -> None:
    wire = {field.alias or name: f"{name}-1" for name, field in FIELDS.items()}
    document = read(document={**wire, "parents": "A/B"}).identity_document
    assert len(FIELDS) == 23
    assert {name: getattr(document, name) for name in FIELDS} == {n: f"{n}-1" for n in FIELDS}
    assert document.model_extra == {"parents": "A/B"}
    assert repr(document) == "IdentityDocument()"


def test_process_data_repr_contains_no_personal_data() -> None:
    data = read(document={"name": "ADA-MARKER"}, agent="AGENT-MARKER", novelty="NEW-MARKER")
    for text in (repr(data), str(data)):
        assert "MARKER" not in text
        assert "VERIFIED" in text
