"""The address of notices forgives repeated slashes, wherever they are."""

import json
import uuid

import pytest

from tests.support.raw_http import send_request
from tests.support.wire_gateway import WireStack

PATHS = [
    "//webhooks/mobbscan",
    "/webhooks//mobbscan",
    "///webhooks///mobbscan",
    "/webhooks/mobbscan//",
    "/webhooks/mobbscan/",
    "/webhooks%2Fmobbscan",
    "/webhooks%2f%2Fmobbscan",
    "//webhooks/mobbscan?retry=1",
]


def send(stack: WireStack, path: str, process_id: str, **headers: str) -> int:
    body = json.dumps({"verificationId": process_id, "status": "VERIFIED"}).encode()
    sent = {"Content-Type": "application/json", **stack.webhook_headers, **headers}
    # httpx would tidy the path.
    return send_request(stack.server_url, "POST", path, headers=sent, body=body).status


def test_notice_with_repeated_slashes_is_stored(wire_stack: WireStack) -> None:
    ids = {path: str(uuid.uuid4()) for path in PATHS}
    answers = {path: send(wire_stack, path, process_id) for path, process_id in ids.items()}
    assert answers == dict.fromkeys(PATHS, 204)
    assert set(ids.values()) <= wire_stack.noticed_ids()


@pytest.mark.parametrize(
    "path", ["/webhook/mobbscan", "/webhooks/mobbscan/x", "/x//webhooks/mobbscan"]
)
def test_notice_at_another_path_is_404(wire_stack: WireStack, path: str) -> None:
    assert send(wire_stack, path, str(uuid.uuid4())) == 404


def test_notice_with_repeated_slashes_is_authenticated(wire_stack: WireStack) -> None:
    wrong = dict.fromkeys(wire_stack.webhook_headers, "wrong")
    assert send(wire_stack, "//webhooks/mobbscan", str(uuid.uuid4()), **wrong) == 401
    answer = send_request(wire_stack.server_url, "GET", "//webhooks/mobbscan")
    assert answer.status == 405


def test_notice_below_a_prefix_with_repeated_slashes_is_stored(prefixed_stack: WireStack) -> None:
    paths = ("/verify//webhooks/mobbscan", "//verify/webhooks/mobbscan/", "//webhooks/mobbscan")
    ids = {path: str(uuid.uuid4()) for path in paths}
    answers = {path: send(prefixed_stack, path, process_id) for path, process_id in ids.items()}
    assert answers == dict.fromkeys(paths, 204)
    assert set(ids.values()) <= prefixed_stack.noticed_ids()
