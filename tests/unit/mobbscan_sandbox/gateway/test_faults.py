"""Failures on demand: each kind as a client meets it, and how they heal."""

import time
from typing import Any

import httpx
import pytest

from mobbscan_sandbox.gateway import RunningGateway
from tests.support.gateway import IMPATIENT, Company, Controls, HostedPage, web


@pytest.fixture
def verified(company: Company, controls: Controls) -> str:
    scan_id = company.create()["scanId"]
    controls.end(scan_id, "passes")
    return scan_id


def fail(controls: Controls, at: str, kind: str, **more: Any) -> None:
    controls.post("/faults", at=at, kind=kind, **more)


def test_a_fault_heals_by_itself_after_its_times(
    company: Company, controls: Controls, verified: str
) -> None:
    fail(controls, "data", "status", status=502, times=2)
    assert [company.data(verified).status_code for _ in range(3)] == [502, 502, 200]


def test_a_fault_can_let_calls_pass_first(
    company: Company, controls: Controls, verified: str
) -> None:
    fail(controls, "data", "status", status=500, skip=1, times=1)
    assert [company.data(verified).status_code for _ in range(3)] == [200, 500, 200]


def test_faults_at_one_place_come_one_after_the_other(
    company: Company, controls: Controls, verified: str
) -> None:
    fail(controls, "data", "status", status=429, retry_after="soon", times=1)
    fail(controls, "*", "status", status=503, times=1)
    answers = [company.data(verified) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 503, 200]
    assert answers[0].headers["Retry-After"] == "soon"


def test_a_fault_may_strike_one_process_only(
    company: Company, controls: Controls, verified: str
) -> None:
    other = company.create()["scanId"]
    fail(controls, "*", "status", status=500, process=verified.upper())
    assert company.data(other).status_code == 200
    assert company.data(verified).status_code == 500
    assert company.accept(verified).status_code == 500
    assert company.accept(other).status_code == 409


def test_a_fault_without_times_stays_until_it_is_healed(
    company: Company, controls: Controls, verified: str
) -> None:
    fail(controls, "data", "status", status=503)
    assert {company.data(verified).status_code for _ in range(5)} == {503}
    assert controls.get("/faults")["faults"][0]["struck"] == 5
    controls.http.put("/faults", json={"faults": []})
    assert company.data(verified).status_code == 200


def test_a_token_can_die_before_its_time(
    company: Company, controls: Controls, verified: str
) -> None:
    controls.switch(token_dies_after_seconds=60)
    assert company.data(verified).status_code == 200
    controls.switch(clock_offset_seconds=61)
    assert company.data(verified).status_code == 401
    controls.switch(token_dies_after_seconds=0)
    assert company.data(verified).status_code == 200


def test_slow(company: Company, controls: Controls, verified: str) -> None:
    fail(controls, "data", "slow", delay_ms=5000, times=1)
    with pytest.raises(httpx.ReadTimeout):
        company.http.get(
            f"/mobbscan-agent/getVerificationProcessData/{verified}", timeout=IMPATIENT
        )
    assert company.data(verified).status_code == 200


@pytest.mark.parametrize("kind", ["drip_headers", "drip_body"])
def test_dripping_is_slow_and_whole(
    company: Company, controls: Controls, verified: str, kind: str
) -> None:
    whole = company.data(verified).json()
    fail(controls, "data", kind, bytes=40, ms=20, times=1)
    started = time.monotonic()
    assert company.data(verified).json() == whole
    assert time.monotonic() - started > 0.08


@pytest.mark.parametrize(("when", "exists"), [("before_work", False), ("before_headers", True)])
def test_a_dropped_connection_before_or_after_the_work(
    company: Company, controls: Controls, unknown_id: str, when: str, exists: bool
) -> None:
    fail(controls, "create", "drop", when=when, times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        company.create(scanId=unknown_id)
    assert company.data(unknown_id).is_success == exists


def test_a_connection_dropped_after_the_headers(
    company: Company, controls: Controls, verified: str
) -> None:
    fail(controls, "image", "drop", when="after_headers", times=1)
    path = f"/mobbscan-agent/{verified}/image/face_now"
    with company.http.stream("GET", path) as answer:
        assert answer.status_code == 200
        with pytest.raises(httpx.RemoteProtocolError):
            answer.read()
    assert company.http.get(path).status_code == 200


def test_truncated(company: Company, controls: Controls, verified: str) -> None:
    fail(controls, "recording", "truncated", keep=0.3, times=1)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
        company.http.get(f"/mobbscan-agent/{verified}/recording/video_liveness")


def test_html_in_place_of_json(company: Company, controls: Controls, verified: str) -> None:
    fail(controls, "data", "html")
    answer = company.data(verified)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.text.startswith("<!doctype html>")


def test_a_wrong_media_type(company: Company, controls: Controls, verified: str) -> None:
    fail(controls, "data", "wrong_type", media_type="application/octet-stream")
    answer = company.data(verified)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.json()["scanId"] == verified


@pytest.mark.parametrize("at", ["create", "data", "image"])
def test_a_wrong_scan_id(company: Company, controls: Controls, verified: str, at: str) -> None:
    fail(controls, at, "wrong_scan_id")
    answer = {
        "create": lambda: company.http.post("/onboarding", json={"scanId": verified[::-1]}),
        "data": lambda: company.data(verified),
        "image": lambda: company.http.get(f"/mobbscan-agent/{verified}/image/face_now"),
    }[at]()
    assert answer.json().get("scanId") != verified


def test_huge(company: Company, controls: Controls, verified: str) -> None:
    fail(controls, "*", "huge", bytes=3_000_000)
    data = company.data(verified)
    assert len(data.content) >= 3_000_000
    assert data.json()["scanId"] == verified
    headers = {"Accept": "image/jpeg"}
    image = company.http.get(f"/mobbscan-agent/{verified}/image/face_now", headers=headers)
    assert len(image.content) == 3_000_000
    assert image.content.startswith(b"\xff\xd8")


def test_words_and_keys_that_nobody_has_heard_of(
    company: Company, controls: Controls, verified: str
) -> None:
    fail(controls, "data", "unknown_words", times=1)
    fail(controls, "data", "extra_keys", times=1)
    words, keys = company.data(verified).json(), company.data(verified).json()
    assert words["verificationResult"] == "SOMETHING_NEW"
    assert words["document"]["documentType"] == "XYZHolographicCardV9"
    assert keys["unheardOf"] == keys["document"]["unheardOf"] == "text"
    assert keys["verificationResult"] == "VERIFIED"


@pytest.mark.parametrize(
    ("kind", "start"), [("not_json", '{"scanId": "'), ("empty", ""), ("wrong_shape", "[{")]
)
def test_a_body_that_is_not_what_it_should_be(
    company: Company, controls: Controls, verified: str, kind: str, start: str
) -> None:
    fail(controls, "data", kind, delay_ms=10)
    answer = company.data(verified)
    assert answer.status_code == 200
    assert answer.text.startswith(start)


def test_the_hosted_page_can_fail_too(
    gateway: RunningGateway, company: Company, controls: Controls
) -> None:
    hosted = HostedPage(gateway.url, company.create())
    fail(controls, "hosted", "status", status=502)
    assert web.get(hosted.address).status_code == 502
    assert hosted.post("/begin").status_code == 204
    fail(controls, "capture", "status", status=500)
    assert hosted.end("passes").status_code == 500


def test_the_controls_do_not_fail(controls: Controls) -> None:
    fail(controls, "*", "status", status=500)
    assert controls.get("/health") == {"ok": True}


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({}, "kind is one of"),
        ({"kind": "status"}, "at is one or several"),
        ({"kind": "status", "at": []}, "at is one or several"),
        ({"kind": "status", "at": "nowhere"}, "at is one or several"),
        ({"kind": "sulk", "at": "data"}, "kind is one of"),
        ({"kind": "status", "at": "data", "status": 99}, "status is a whole number"),
        ({"kind": "status", "at": "data", "status": True}, "status is a whole number"),
        ({"kind": "status", "at": "data", "times": 0}, "times is a whole number"),
        ({"kind": "status", "at": "data", "keep": 0.5}, "keep does not belong"),
        ({"kind": "status", "at": "data", "retry_after": True}, "retry_after is a number"),
        ({"kind": "truncated", "at": "data", "keep": 1}, "keep is a share"),
        ({"kind": "truncated", "at": "data", "keep": "half"}, "keep is a share"),
        ({"kind": "drop", "at": "data", "when": "never"}, "when is one of"),
        ({"kind": "drop", "at": "data", "when": 1}, "when is a text"),
        ({"kind": "html", "at": "data", "process": 1}, "process is a text"),
        ({"kind": "html", "at": "notice"}, "a notice cannot be struck by html"),
        ({"kind": "twice", "at": "data"}, "strikes notices only"),
    ],
)
def test_a_fault_that_cannot_be_is_explained(
    controls: Controls, fault: dict[str, Any], words: str
) -> None:
    answer = controls.http.post("/faults", json=fault)
    assert answer.status_code == 400
    assert words in answer.json()["error"]
    assert controls.get("/faults") == {"faults": []}


def test_what_is_shown_can_be_put_back(controls: Controls) -> None:
    fail(controls, "image", "truncated", keep=0.25, times=3, skip=1, delay_ms=5)
    shown = controls.get("/faults")
    assert controls.http.put("/faults", json=shown).is_success
    again = controls.get("/faults")["faults"]
    assert [{**each, "id": ""} for each in again] == [
        {**each, "id": ""} for each in shown["faults"]
    ]
    assert controls.http.put("/faults", json={"faults": "none"}).status_code == 400


def test_the_vocabulary_names_every_word(controls: Controls) -> None:
    words = controls.get("/vocabulary")
    assert "truncated" in words["fault_kinds"]
    assert "notice" in words["fault_places"]
    assert words["switches"]["video_available"][0] == "after_pending"
    assert len(words["notice_states"]) == 5
