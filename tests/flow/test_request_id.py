"""One request id connects a request, its job and its gateway call in the log."""

import json
from typing import Any

import httpx

from tests.support.eventually import eventually
from tests.support.stack import Person, Stack
from tests.support.user_journey import force_outcome, gateway_switches, start_onboarding


def lines(stack: Stack, **wanted: object) -> list[dict[str, Any]]:
    """Return the log lines of web workers and jobs process that contain these fields."""
    entries = [json.loads(line) for line in stack.logs("server").splitlines() if line[:1] == "{"]
    return [line for line in entries if wanted.items() <= line.items()]


def test_request_id_of_notice_is_logged_with_its_poll(stack: Stack) -> None:
    walk = start_onboarding(stack, Person("ada-of-the-request", "Ada Lovelace", "en"))
    with gateway_switches(stack, notices="never"):
        force_outcome(stack, walk.id, "passes")
    answer = httpx.post(
        f"{stack.server_url}/webhooks/mobbscan",
        json={"verificationId": walk.id, "status": "VERIFIED"},
        headers=stack.webhook_headers,
        trust_env=False,
    )
    request_id = answer.headers["Request-Id"]
    walk.until("verified", seconds=30)
    (read, *_) = eventually(
        lambda: lines(stack, event="gateway_call", call="read", request_id=request_id)
    )
    assert (read["outcome"], read["onboarding"]) == ("ok", walk.id)
    assert read["duration_ms"] > 0
    requests = lines(stack, event="request", request_id=request_id)
    assert [line["route"] for line in requests] == ["/webhooks/mobbscan"]
    events = stack.rows("SELECT event, detail FROM timeline WHERE onboarding_id = ?", walk.id)
    named = {row["event"] for row in events if request_id in str(row["detail"])}
    assert {"notice", "moved"} <= named, "the timeline holds it too"


def test_request_id_of_start_is_logged_with_its_create_call(stack: Stack) -> None:
    start_onboarding(stack, Person("ben-of-the-request", "Ben Ortega", "en"))
    (request,) = lines(stack, event="request", route="/onboardings", method="POST")[-1:]
    (create,) = lines(stack, event="gateway_call", request_id=request["request_id"], call="create")
    assert create["outcome"] == "ok"
    assert set(create) == {
        "event", "call", "outcome", "duration_ms", "request_id", "level", "logger", "timestamp",
    }, "no address, no token, no body"  # fmt: skip
