"""The vendor's reviewer: the review queue, the evidence and the decision."""

import pytest

from tests.support.eventually import eventually
from tests.support.gateway import web


@pytest.fixture
def in_review(make_process):
    return make_process("review")


def test_page_shows_the_oldest_process_in_review_with_its_evidence(
    gateway, controls, in_review, make_process
):
    make_process("review")
    make_process("validation")
    assert len(controls.get("/agent/queue")["queue"]) == 2
    page = web.get(f"{gateway.url}/_sandbox/agent").text
    assert f'data-process="{in_review}"' in page
    evidence = f"/_sandbox/api/processes/{in_review}/evidence"
    for name in ("document_front", "document_back", "face_document", "face_now"):
        assert f"{evidence}/{name}" in page
        assert web.get(f"{gateway.url}{evidence}/{name}").content.startswith(b"\xff\xd8")
    video = web.get(f"{gateway.url}{evidence}/video_liveness")
    assert video.headers["Content-Type"] == "video/mp4"


@pytest.mark.parametrize(
    ("verdict", "comment", "state", "reason"),
    [
        ("accept", "", "VERIFIED", None),
        ("accept", "Looks good", "VERIFIED", None),
        ("reject", "Photo of a screen", "NOT_VERIFIED", "Photo of a screen"),
    ],
)
def test_verdict_changes_the_process_and_sends_its_notice(
    company, controls, receiver, in_review, verdict, comment, state, reason
):
    controls.post(f"/agent/{in_review}", verdict=verdict, comment=comment)
    data = company.data(in_review).json()
    assert (data["verificationResult"], data["agent"]) == (state, "agent.sandbox")
    assert (data["rejectionReason"], data["comment"]) == (reason, comment or None)
    eventually(lambda: receiver.states == ["PENDING_VERIFICATION", "VIDEO_AVAILABLE", state])
    assert controls.get("/agent/queue") == {"queue": []}


def test_page_of_a_decided_process_has_report_and_zip_and_no_form(gateway, controls, in_review):
    controls.post(f"/agent/{in_review}", verdict="accept", comment="Looks good")
    page = web.get(f"{gateway.url}/_sandbox/agent/{in_review}").text
    assert 'id="verdict"' not in page
    assert "Looks good" in page
    base = f"{gateway.url}/_sandbox/api/processes/{in_review}/evidence"
    assert web.get(f"{base}/report.pdf").content.startswith(b"%PDF")
    assert web.get(f"{base}/certified.zip").content.startswith(b"PK")
    assert web.get(f"{base}/nothing").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"verdict": "maybe"},
        {"verdict": "reject", "comment": "  "},
        {"verdict": "accept", "comment": 7},
    ],
)
def test_invalid_verdict_is_400_and_changes_nothing(controls, in_review, body):
    assert controls.http.post(f"/agent/{in_review}", json=body).status_code == 400
    assert controls.get("/agent/queue") == {"queue": [in_review]}


def test_verdict_on_a_process_that_is_not_in_review_is_refused(
    gateway, controls, make_process, unknown_id
):
    scan_id, body = make_process(), {"verdict": "accept"}
    assert controls.http.post(f"/agent/{scan_id}", json=body).status_code == 409
    assert controls.http.post(f"/agent/{unknown_id}", json=body).status_code == 404
    assert web.get(f"{gateway.url}/_sandbox/agent/{scan_id}").status_code == 200
    assert web.get(f"{gateway.url}/_sandbox/agent/{unknown_id}").status_code == 404
