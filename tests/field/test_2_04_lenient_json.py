"""One flaw in process data costs one value; only identity and verdict must be sound."""

import json
import uuid

import pytest

from tests.support.eventually import eventually
from tests.support.wire_gateway import REASON, Answer, WireOnboarding, WireStack

HEAD = '{"scanId": "ID", "verificationResult": "NOT_VERIFIED", "rejectionReason": "REASON"'
READABLE = {
    "NaN": HEAD + ', "document": {"facialMatchingScore": NaN}}',
    "Infinity": HEAD + ', "document": {"facialMatchingScore": -Infinity}}',
    "1e999": HEAD + ', "document": {"facialLivenessScore": 1e999}}',
    "5,000 digits": HEAD + ', "licenseId": ' + "9" * 5000 + "}",
    "lone surrogate": HEAD + ', "document": {"name": "ALEX \\ud83d"}}',
    "duplicate key": HEAD + ', "document": {"name": "A", "name": "B"}, "comment": 1, "comment": 2}',
    "duplicate verdict": HEAD + ', "verificationResult": "NOT_VERIFIED"}',
    "trailing comma": HEAD + ', "images": ["https://gw.test/a",],}',
    "comments": "// answer\n" + HEAD + " /* end */ }",
    "single quotes": HEAD.replace('"', "'") + "}",
    "unquoted names": HEAD.replace('"scanId"', "scanId") + ", comment: none}",
    "control character": HEAD + ', "comment": "line\nbreak\ttab"}',
    "unknown escape": HEAD + ', "comment": "a\\qb\\x41"}',
    "leading zero": HEAD + ', "licenseId": 007, "score": .5, "other": +1}',
    "deep nesting": HEAD + ', "clientInfo": ' + '{"a":' * 500 + "1" + "}" * 501,
    "very deep nesting": HEAD + ', "clientInfo": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "missing value": HEAD + ', "comment": , "images": [,]}',
    "guard in front": ")]}'\n" + HEAD + "}",
    "nothing behind": HEAD + "}\n\0\0;",
    "wrong types": HEAD + ', "document": 7, "images": {"a": 1}, "validations": [], "agent": {}}',
}
UNREADABLE = {
    "no JSON": "Bad Gateway",
    "truncated": HEAD + ', "document": {"name": "AL',
    "another verdict": HEAD + ', "verificationResult": "VERIFIED"}',
    "verdict a number": '{"scanId": "ID", "verificationResult": 7}',
    "verdict NaN": '{"scanId": "ID", "verificationResult": NaN}',
    "verdict a list": '{"scanId": "ID", "verificationResult": ["VERIFIED"]}',
    "two ids": HEAD + ', "scanId": "OTHER"}',
    "id a number": '{"scanId": 7, "verificationResult": "VERIFIED"}',
    "two objects": HEAD + "}" + HEAD.replace("NOT_", "") + "}",
    "a list": "[" + HEAD + "}]",
    "in another object": '{"data": ' + HEAD + "}}",
    "an error as a success": '{"status": "ERROR", "description": "internal error"}',
}


def answer(body: str, process_id: str) -> Answer:
    filled = body.replace("REASON", REASON).replace("OTHER", str(uuid.uuid4()))
    return Answer(filled.replace('ID"', f'{process_id}"').replace("ID'", f"{process_id}'").encode())


def begin(stack: WireStack) -> WireOnboarding:
    return stack.begin(f"ada-{uuid.uuid4().hex}")


@pytest.mark.parametrize("body", READABLE.values(), ids=READABLE.keys())
def test_verdict_beside_a_flaw_is_read(wire_stack: WireStack, body: str) -> None:
    onboarding = begin(wire_stack)
    onboarding.answer(answer(body, onboarding.id))
    seen = onboarding.until("rejected")
    assert [reason["code"] for reason in seen["reasons"]] == ["document_expired"]


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_unreadable_answer_raises_alarm_and_asks_user_to_wait(
    wire_stack: WireStack, body: str
) -> None:
    onboarding = begin(wire_stack)
    onboarding.answer(answer(body, onboarding.id))

    def degraded() -> list[str]:
        return [each for each in wire_stack.readyz()["degraded"] if onboarding.id in each]

    (sentence,) = eventually(degraded, seconds=40)
    assert "could not be read" in sentence
    assert "report it to the vendor" in sentence
    assert "gateway_response_unreadable" in wire_stack.logs("server")

    seen = onboarding.status
    assert (seen["status"], seen["next"]) == ("started", "wait")
    page = onboarding.page()
    assert page.status == 200
    assert not page.frames
    assert "Thank you" in page.heading
    home = onboarding.browser.get("/")
    assert "Continue" not in home.text
    again = onboarding.browser.submit(home, home.form("/onboardings"))
    assert (again.status, again.frames) == (200, [])

    # A readable answer ends it.
    onboarding.answer(answer(HEAD + "}", onboarding.id))
    onboarding.until("rejected")
    assert degraded() == []


def test_user_without_notice_may_continue_while_answers_are_unreadable(
    wire_stack: WireStack,
) -> None:
    onboarding = begin(wire_stack)
    wire_stack.gateway.process_data[onboarding.id] = Answer(b"Bad Gateway")
    assert onboarding.status["next"] == "continue"
    assert onboarding.page().frames


def test_false_notice_does_not_hold_the_user_up(wire_stack: WireStack) -> None:
    """A notice is a hint: once the gateway has answered otherwise, the user may continue."""
    onboarding = begin(wire_stack)
    body = json.dumps({"verificationId": onboarding.id, "status": "VERIFIED"}).encode()
    assert wire_stack.notify(body).status_code == 204
    eventually(lambda: onboarding.status["next"] == "continue")
    assert onboarding.page().frames
