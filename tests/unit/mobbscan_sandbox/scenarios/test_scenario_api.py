"""The control API of the scenarios: select, follow, run steps, deselect."""

import pytest

from mobbscan_sandbox.scenarios.catalogue import catalogue
from tests.support.eventually import eventually
from tests.support.gateway import HostedPage

JSON_TYPE = {"headers": {"Content-Type": "application/json"}}


@pytest.fixture
def wait_until_finished(controls):
    return lambda: eventually(lambda: controls.get("/scenarios/current")["finished"])


def test_list_has_the_catalogue_and_no_selection_at_first(controls):
    listed = controls.get("/scenarios")
    assert [each["id"] for each in listed["scenarios"]] == list(catalogue().scenarios)
    assert listed["current"] is None
    assert listed["reason_map"]["Document expired"] == "document_expired"
    assert controls.http.get("/scenarios/current").status_code == 404


def test_everything_is_played_on_the_next_process_only(
    controls, company, receiver, make_process, wait_until_finished
):
    before = make_process()
    selected = controls.post("/scenarios/review-accepted", plays="everything", pause_ms=0)
    assert selected["ends"]["status"] == "verified"
    after = make_process()
    wait_until_finished()
    assert controls.get("/scenarios/current")["process_id"] == after
    assert company.data(after).json()["verificationResult"] == "VERIFIED"
    assert company.data(before).json()["verificationResult"] is None
    eventually(lambda: "VERIFIED" in receiver.states)
    assert "PENDING_VERIFICATION" in receiver.states


def test_gateway_part_waits_for_the_user_at_the_hosted_page(
    gateway, controls, company, wait_until_finished
):
    controls.post("/scenarios/review-rejected", pause_ms=0)
    page = HostedPage(gateway.url, created := company.create())
    page.post("/begin")
    assert not controls.get("/scenarios/current")["steps"][1]["done"]
    page.end("review")
    wait_until_finished()
    data = company.data(created["scanId"]).json()
    assert data["verificationResult"] == "NOT_VERIFIED"
    assert data["rejectionReason"] == "Document unreadable"


def test_next_runs_one_gateway_step_of_the_selected_scenario(controls, company, make_process):
    next_step = "/scenarios/current/next"
    assert controls.http.post(next_step, json={}).status_code == 409
    controls.post("/scenarios/review-accepted", plays="nothing")
    assert controls.http.post(next_step, json={}).status_code == 409
    scan_id = make_process("review")
    assert controls.post(next_step)["finished"]
    assert company.data(scan_id).json()["verificationResult"] == "VERIFIED"
    assert controls.http.post(next_step, json={}).status_code == 409


def test_selection_sets_switches_and_faults_until_it_is_deselected_or_reset(controls):
    controls.switch(latency_ms=7)
    controls.post("/scenarios/notice-late", plays="nothing")
    switches = controls.get("/switches")
    assert (switches["latency_ms"], switches["notice_delay_ms"]) == (0, 3000)
    controls.post("/scenarios/create-503", plays="nothing")
    assert controls.get("/switches")["notice_delay_ms"] == 0
    assert [each["status"] for each in controls.get("/faults")["faults"]] == [503]
    assert controls.http.delete("/scenarios/current", **JSON_TYPE).status_code == 204
    assert controls.get("/faults")["faults"] == []
    assert controls.get("/scenarios")["current"] is None
    controls.post("/scenarios/passes")
    controls.post("/reset")
    assert controls.get("/scenarios")["current"] is None


def test_answers_are_replaced_while_the_scenario_is_selected(
    controls, company, make_process, unknown_id
):
    controls.post("/scenarios/unknown-word", plays="nothing")
    scan_id = make_process("review")
    assert company.data(scan_id).json()["verificationResult"] == "ON_HOLD"
    assert company.data(unknown_id).status_code == 401
    controls.http.delete("/scenarios/current", **JSON_TYPE)
    assert company.data(scan_id).json()["verificationResult"] == "PENDING_VERIFICATION"


def test_held_notices_are_released_in_the_order_of_the_scenario(
    controls, company, receiver, wait_until_finished
):
    controls.post("/scenarios/notices-after-the-fact", plays="everything", pause_ms=0)
    company.create()
    wait_until_finished()
    states = [state for state in receiver.states if state != "VIDEO_AVAILABLE"]
    assert states == ["VERIFIED", "PENDING_VERIFICATION"]


@pytest.mark.parametrize(
    "body", [{"plays": "the piano"}, {"pause_ms": -1}, {"pause_ms": "1"}, {"pause_ms": True}]
)
def test_invalid_selection_is_refused_and_changes_nothing(controls, body):
    assert controls.http.post("/scenarios/down-at-start", json=body).status_code == 400
    assert controls.http.post("/scenarios/unknown", json={}).status_code == 404
    assert controls.get("/switches")["down"] is False
