"""VIDEO_AVAILABLE: when the recording becomes available and when its notice is sent."""

import pytest

from tests.support.eventually import eventually
from tests.support.gateway import HostedPage


def recordings(company, scan_id):
    return len(company.data(scan_id).json()["recordings"])


@pytest.mark.parametrize(
    ("mode", "states"),
    [
        ("after_pending", ["PENDING_VERIFICATION", "VIDEO_AVAILABLE", "VERIFIED"]),
        ("first", ["VIDEO_AVAILABLE", "PENDING_VERIFICATION", "VERIFIED"]),
        ("after_decision", ["PENDING_VERIFICATION", "VERIFIED", "VIDEO_AVAILABLE"]),
        ("never", ["PENDING_VERIFICATION", "VERIFIED"]),
    ],
)
def test_video_mode_sets_when_the_recording_is_available(
    gateway, company, controls, receiver, mode, states
):
    controls.switch(video_available=mode)
    hosted = HostedPage(gateway.url, created := company.create())
    scan_id = created["scanId"]
    hosted.post("/begin")
    assert recordings(company, scan_id) == 0
    hosted.end("review")
    assert recordings(company, scan_id) == (mode in ("after_pending", "first"))
    company.accept(scan_id)
    eventually(lambda: len(receiver.states) == len(states))
    assert receiver.states == states
    assert recordings(company, scan_id) == (mode != "never")


def test_video_after_ms_delays_the_recording(company, controls, make_process):
    controls.switch(video_after_ms=150)
    scan_id = make_process("passes")
    assert recordings(company, scan_id) == 0
    eventually(lambda: recordings(company, scan_id) == 1)


def test_controls_publish_a_recording_once_after_the_capture(controls, receiver, make_process):
    controls.switch(video_available="never")
    scan_id = make_process()
    publish = f"/processes/{scan_id}/video"
    assert controls.http.post(publish, json={}).status_code == 409
    controls.end(scan_id, "review")
    assert controls.post(publish)["video_at"]
    eventually(lambda: receiver.states == ["PENDING_VERIFICATION", "VIDEO_AVAILABLE"])
    assert controls.http.post(publish, json={}).status_code == 409


def test_further_outcomes_send_no_second_video_notice(controls, receiver, make_process):
    scan_id = make_process("validation")
    for outcome in ("review", "fails", "passes"):
        controls.end(scan_id, outcome)
    eventually(lambda: len(receiver.states) == 5)
    assert receiver.states.count("VIDEO_AVAILABLE") == 1


def test_legacy_states_say_pending_and_send_no_video_notice(
    company, controls, receiver, make_process
):
    controls.switch(legacy_states=True)
    scan_id = make_process("validation")
    assert company.data(scan_id).json()["verificationResult"] == "PENDING"
    company.pending(scan_id)
    company.reject(scan_id)
    eventually(lambda: len(receiver.states) == 3)
    assert receiver.states == ["PENDING", "PENDING", "NOT_VERIFIED"]
    assert recordings(company, scan_id) == 1
