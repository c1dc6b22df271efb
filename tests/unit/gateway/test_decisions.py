"""Accepting, rejecting, sending to review, deleting: strict in what is sent, easy on answers."""

import json
import re
from typing import Any

import httpx
import pytest

from tests.unit.gateway.doubles import ADAS_PROCESS, CHANGES, Recorder, gateway
from webapp.gateway import WIRE_NAMES, Acknowledgement

DOCUMENTED = {"status": "VERIFICATION_ACCEPTED", "description": "Verification accepted"}
FULL = {name: f"value of {name}" for name in WIRE_NAMES}


def sent(wire: Recorder) -> Any:
    [request] = wire.requests
    assert request.method == "POST"
    return json.loads(request.content)


def ok(answer: Any = DOCUMENTED) -> Recorder:
    return Recorder(httpx.Response(200, json=answer))


def test_accept_always_carries_an_object_of_personal_data() -> None:
    for nothing in (None, {}, {"name": None}):
        wire = ok()
        gateway(wire).accept(ADAS_PROCESS, nothing)
        assert wire.paths == ["/mobbscan-agent/accept"]
        assert sent(wire) == {"verificationId": ADAS_PROCESS, "type": "AUTO", "personalData": {}}


def test_the_twenty_keys_travel_in_the_gateways_spelling() -> None:
    wire = ok()
    gateway(wire).accept(ADAS_PROCESS, FULL)
    data = sent(wire)["personalData"]
    assert len(data) == 20
    assert data["firstSurname"] == "value of first_surname"
    assert data["countryDocumentType"] == "value of country_document_type"
    # Each name is the other one's, only spelled differently.
    for ours, theirs in WIRE_NAMES.items():
        assert re.sub(r"([A-Z])", lambda match: "_" + match[1].lower(), theirs) == ours


def test_only_what_is_given_is_sent() -> None:
    wire = ok()
    gateway(wire).accept(ADAS_PROCESS, {"name": "ADA", "city": None, "address": ""})
    assert sent(wire)["personalData"] == {"name": "ADA", "address": ""}


@pytest.mark.parametrize(
    "wrong",
    [
        {"firstSurname": "x"}, {"nationality": "ESP"}, {"": "x"}, {"name": 7}, {"name": ["x"]},
        {"name": True}, {"name": b"x"}, {"name": "half \ud83d"}, {7: "x"},
    ],
)  # fmt: skip
def test_data_the_gateway_does_not_know_is_never_sent_nor_repeated(wrong: Any) -> None:
    wire = ok()
    client = gateway(wire)
    for call in (client.accept, client.send_to_review):
        with pytest.raises(ValueError, match=r"^personal data") as failure:
            call(ADAS_PROCESS, wrong)
        assert failure.value.__cause__ is None
    assert wire.requests == []


def test_reject_carries_the_reason_and_the_type() -> None:
    wire = ok()
    gateway(wire).reject(ADAS_PROCESS, "fotografía borrosa")
    assert wire.paths == ["/mobbscan-agent/reject"]
    assert sent(wire) == {
        "verificationId": ADAS_PROCESS,
        "type": "AUTO",
        "rejectionComment": "fotografía borrosa",
    }


@pytest.mark.parametrize("comment", ["", "  ", None, 7, "half \ud83d"])
def test_a_rejection_without_a_reason_is_never_sent(comment: Any) -> None:
    wire = ok()
    with pytest.raises(ValueError, match="comment"):
        gateway(wire).reject(ADAS_PROCESS, comment)
    assert wire.requests == []


@pytest.mark.parametrize("call", ["accept", "reject"])
def test_the_type_is_the_configured_one(call: str) -> None:
    wire = ok()
    CHANGES[call](gateway(wire, decision_type="MANUAL"))
    assert sent(wire)["type"] == "MANUAL"


def test_review_sends_data_only_when_there_is_some_and_never_a_type() -> None:
    wire = ok()
    gateway(wire).send_to_review(ADAS_PROCESS, {"post_code": "10001"})
    assert sent(wire) == {"verificationId": ADAS_PROCESS, "personalData": {"postCode": "10001"}}
    wire = ok()
    gateway(wire).send_to_review(ADAS_PROCESS, {"post_code": None})
    assert sent(wire) == {"verificationId": ADAS_PROCESS}


@pytest.mark.parametrize("call", CHANGES)
@pytest.mark.parametrize(
    ("answer", "heard"),
    [
        (DOCUMENTED, ("VERIFICATION_ACCEPTED", "Verification accepted")),
        ({"status": "NEW_WORD", "more": [1]}, ("NEW_WORD", None)),
        ({"status": 7, "description": ["x"]}, (None, None)),
        ({"verificationId": "xxxx-xxxx"}, (None, None)),
        ({"verificationId": ADAS_PROCESS.upper()}, (None, None)),
        ([], (None, None)),
        ("done", (None, None)),
        (None, (None, None)),
    ],
)
def test_the_words_of_an_answer_are_kept_and_never_needed(
    call: str, answer: Any, heard: tuple[str | None, str | None]
) -> None:
    said = CHANGES[call](gateway(ok(answer)))
    assert isinstance(said, Acknowledgement)
    assert (said.status, said.description) == heard
    assert said.raw == (answer if isinstance(answer, dict) else {})


@pytest.mark.parametrize("call", CHANGES)
def test_a_change_is_sent_once_whatever_becomes_of_it(call: str) -> None:
    for answer in (httpx.Response(503), httpx.Response(429), httpx.Response(200, html="<p>")):
        wire = Recorder(answer)
        with pytest.raises(Exception, match="answer"):
            CHANGES[call](gateway(wire))
        assert len(wire.requests) == 1
