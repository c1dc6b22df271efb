"""VIDEO_AVAILABLE: when the recording can be fetched, and when that is told."""

import pytest

from mobbscan_sandbox.gateway import RunningGateway
from tests.support.eventually import eventually
from tests.support.gateway import Company, Controls, HostedPage, Receiver


def recordings(company: Company, scan_id: str) -> int:
    return len(company.data(scan_id).json()["recordings"])


@pytest.mark.parametrize(
    ("mode", "told"),
    [
        ("after_pending", ["PENDING_VERIFICATION", "VIDEO_AVAILABLE", "VERIFIED"]),
        ("first", ["VIDEO_AVAILABLE", "PENDING_VERIFICATION", "VERIFIED"]),
        ("after_decision", ["PENDING_VERIFICATION", "VERIFIED", "VIDEO_AVAILABLE"]),
        ("never", ["PENDING_VERIFICATION", "VERIFIED"]),
    ],
)
def test_the_recording_is_told_when_the_switch_says(
    gateway: RunningGateway,
    company: Company,
    controls: Controls,
    receiver: Receiver,
    mode: str,
    told: list[str],
) -> None:
    controls.switch(video_available=mode)
    created = company.create()
    hosted = HostedPage(gateway.url, created)
    hosted.post("/begin")
    assert recordings(company, created["scanId"]) == 0
    hosted.end("review")
    assert recordings(company, created["scanId"]) == (mode in ("after_pending", "first"))
    company.accept(created["scanId"])
    eventually(lambda: len(receiver.states) == len(told))
    assert receiver.states == told
    assert recordings(company, created["scanId"]) == (mode != "never")


def test_the_recording_can_take_its_time(
    company: Company, controls: Controls, receiver: Receiver
) -> None:
    controls.switch(video_after_ms=150)
    scan_id = company.create()["scanId"]
    controls.end(scan_id, "passes")
    assert recordings(company, scan_id) == 0
    eventually(lambda: len(receiver.states) == 2)
    assert receiver.states == ["VERIFIED", "VIDEO_AVAILABLE"]
    assert recordings(company, scan_id) == 1


def test_the_recording_can_come_when_the_controls_say(
    company: Company, controls: Controls, receiver: Receiver
) -> None:
    controls.switch(video_available="never")
    scan_id = company.create()["scanId"]
    early = controls.http.post(f"/processes/{scan_id}/video", json={})
    assert early.status_code == 409
    controls.end(scan_id, "review")
    assert controls.post(f"/processes/{scan_id}/video")["video_at"]
    eventually(lambda: receiver.states == ["PENDING_VERIFICATION", "VIDEO_AVAILABLE"])
    assert controls.http.post(f"/processes/{scan_id}/video", json={}).status_code == 409


def test_it_is_told_once(company: Company, controls: Controls, receiver: Receiver) -> None:
    scan_id = company.create()["scanId"]
    for outcome in ("validation", "review", "fails", "passes"):
        controls.end(scan_id, outcome)
    eventually(lambda: len(receiver.states) == 5)
    assert receiver.states.count("VIDEO_AVAILABLE") == 1


def test_an_error_of_the_page_leaves_no_recording(company: Company, controls: Controls) -> None:
    scan_id = company.create()["scanId"]
    controls.end(scan_id, "HardwareError")
    assert recordings(company, scan_id) == 0


def test_the_older_vocabulary_knows_three_words_and_no_video(
    company: Company, controls: Controls, receiver: Receiver
) -> None:
    controls.switch(legacy_states=True)
    scan_id = company.create()["scanId"]
    controls.end(scan_id, "validation")
    assert company.data(scan_id).json()["verificationResult"] == "PENDING"
    company.pending(scan_id)
    company.reject(scan_id)
    eventually(lambda: len(receiver.states) == 3)
    assert receiver.states == ["PENDING", "PENDING", "NOT_VERIFIED"]
    assert recordings(company, scan_id) == 1
