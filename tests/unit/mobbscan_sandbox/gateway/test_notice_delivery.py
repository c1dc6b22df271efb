"""Notices: content, order, switches, faults and forged ones."""

import json

import httpx
import pytest

from tests.support.eventually import eventually
from tests.support.gateway import IMPATIENT


@pytest.fixture(autouse=True)
def no_recordings(controls):
    """`test_video_available.py` tests their notices."""
    controls.switch(video_available="never")


def delivery_states(controls):
    return [each["state"] for each in controls.get("/deliveries")["deliveries"]]


def test_delayed_decision_sends_a_review_notice_first(company, controls, receiver, make_process):
    controls.switch(decide_after_ms=50)
    scan_id = make_process("fails")
    eventually(lambda: len(receiver.notices) == 2)
    assert receiver.states == ["PENDING_VERIFICATION", "NOT_VERIFIED"]
    assert company.data(scan_id).json()["rejectionReason"] == "Document expired"


def test_hosted_page_error_sends_no_notice(company, controls, make_process):
    scan_id = make_process("camera-denied")
    assert controls.get("/deliveries") == {"deliveries": []}
    assert controls.get(f"/processes/{scan_id}")["last_error"] == "PermissionError"
    data = company.data(scan_id).json()
    assert (data["verificationResult"], data["recordings"]) == (None, [])


def test_failed_delivery_is_logged_and_can_be_redelivered(controls, receiver, make_process):
    receiver.status = 500
    controls.switch(notice_attempts=2)
    make_process("passes")
    eventually(lambda: len(controls.get("/deliveries")["deliveries"][0]["attempts"]) == 2)
    assert delivery_states(controls) == ["failed"]
    receiver.status = 204
    delivery_id = controls.get("/deliveries")["deliveries"][0]["id"]
    repeated = controls.post(f"/deliveries/{delivery_id}/redeliver")
    assert repeated["state"] == "delivered"
    assert [attempt["status"] for attempt in repeated["attempts"]] == [500, 500, 204]
    assert receiver.states == ["VERIFIED"] * 3


def test_delivery_to_a_closed_port_is_logged_as_failed(controls, make_process):
    controls.http.put("/webhook", json={"url": "http://127.0.0.1:9/hook"})
    make_process("passes")
    eventually(lambda: delivery_states(controls) == ["failed"])
    attempts = controls.get("/deliveries")["deliveries"][0]["attempts"]
    assert [attempt["error"] for attempt in attempts] == ["ConnectError"]


def test_modes_never_and_twice_log_and_send_the_notice(controls, receiver, make_process):
    controls.switch(notices="never")
    scan_id = make_process("passes")
    controls.switch(notices="twice")
    controls.end(scan_id, "fails")
    eventually(lambda: delivery_states(controls) == ["delivered", "dropped"])
    assert receiver.notices == [{"verificationId": scan_id, "status": "NOT_VERIFIED"}] * 2


def test_mode_hold_sends_the_notices_after_release(controls, receiver, make_process):
    controls.switch(notices="hold")
    controls.end(make_process("review"), "passes")
    assert delivery_states(controls) == ["held"] * 2
    assert receiver.notices == []
    assert len(controls.post("/deliveries/release")["released"]) == 2
    eventually(lambda: len(receiver.notices) == 2)
    assert receiver.states == ["PENDING_VERIFICATION", "VERIFIED"]


def test_mode_before_create_answer_sends_the_notice_before_the_answer(
    company, controls, receiver, unknown_id
):
    controls.switch(notices="before_create_answer", hold_create_ms=10_000)
    with pytest.raises(httpx.ReadTimeout):
        company.http.post("/onboarding", json={"scanId": unknown_id}, timeout=IMPATIENT)
    eventually(lambda: receiver.notices)
    assert receiver.notices == [{"verificationId": unknown_id, "status": "VERIFIED"}]
    assert company.data(unknown_id).json()["verificationResult"] == "VERIFIED"


def test_mode_shuffled_sends_the_last_notice_first(company, controls, receiver, make_process):
    controls.switch(notices="shuffled", notice_shuffle_ms=150)
    scan_id = make_process("validation")
    company.pending(scan_id)
    company.accept(scan_id)
    eventually(lambda: len(receiver.notices) == 3)
    assert receiver.states == ["VERIFIED", "PENDING_VERIFICATION", "PENDING_VALIDATION"]


def test_auto_outcome_decides_each_new_process(controls, receiver, make_process):
    controls.switch(auto_outcome="review")
    make_process()
    eventually(lambda: receiver.states == ["PENDING_VERIFICATION"])


def test_forged_notice_has_the_given_headers_instead_of_the_configured(
    controls, receiver, unknown_id
):
    receiver.status = 401
    headers = {"X-Company": "evil"}
    sent = controls.post("/notices", verificationId=unknown_id, status="VERIFIED", headers=headers)
    assert sent["attempts"][0]["status"] == 401
    assert receiver.headers[0]["x-company"] == "evil"
    assert "authorization" not in receiver.headers[0]


def test_forged_notice_without_headers_has_the_configured_ones(controls, receiver, make_process):
    scan_id = make_process()
    controls.post("/notices", verificationId=scan_id, status="VIDEO_AVAILABLE")
    assert receiver.notices == [{"verificationId": scan_id, "status": "VIDEO_AVAILABLE"}]
    assert receiver.headers[0]["authorization"] == "Bearer shared"
    assert controls.get(f"/processes/{scan_id}")["state"] == "CREATED"


@pytest.mark.parametrize(
    ("kind", "status"),
    [("unknown_words", "SOMETHING_NEW"), ("extra_keys", "VERIFIED"), ("wrong_scan_id", "VERIFIED")],
)
def test_content_fault_changes_the_next_notice_only(controls, receiver, make_process, kind, status):
    controls.post("/faults", at="notice", kind=kind, times=1)
    controls.end(scan_id := make_process("passes"), "passes")
    eventually(lambda: len(receiver.notices) == 2)
    first, second = receiver.notices
    assert first["status"] == status
    assert ("unknownKey" in first) == (kind == "extra_keys")
    assert (first["verificationId"] == scan_id) == (kind != "wrong_scan_id")
    assert second == {"verificationId": scan_id, "status": "VERIFIED"}


@pytest.mark.parametrize(
    ("kind", "authorization"), [("wrong_header", "Bearer shared-wrong"), ("no_header", None)]
)
def test_header_fault_is_not_applied_to_a_redelivery(
    controls, receiver, make_process, kind, authorization
):
    controls.post("/faults", at="notice", kind=kind, times=1)
    make_process("passes")
    eventually(lambda: receiver.notices)
    assert receiver.headers[0].get("authorization") == authorization
    delivery = controls.get("/deliveries")["deliveries"][0]
    assert delivery["fault"] == kind
    controls.post(f"/deliveries/{delivery['id']}/redeliver")
    assert receiver.headers[1]["authorization"] == "Bearer shared"


def test_delivery_faults_repeat_drop_and_delay_one_notice_each(controls, receiver, make_process):
    controls.post("/faults", at="notice", kind="twice", times=1)
    controls.post("/faults", at="notice", kind="drop", times=1)
    controls.post("/faults", at="notice", kind="slow", delay_ms=60_000, times=1)
    scan_id = make_process()
    for outcome in ("validation", "review", "fails"):
        controls.end(scan_id, outcome)
    eventually(lambda: delivery_states(controls) == ["queued", "dropped", "delivered"])
    eventually(lambda: receiver.states == ["PENDING_VALIDATION"] * 2)


@pytest.mark.parametrize(("kind", "end"), [("trailing_comma", b",}"), ("not_json", b"")])
def test_syntax_fault_sends_invalid_json(controls, receiver, make_process, kind, end):
    controls.post("/faults", at="notice", kind=kind, times=1)
    make_process("passes")
    eventually(lambda: receiver.bodies)
    assert receiver.bodies[0].endswith(end)
    with pytest.raises(json.JSONDecodeError):
        json.loads(receiver.bodies[0])
