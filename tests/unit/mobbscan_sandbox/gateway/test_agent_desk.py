"""The vendor's reviewer: the queue, the evidence, the verdict."""

import pytest

from mobbscan_sandbox.gateway import RunningGateway
from tests.support.eventually import eventually
from tests.support.gateway import Company, Controls, Receiver, web


@pytest.fixture
def waiting(company: Company, controls: Controls) -> str:
    scan_id = company.create()["scanId"]
    controls.end(scan_id, "review")
    return scan_id


def test_nobody_waits(gateway: RunningGateway) -> None:
    answer = web.get(f"{gateway.url}/_sandbox/agent")
    assert answer.status_code == 200
    assert "Nobody waits" in answer.text
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_who_waits_longest_comes_first_with_all_evidence(
    gateway: RunningGateway, company: Company, controls: Controls, waiting: str
) -> None:
    controls.end(company.create()["scanId"], "review")
    controls.end(company.create()["scanId"], "validation")
    assert len(controls.get("/agent/queue")["queue"]) == 2
    page = web.get(f"{gateway.url}/_sandbox/agent").text
    assert f'data-process="{waiting}"' in page
    for name in ("document_front", "document_back", "face_document", "face_now"):
        evidence = f"/_sandbox/api/processes/{waiting}/evidence/{name}"
        assert evidence in page
        assert web.get(gateway.url + evidence).content.startswith(b"\xff\xd8")
    video = f"{gateway.url}/_sandbox/api/processes/{waiting}/evidence/video_liveness"
    assert web.get(video).headers["Content-Type"] == "video/mp4"


@pytest.mark.parametrize(
    ("verdict", "comment", "state", "reason"),
    [
        ("accept", "", "VERIFIED", None),
        ("accept", "Looks good", "VERIFIED", None),
        ("reject", "Photo of a screen", "NOT_VERIFIED", "Photo of a screen"),
    ],
)
def test_a_verdict_is_told_and_shown(
    company: Company,
    controls: Controls,
    receiver: Receiver,
    waiting: str,
    verdict: str,
    comment: str,
    state: str,
    reason: str | None,
) -> None:
    controls.post(f"/agent/{waiting}", verdict=verdict, comment=comment)
    data = company.data(waiting).json()
    assert (data["verificationResult"], data["agent"]) == (state, "agent.sandbox")
    assert (data["rejectionReason"], data["comment"]) == (reason, comment or None)
    eventually(lambda: receiver.states == ["PENDING_VERIFICATION", "VIDEO_AVAILABLE", state])
    assert controls.get("/agent/queue") == {"queue": []}


def test_a_decided_process_shows_its_papers_and_no_form(
    gateway: RunningGateway, controls: Controls, waiting: str
) -> None:
    controls.post(f"/agent/{waiting}", verdict="accept", comment="Looks good")
    page = web.get(f"{gateway.url}/_sandbox/agent/{waiting}").text
    assert 'id="verdict"' not in page
    assert "Looks good" in page
    base = f"{gateway.url}/_sandbox/api/processes/{waiting}/evidence"
    assert web.get(f"{base}/report.pdf").content.startswith(b"%PDF")
    assert web.get(f"{base}/certified.zip").content.startswith(b"PK")
    assert web.get(f"{base}/nothing").status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"verdict": "maybe"}, 400),
        ({"verdict": "reject"}, 400),
        ({"verdict": "reject", "comment": "  "}, 400),
        ({"verdict": "accept", "comment": 7}, 400),
    ],
)
def test_a_verdict_needs_its_words(
    controls: Controls, waiting: str, body: dict[str, object], status: int
) -> None:
    assert controls.http.post(f"/agent/{waiting}", json=body).status_code == status
    assert controls.get("/agent/queue") == {"queue": [waiting]}


def test_what_nobody_waits_for_cannot_be_decided(
    gateway: RunningGateway, company: Company, controls: Controls, unknown_id: str
) -> None:
    scan_id = company.create()["scanId"]
    body = {"verdict": "accept"}
    assert controls.http.post(f"/agent/{scan_id}", json=body).status_code == 409
    assert controls.http.post(f"/agent/{unknown_id}", json=body).status_code == 404
    assert web.get(f"{gateway.url}/_sandbox/agent/{unknown_id}").status_code == 404
    assert web.get(f"{gateway.url}/_sandbox/agent/{scan_id}").status_code == 200


def test_strangers_do_not_sit_at_the_desk(gateway: RunningGateway, waiting: str) -> None:
    headers = {"Origin": "https://evil.example"}
    for path in ("agent", "api/agent/queue", f"api/processes/{waiting}/evidence/face_now"):
        assert web.get(f"{gateway.url}/_sandbox/{path}", headers=headers).status_code == 403
