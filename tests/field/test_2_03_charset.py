"""Answers of the gateway are read in the character set that they state, and never in a codec."""

import json
import uuid

import pytest

from tests.support.wire_gateway import JSON, REASON, Answer, WireStack

STATED = [
    (f"{JSON};charset=ISO-8859-1", "latin-1"),
    (f'{JSON}; charset="iso-8859-1"', "latin-1"),
    (f"{JSON}; Charset=latin1", "latin-1"),
    (f"{JSON};charset=windows-1252", "cp1252"),
    (f"{JSON};charset=CP1252;version=1", "cp1252"),
    (f"{JSON};charset=UTF-8", "utf-8"),
    (f"{JSON};charset=utf8", "utf-8-sig"),
    (f"{JSON};charset=ISO-8859-1", "utf-8-sig"),
    (JSON, "utf-8"),
    # Read as UTF-8: no answer may name a codec of Python.
    *[
        (f"{JSON};charset={name}", "utf-8")
        for name in ("rot13", "zlib", "idna", "unicode_escape", "punycode", "utf-7", "no-such")
    ],
]
#: The character set is not the stated one, which may cost the texts but not the verdict.
WRONGLY_STATED = [
    (JSON, "latin-1"),
    (f"{JSON};charset=UTF-8", "cp1252"),
    (f"{JSON};charset=ISO-8859-15", "iso-8859-15"),
    (f"{JSON};charset=ISO-8859-1", "utf-8"),
]


def rejection(process_id: str, media_type: str, encoding: str) -> Answer:
    members = {
        "scanId": process_id,
        "verificationResult": "NOT_VERIFIED",
        "rejectionReason": REASON,
        "document": {"name": "IÑIGO", "surname": "MUÑOZ"},
    }
    text = json.dumps(members, ensure_ascii=False)
    return Answer(text.encode(encoding), media_type=media_type)


@pytest.mark.parametrize(("media_type", "encoding"), STATED)
def test_verdict_in_the_stated_character_set_is_read_with_its_texts(
    wire_stack: WireStack, media_type: str, encoding: str
) -> None:
    onboarding = wire_stack.begin(f"ada-{uuid.uuid4().hex}")
    onboarding.answer(rejection(onboarding.id, media_type, encoding))
    seen = onboarding.until("rejected")
    assert [reason["code"] for reason in seen["reasons"]] == ["document_expired"]


@pytest.mark.parametrize(("media_type", "encoding"), WRONGLY_STATED)
def test_verdict_in_another_character_set_is_read(
    wire_stack: WireStack, media_type: str, encoding: str
) -> None:
    onboarding = wire_stack.begin(f"ada-{uuid.uuid4().hex}")
    onboarding.answer(rejection(onboarding.id, media_type, encoding))
    onboarding.until("rejected")


def test_create_answer_in_iso_8859_1_is_read(wire_stack: WireStack) -> None:
    def created(scan_id: str) -> Answer:
        members = json.loads(wire_stack.gateway.created_answer(scan_id).body)
        text = json.dumps({**members, "description": "creación"}, ensure_ascii=False)
        return Answer(text.encode("latin-1"), media_type=f"{JSON};charset=ISO-8859-1")

    wire_stack.gateway.create = created
    try:
        onboarding = wire_stack.begin(f"ada-{uuid.uuid4().hex}")
    finally:
        wire_stack.gateway.create = None
    assert onboarding.status["status"] == "started"
