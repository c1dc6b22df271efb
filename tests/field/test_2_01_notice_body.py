"""A notice is a hint: any body from which the id of a process can be read is taken."""

import gzip
import json
import uuid

import pytest

from tests.support.wire_gateway import WireStack, json_answer

#: Each command takes seconds on a busy machine.
pytestmark = pytest.mark.timeout(300)

#: As the vendor's page documents it, with its trailing comma (contract 4-O).
DOCUMENTED = '{\n  "verificationId": "ID",\n  "status": "VERIFIED",\n}'
READABLE = {
    "documented body": DOCUMENTED,
    "single quotes": "{'verificationId': 'ID', 'status': 'VERIFIED'}",
    "no quotes": "{verificationId: ID, status: VERIFIED}",
    "comment": '// notice\n{"verificationId": "ID", "status": "VERIFIED"}',
    "truncated": '{"verificationId": "ID", "status": "VERIFIED", "more": {"a',
    "status missing": '{"verificationId": "ID"}',
    "status null": '{"verificationId": "ID", "status": null}',
    "status a number": '{"verificationId": "ID", "status": 7}',
    "status too long": '{"verificationId": "ID", "status": "' + "X" * 65 + '"}',
    "NaN": '{"verificationId": "ID", "status": "VERIFIED", "score": NaN}',
    "1e999": '{"verificationId": "ID", "status": "VERIFIED", "score": 1e999}',
    "lone surrogate": '{"verificationId": "ID", "status": "VERIFIED", "name": "\\ud800"}',
    "status twice": '{"verificationId": "ID", "status": "NOT_VERIFIED", "status": "VERIFIED"}',
    "id twice": '{"verificationId": "ID", "verificationId": "x", "status": "VERIFIED"}',
    "two ids": '{"verificationId": "ID", "verificationId": "OTHER", "status": "VERIFIED"}',
    "deep": '{"verificationId": "ID", "more": ' + "[" * 20_000 + "]" * 20_000 + "}",
    "in an object": '{"data": {"verificationId": "ID", "status": "VERIFIED"}}',
    "in a list": '[{"verificationId": "ID", "status": "VERIFIED"}]',
    "JSON in a string": '"{\\"verificationId\\": \\"ID\\", \\"status\\": \\"VERIFIED\\"}"',
    "form": "verificationId=ID&status=VERIFIED",
    "XML": "<notice><verificationId>ID</verificationId><status>VERIFIED</status></notice>",
    "upper case": '{"verificationId": "UPPER", "status": "VERIFIED"}',
    "no dashes": '{"verificationId": "DIGITS", "status": "VERIFIED"}',
    "blanks": '{"verificationId": " ID\\n", "status": " VERIFIED "}',
}


ENCODINGS = ("utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1")


def fill(body: str, process_id: str) -> str:
    body = body.replace("UPPER", process_id.upper()).replace("DIGITS", process_id.replace("-", ""))
    return body.replace("OTHER", str(uuid.uuid4())).replace("ID", process_id)


def test_notice_with_readable_id_is_204_and_stored(wire_stack: WireStack) -> None:
    ids = {name: str(uuid.uuid4()) for name in READABLE}
    answers = {
        name: wire_stack.notify(fill(body, ids[name]).encode()).status_code
        for name, body in READABLE.items()
    }
    assert answers == dict.fromkeys(READABLE, 204)
    assert set(ids.values()) <= wire_stack.noticed_ids()


def test_notice_in_another_character_set_is_204_and_stored(wire_stack: WireStack) -> None:
    ids = {encoding: str(uuid.uuid4()) for encoding in ENCODINGS}
    answers = {}
    for encoding, process_id in ids.items():
        body = f'{{"verificationId": "{process_id}", "status": "VERIFIED", "name": "IÑIGO"}}'
        answers[encoding] = wire_stack.notify(body.encode(encoding)).status_code
    assert answers == dict.fromkeys(ENCODINGS, 204)
    assert set(ids.values()) <= wire_stack.noticed_ids()


@pytest.mark.parametrize(
    "body",
    ['{"verificationId": "%s",}', "verificationId=%s", '{"verificationId": "%s", "status": null}'],
)
def test_notice_with_readable_id_makes_the_server_poll(wire_stack: WireStack, body: str) -> None:
    onboarding = wire_stack.begin(f"ada-{uuid.uuid4().hex}")
    wire_stack.gateway.process_data[onboarding.id] = json_answer(
        scanId=onboarding.id, verificationResult="VERIFIED"
    )
    assert wire_stack.notify((body % onboarding.id).encode()).status_code == 204
    onboarding.until("verified")
    (notice,) = wire_stack.notices(onboarding.id)
    assert notice["state"] == "agreed"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{}",
        '{"verificationId": null, "status": "VERIFIED"}',
        '{"verificationId": 7, "status": "VERIFIED"}',
        '{"comment": "ID", "status": "VERIFIED"}',
        '{"previousVerificationId": "ID", "status": "VERIFIED"}',
        '{"verificationId": "ID0", "status": "VERIFIED"}',
    ],
)
def test_notice_without_readable_id_is_400(wire_stack: WireStack, body: str) -> None:
    assert wire_stack.notify(fill(body, str(uuid.uuid4())).encode()).status_code == 400


def test_notice_without_readable_id_is_in_quarantine(wire_stack: WireStack) -> None:
    body = f'{{"comment": "{uuid.uuid4()}", "status": "VERIFIED"}}'
    assert wire_stack.notify(body.encode()).status_code == 400
    newest = json.loads(wire_stack.command("notices", "quarantine", "--json").stdout)[0]
    shown = wire_stack.command("notices", "quarantine", str(newest["id"])).stdout
    assert json.loads(shown) == body


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "x-unknown", "gzip, gzip"])
def test_notice_with_content_encoding_is_415_and_not_stored(
    wire_stack: WireStack, encoding: str
) -> None:
    process_id = str(uuid.uuid4())
    body = f'{{"verificationId": "{process_id}", "status": "VERIFIED"}}'.encode()
    sent = gzip.compress(body) if encoding == "gzip" else body
    answer = wire_stack.notify(sent, **{"Content-Encoding": encoding})
    assert (answer.status_code, answer.content) == (415, b"")
    assert not wire_stack.notices(process_id)
    assert wire_stack.notify(body, **{"Content-Encoding": "Identity"}).status_code == 204


def test_notice_with_content_encoding_and_wrong_headers_is_401(wire_stack: WireStack) -> None:
    wrong = dict.fromkeys(wire_stack.webhook_headers, "wrong")
    assert wire_stack.notify(b"{}", **{"Content-Encoding": "br"}, **wrong).status_code == 401
    assert wire_stack.notify(DOCUMENTED.encode(), **wrong).status_code == 401
