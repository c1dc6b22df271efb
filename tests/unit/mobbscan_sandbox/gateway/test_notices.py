"""Notices: when they leave, what they carry, and every way they can go astray."""

import json

import httpx
import pytest

from mobbscan_sandbox.gateway import RunningGateway
from tests.support.eventually import eventually
from tests.support.gateway import IMPATIENT, Company, Controls, HostedPage, Receiver


@pytest.fixture(autouse=True)
def no_recordings(controls: Controls) -> None:
    """Their notices have tests of their own."""
    controls.switch(video_available="never")


def test_a_notice_carries_the_id_the_state_and_the_configured_headers(
    company: Company, controls: Controls, receiver: Receiver
) -> None:
    scan_id = company.create()["scanId"]
    controls.end(scan_id, "passes")
    eventually(lambda: receiver.notices)
    assert receiver.notices == [{"verificationId": scan_id, "status": "VERIFIED"}]
    sent = receiver.headers[0]
    assert sent["content-type"] == "application/json"
    assert (sent["authorization"], sent["x-company"]) == ("Bearer shared", "shop")


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        ("passes", "VERIFIED"),
        ("fails", "NOT_VERIFIED"),
        ("review", "PENDING_VERIFICATION"),
        ("validation", "PENDING_VALIDATION"),
    ],
)
def test_the_hosted_page_sets_off_a_notice_for_each_state(
    gateway: RunningGateway, company: Company, receiver: Receiver, outcome: str, status: str
) -> None:
    hosted = HostedPage(gateway.url, company.create())
    hosted.post("/begin")
    hosted.end(outcome)
    eventually(lambda: receiver.notices)
    assert receiver.states == [status]


def test_decisions_by_the_api_are_told_in_their_order(
    company: Company, controls: Controls, receiver: Receiver
) -> None:
    scan_id = company.create()["scanId"]
    controls.end(scan_id, "validation")
    company.pending(scan_id)
    company.reject(scan_id)
    eventually(lambda: len(receiver.notices) == 3)
    assert receiver.states == ["PENDING_VALIDATION", "PENDING_VERIFICATION", "NOT_VERIFIED"]


def test_a_verdict_can_take_its_time(
    company: Company, controls: Controls, receiver: Receiver
) -> None:
    controls.switch(decide_after_ms=50)
    scan_id = company.create()["scanId"]
    controls.end(scan_id, "fails")
    eventually(lambda: len(receiver.notices) == 2)
    assert receiver.states == ["PENDING_VERIFICATION", "NOT_VERIFIED"]
    assert company.data(scan_id).json()["rejectionReason"] == "Document expired"


def test_errors_of_the_hosted_page_are_not_told(
    company: Company, controls: Controls, receiver: Receiver
) -> None:
    scan_id = company.create()["scanId"]
    controls.end(scan_id, "camera-denied")
    assert controls.get("/deliveries") == {"deliveries": []}
    assert controls.get(f"/processes/{scan_id}")["last_error"] == "PermissionError"


def test_each_delivery_is_logged_and_can_be_repeated(
    company: Company, controls: Controls, receiver: Receiver
) -> None:
    receiver.status = 500
    scan_id = company.create()["scanId"]
    controls.end(scan_id, "passes")
    delivery = eventually(
        lambda: next(
            (each for each in controls.get("/deliveries")["deliveries"] if each["attempts"]), None
        )
    )
    assert delivery["state"] == "failed"
    assert [attempt["status"] for attempt in delivery["attempts"]] == [500]
    receiver.status = 204
    repeated = controls.post(f"/deliveries/{delivery['id']}/redeliver")
    assert repeated["state"] == "delivered"
    assert [attempt["status"] for attempt in repeated["attempts"]] == [500, 204]
    assert receiver.states == ["VERIFIED", "VERIFIED"]


def test_a_receiver_that_is_not_there_is_logged_as_failed(
    company: Company, controls: Controls
) -> None:
    controls.http.put("/webhook", json={"url": "http://127.0.0.1:9/hook", "headers": {}})
    scan_id = company.create()["scanId"]
    controls.end(scan_id, "passes")
    eventually(lambda: controls.get("/deliveries")["deliveries"][0]["state"] == "failed")
    attempts = controls.get("/deliveries")["deliveries"][0]["attempts"]
    assert [attempt["error"] for attempt in attempts] == ["ConnectError"]


def test_attempts_can_be_repeated_by_themselves(
    company: Company, controls: Controls, receiver: Receiver
) -> None:
    receiver.status = 503
    controls.switch(notice_attempts=2)
    controls.end(company.create()["scanId"], "passes")
    eventually(lambda: len(receiver.notices) == 2)


def test_twice_means_the_same_notice_twice(
    company: Company, controls: Controls, receiver: Receiver
) -> None:
    controls.switch(notices="twice")
    controls.end(company.create()["scanId"], "passes")
    eventually(lambda: len(receiver.notices) == 2)
    assert receiver.notices[0] == receiver.notices[1]


def test_never_means_logged_and_not_sent(
    company: Company, controls: Controls, receiver: Receiver
) -> None:
    controls.switch(notices="never")
    controls.end(company.create()["scanId"], "passes")
    controls.switch(notices="send")
    controls.end(company.create()["scanId"], "fails")
    eventually(lambda: receiver.notices)
    assert receiver.states == ["NOT_VERIFIED"]
    states = [each["state"] for each in controls.get("/deliveries")["deliveries"]]
    assert states == ["delivered", "dropped"] or states == ["queued", "dropped"]


def test_held_notices_leave_when_they_are_released(
    company: Company, controls: Controls, receiver: Receiver
) -> None:
    controls.switch(notices="hold")
    scan_id = company.create()["scanId"]
    controls.end(scan_id, "review")
    controls.end(scan_id, "passes")
    assert [each["state"] for each in controls.get("/deliveries")["deliveries"]] == ["held"] * 2
    assert receiver.notices == []
    assert len(controls.post("/deliveries/release")["released"]) == 2
    eventually(lambda: len(receiver.notices) == 2)
    assert receiver.states == ["PENDING_VERIFICATION", "VERIFIED"]


def test_a_notice_can_arrive_before_the_create_call_is_answered(
    company: Company, controls: Controls, receiver: Receiver, unknown_id: str
) -> None:
    controls.switch(notices="before_create_answer", hold_create_ms=10_000)
    with pytest.raises(httpx.ReadTimeout):
        company.http.post("/onboarding", json={"scanId": unknown_id}, timeout=IMPATIENT)
    eventually(lambda: receiver.notices)
    assert receiver.notices == [{"verificationId": unknown_id, "status": "VERIFIED"}]
    assert company.data(unknown_id).json()["verificationResult"] == "VERIFIED"


def test_the_answer_does_not_wait_for_the_notice(
    company: Company, controls: Controls, receiver: Receiver
) -> None:
    controls.switch(notice_delay_ms=60_000)
    controls.end(company.create()["scanId"], "passes")
    assert receiver.notices == []


def test_processes_can_be_decided_at_birth(
    company: Company, controls: Controls, receiver: Receiver
) -> None:
    controls.switch(auto_outcome="review")
    scan_id = company.create()["scanId"]
    assert company.data(scan_id).json()["verificationResult"] == "PENDING_VERIFICATION"
    eventually(lambda: receiver.notices)


def test_a_forged_notice_goes_out_with_the_headers_of_the_forger(
    controls: Controls, receiver: Receiver, unknown_id: str
) -> None:
    receiver.status = 401
    sent = controls.post(
        "/notices", verificationId=unknown_id, status="VERIFIED", headers={"X-Company": "evil"}
    )
    assert sent["attempts"][0]["status"] == 401
    assert receiver.headers[0]["x-company"] == "evil"
    assert "authorization" not in receiver.headers[0]


def test_a_false_notice_with_the_right_headers_can_be_sent_too(
    company: Company, controls: Controls, receiver: Receiver
) -> None:
    scan_id = company.create()["scanId"]
    controls.post("/notices", verificationId=scan_id, status="VIDEO_AVAILABLE")
    assert receiver.notices == [{"verificationId": scan_id, "status": "VIDEO_AVAILABLE"}]
    assert receiver.headers[0]["authorization"] == "Bearer shared"
    assert controls.get(f"/processes/{scan_id}")["state"] == "CREATED"


def test_shuffled_means_the_last_comes_first(
    company: Company, controls: Controls, receiver: Receiver
) -> None:
    controls.switch(notices="shuffled", notice_shuffle_ms=150)
    scan_id = company.create()["scanId"]
    controls.end(scan_id, "validation")
    company.pending(scan_id)
    company.accept(scan_id)
    eventually(lambda: len(receiver.notices) == 3)
    assert receiver.states == ["VERIFIED", "PENDING_VERIFICATION", "PENDING_VALIDATION"]


@pytest.mark.parametrize(
    ("kind", "status"),
    [("unknown_words", "SOMETHING_NEW"), ("extra_keys", "VERIFIED"), ("wrong_scan_id", "VERIFIED")],
)
def test_a_notice_can_say_strange_things_once(
    company: Company, controls: Controls, receiver: Receiver, kind: str, status: str
) -> None:
    controls.post("/faults", at="notice", kind=kind, times=1)
    scan_id = company.create()["scanId"]
    controls.end(scan_id, "passes")
    controls.end(scan_id, "passes")
    eventually(lambda: len(receiver.notices) == 2)
    first, second = receiver.notices
    assert first["status"] == status
    assert ("unheardOf" in first) == (kind == "extra_keys")
    assert (first["verificationId"] == scan_id) == (kind != "wrong_scan_id")
    assert second == {"verificationId": scan_id, "status": "VERIFIED"}


@pytest.mark.parametrize(
    ("kind", "authorization"), [("wrong_header", "Bearer shared-wrong"), ("no_header", None)]
)
def test_a_notice_can_come_with_a_wrong_header(
    company: Company,
    controls: Controls,
    receiver: Receiver,
    kind: str,
    authorization: str | None,
) -> None:
    controls.post("/faults", at="notice", kind=kind, times=1)
    controls.end(company.create()["scanId"], "passes")
    eventually(lambda: receiver.notices)
    assert receiver.headers[0].get("authorization") == authorization
    delivery = controls.get("/deliveries")["deliveries"][0]
    assert delivery["fault"] == kind
    controls.post(f"/deliveries/{delivery['id']}/redeliver")
    assert receiver.headers[1]["authorization"] == "Bearer shared"


def test_a_single_notice_can_be_late_lost_or_doubled(
    company: Company, controls: Controls, receiver: Receiver
) -> None:
    controls.post("/faults", at="notice", kind="twice", times=1)
    controls.post("/faults", at="notice", kind="drop", times=1)
    controls.post("/faults", at="notice", kind="slow", delay_ms=60_000, times=1)
    scan_id = company.create()["scanId"]
    for outcome in ("validation", "review", "fails"):
        controls.end(scan_id, outcome)
    eventually(lambda: len(receiver.notices) == 2)
    assert receiver.states == ["PENDING_VALIDATION"] * 2
    states = [each["state"] for each in controls.get("/deliveries")["deliveries"]]
    assert states == ["queued", "dropped", "delivered"]


@pytest.mark.parametrize(("kind", "end"), [("trailing_comma", b",}"), ("not_json", b"")])
def test_a_notice_can_be_no_json(
    company: Company, controls: Controls, receiver: Receiver, kind: str, end: bytes
) -> None:
    controls.post("/faults", at="notice", kind=kind, times=1)
    controls.end(company.create()["scanId"], "passes")
    eventually(lambda: receiver.bodies)
    assert receiver.bodies[0].endswith(end)
    with pytest.raises(json.JSONDecodeError):
        json.loads(receiver.bodies[0])
