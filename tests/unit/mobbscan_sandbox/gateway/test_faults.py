"""Faults: each kind as a client meets it, how often it applies, and its validation."""

import time
from unittest.mock import ANY

import httpx
import pytest

from tests.support.gateway import IMPATIENT, HostedPage, web

JSON_TYPE = {"Content-Type": "application/json"}


@pytest.fixture
def verified(make_process):
    return make_process("passes")


@pytest.fixture
def fail(controls):
    return lambda at, kind, **options: controls.post("/faults", at=at, kind=kind, **options)


def statuses(company, scan_id, count=3):
    return [company.data(scan_id).status_code for _ in range(count)]


def test_faults_at_one_place_skip_and_apply_to_their_numbers_of_calls(company, fail, verified):
    fail("data", "status", status=429, retry_after="soon", skip=1, times=2)
    assert statuses(company, verified, 2) == [200, 429]
    fail("*", "status", status=503, times=1)
    assert company.data(verified).headers["Retry-After"] == "soon"
    assert statuses(company, verified, 2) == [503, 200]


def test_fault_with_a_process_applies_to_its_calls_only(company, fail, verified, make_process):
    fail("*", "status", status=500, process=verified.upper())
    other = make_process()
    assert company.data(other).status_code == 200
    assert company.data(verified).status_code == company.accept(verified).status_code == 500


def test_fault_without_times_applies_until_it_is_removed(company, controls, fail, verified):
    fail("data", "status", status=503)
    assert statuses(company, verified) == [503] * 3
    assert controls.get("/faults")["faults"][0]["applied"] == 3
    assert controls.http.delete("/faults", headers=JSON_TYPE).is_success
    assert company.data(verified).status_code == 200


def test_slow_delays_the_answer(company, fail, verified):
    fail("data", "slow", delay_ms=5000, times=1)
    path = f"/mobbscan-agent/getVerificationProcessData/{verified}"
    with pytest.raises(httpx.ReadTimeout):
        company.http.get(path, timeout=IMPATIENT)


@pytest.mark.parametrize("kind", ["drip_headers", "drip_body"])
def test_drip_sends_the_complete_answer_slowly(company, fail, verified, kind):
    expected = company.data(verified).json()
    fail("data", kind, bytes=40, ms=20, times=1)
    started = time.monotonic()
    assert company.data(verified).json() == expected
    assert time.monotonic() - started > 0.08


@pytest.mark.parametrize(("when", "exists"), [("before_work", False), ("before_headers", True)])
def test_drop_closes_the_connection_before_or_after_the_work(
    company, fail, unknown_id, when, exists
):
    fail("create", "drop", when=when, times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        company.create(scanId=unknown_id)
    assert company.data(unknown_id).is_success == exists


def test_drop_after_headers_closes_the_connection_before_the_body(company, fail, verified):
    fail("image", "drop", when="after_headers", times=1)
    with company.http.stream("GET", f"/mobbscan-agent/{verified}/image/face_now") as answer:
        assert answer.status_code == 200
        with pytest.raises(httpx.RemoteProtocolError):
            answer.read()


def test_truncated_sends_a_part_of_the_stated_length(company, fail, verified):
    fail("recording", "truncated", keep=0.3, times=1)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
        company.http.get(f"/mobbscan-agent/{verified}/recording/video_liveness")


@pytest.mark.parametrize("path", ["getVerificationProcessData/{id}", "{id}/image/face_now"])
def test_huge_answers_at_least_its_number_of_bytes(company, fail, verified, path):
    fail(["data", "image"], "huge", bytes=2_000_000)
    path, headers = path.replace("{id}", verified), {"Accept": "image/jpeg"}
    answer = company.http.get(f"/mobbscan-agent/{path}", headers=headers)
    assert len(answer.content) >= 2_000_000


def test_json_faults_change_the_json(company, fail, verified):
    for kind in ("unknown_words", "extra_keys", "wrong_scan_id", "wrong_type"):
        fail("data", kind, times=1)
    words, keys, other_id, other_type = (company.data(verified) for _ in range(4))
    assert words.json()["verificationResult"] == "SOMETHING_NEW"
    assert words.json()["document"]["documentType"] == "XYZHolographicCardV9"
    keys = keys.json()
    assert keys["unknownKey"] == keys["document"]["unknownKey"] == "text"
    assert keys["verificationResult"] == "VERIFIED"
    assert other_id.json()["scanId"] != verified
    assert other_type.headers["Content-Type"] == "text/plain"
    assert other_type.json()["scanId"] == verified


@pytest.mark.parametrize(
    ("kind", "start"),
    [
        ("html", "<!doctype html>"),
        ("not_json", '{"scanId": "'),
        ("empty", ""),
        ("wrong_shape", "[{"),
    ],
)
def test_body_fault_answers_200_with_an_unusable_body(company, fail, verified, kind, start):
    fail("data", kind, delay_ms=10)
    answer = company.data(verified)
    assert (answer.status_code, answer.text[: len(start) or None]) == (200, start)
    assert answer.headers["Content-Type"].startswith("text/html") == (kind == "html")


def test_fault_at_hosted_and_at_capture_applies_to_the_page_and_its_script(gateway, company, fail):
    hosted = HostedPage(gateway.url, company.create())
    fail("hosted", "status", status=502)
    assert web.get(hosted.address).status_code == 502
    assert hosted.post("/begin").status_code == 204
    fail("capture", "status", status=500)
    assert hosted.end("passes").status_code == 500


def test_fault_at_all_places_does_not_apply_to_the_controls(controls, fail):
    fail("*", "status", status=500)
    assert controls.get("/health") == {"ok": True}


@pytest.mark.parametrize(
    ("fault", "option"),
    [
        ({}, "kind"),
        ({"kind": "unknown", "at": "data"}, "kind"),
        ({"kind": "status", "at": []}, "at"),
        ({"kind": "status", "at": "nowhere"}, "at"),
        ({"kind": "status", "at": "data", "status": 99}, "status"),
        ({"kind": "status", "at": "data", "status": True}, "status"),
        ({"kind": "status", "at": "data", "times": 0}, "times"),
        ({"kind": "status", "at": "data", "keep": 0.5}, "keep"),
        ({"kind": "status", "at": "data", "retry_after": True}, "retry_after"),
        ({"kind": "truncated", "at": "data", "keep": 1}, "keep"),
        ({"kind": "truncated", "at": "data", "keep": "half"}, "keep"),
        ({"kind": "drop", "at": "data", "when": "never"}, "when"),
        ({"kind": "html", "at": "data", "process": 1}, "process"),
        ({"kind": "html", "at": "notice"}, "html"),
        ({"kind": "twice", "at": "data"}, "twice"),
    ],
)
def test_invalid_fault_is_400_and_names_the_option(controls, fault, option):
    answer = controls.http.post("/faults", json=fault)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(f"{option} ")
    assert controls.get("/faults") == {"faults": []}


def test_listed_faults_can_be_put_back(controls, fail):
    fail("image", "truncated", keep=0.25, times=3, skip=1, delay_ms=5)
    [listed] = controls.get("/faults")["faults"]
    assert controls.http.put("/faults", json={"faults": [listed]}).is_success
    assert controls.get("/faults")["faults"] == [{**listed, "id": ANY}]
    assert controls.http.put("/faults", json={"faults": "none"}).status_code == 400


def test_vocabulary_lists_kinds_places_switches_and_states(controls):
    vocabulary = controls.get("/vocabulary")
    assert "truncated" in vocabulary["fault_kinds"]
    assert "notice" in vocabulary["fault_places"]
    assert vocabulary["switches"]["video_available"][0] == "after_pending"
    assert len(vocabulary["notice_states"]) == 5
