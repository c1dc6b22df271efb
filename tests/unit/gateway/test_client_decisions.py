"""Gateway client: accept, reject, send to review and delete."""

import json
import re
from typing import Any

import httpx
import pytest

from tests.unit.gateway.doubles import ADAS_PROCESS, BENS_PROCESS, CHANGES, Recorder, gateway
from webapp.gateway import WIRE_NAMES, Acknowledgement, ProcessMismatch

DOCUMENTED = {"status": "VERIFICATION_ACCEPTED", "description": "Verification accepted"}
FULL = {name: f"value of {name}" for name in WIRE_NAMES}


def sent(wire: Recorder) -> Any:
    [request] = wire.requests
    assert request.method == "POST"
    return json.loads(request.content)


def ok(response: Any = DOCUMENTED) -> Recorder:
    return Recorder(httpx.Response(200, json=response))


def test_accept_without_personal_data_sends_empty_object() -> None:
    for nothing in (None, {"name": None}):
        wire = ok()
        gateway(wire).accept(ADAS_PROCESS, nothing)
        assert wire.paths == ["/mobbscan-agent/accept"]
        assert sent(wire) == {"verificationId": ADAS_PROCESS, "type": "AUTO", "personalData": {}}


def test_accept_sends_all_twenty_keys_under_gateway_names() -> None:
    wire = ok()
    gateway(wire).accept(ADAS_PROCESS, FULL)
    data = sent(wire)["personalData"]
    assert len(data) == 20
    assert data["firstSurname"] == "value of first_surname"
    assert data["countryDocumentType"] == "value of country_document_type"
    # Our names are the gateway's in snake case.
    for ours, theirs in WIRE_NAMES.items():
        assert re.sub(r"([A-Z])", lambda match: "_" + match[1].lower(), theirs) == ours


def test_accept_leaves_out_none_values() -> None:
    wire = ok()
    gateway(wire).accept(ADAS_PROCESS, {"name": "ADA", "city": None, "address": ""})
    assert sent(wire)["personalData"] == {"name": "ADA", "address": ""}


@pytest.mark.parametrize(
    "wrong",
    [{"firstSurname": "x"}, {7: "x"}, {"name": 7}, {"name": "half \ud83d"}],
)
def test_decision_invalid_personal_data_raises_value_error_before_sending(wrong: Any) -> None:
    wire = ok()
    client = gateway(wire)
    for call in (client.accept, client.send_to_review):
        with pytest.raises(ValueError, match=r"^personal data") as failure:
            call(ADAS_PROCESS, wrong)
        assert failure.value.__cause__ is None
    assert wire.requests == []


def test_reject_sends_comment_and_type() -> None:
    wire = ok()
    gateway(wire).reject(ADAS_PROCESS, "fotografía borrosa")
    assert wire.paths == ["/mobbscan-agent/reject"]
    assert sent(wire) == {
        "verificationId": ADAS_PROCESS,
        "type": "AUTO",
        "rejectionComment": "fotografía borrosa",
    }


@pytest.mark.parametrize("comment", ["", "  ", None, 7, "half \ud83d"])
def test_reject_without_comment_raises_value_error_before_sending(comment: Any) -> None:
    wire = ok()
    with pytest.raises(ValueError, match="comment"):
        gateway(wire).reject(ADAS_PROCESS, comment)
    assert wire.requests == []


@pytest.mark.parametrize("call", ["accept", "reject"])
def test_decision_sends_configured_type(call: str) -> None:
    wire = ok()
    CHANGES[call](gateway(wire, decision_type="MANUAL"))
    assert sent(wire)["type"] == "MANUAL"


def test_send_to_review_sends_personal_data_only_if_given() -> None:
    wire = ok()
    gateway(wire).send_to_review(ADAS_PROCESS, {"post_code": "10001"})
    assert sent(wire) == {"verificationId": ADAS_PROCESS, "personalData": {"postCode": "10001"}}
    wire = ok()
    gateway(wire).send_to_review(ADAS_PROCESS, {"post_code": None})
    assert sent(wire) == {"verificationId": ADAS_PROCESS}


@pytest.mark.parametrize("call", CHANGES)
@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (DOCUMENTED, ("VERIFICATION_ACCEPTED", "Verification accepted")),
        ({"status": "NEW_WORD", "more": [1]}, ("NEW_WORD", None)),
        ({"status": 7, "description": ["x"]}, (None, None)),
        ({"verificationId": "xxxx-xxxx"}, (None, None)),
        ({"verificationId": ADAS_PROCESS.upper()}, (None, None)),
        ("done", (None, None)),
    ],
)
def test_decision_any_success_is_acknowledged_with_its_texts(
    call: str, response: Any, expected: tuple[str | None, str | None]
) -> None:
    acknowledgement = CHANGES[call](gateway(ok(response)))
    assert isinstance(acknowledgement, Acknowledgement)
    assert (acknowledgement.status, acknowledgement.description) == expected
    assert acknowledgement.raw == (response if isinstance(response, dict) else {})


@pytest.mark.parametrize("call", CHANGES)
@pytest.mark.parametrize("scan_id", ["", "xxxx-xxxx", BENS_PROCESS])
def test_decision_other_verification_id_raises_process_mismatch(call: str, scan_id: str) -> None:
    response = {**DOCUMENTED, "scanId": scan_id, "verificationId": BENS_PROCESS}
    with pytest.raises(ProcessMismatch):
        CHANGES[call](gateway(ok(response)))


@pytest.mark.parametrize("call", CHANGES)
def test_decision_failed_or_unreadable_response_is_not_repeated(call: str) -> None:
    for response in (httpx.Response(503), httpx.Response(429), httpx.Response(200, html="<p>")):
        wire = Recorder(response)
        with pytest.raises(Exception, match="answer"):
            CHANGES[call](gateway(wire))
        assert len(wire.requests) == 1
