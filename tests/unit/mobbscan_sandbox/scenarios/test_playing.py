"""The control API of the scenarios: choosing, following, putting away."""

import uuid
from typing import Any

import pytest

from mobbscan_sandbox.gateway.server import RunningGateway
from mobbscan_sandbox.scenarios.catalogue import catalogue
from tests.support.eventually import eventually
from tests.support.gateway import Company, Controls, HostedPage, Receiver

AWAY = {"headers": {"Content-Type": "application/json"}}


def finished(controls: Controls) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        shown = controls.get("/scenarios/current")
        return shown if shown["finished"] else None

    return eventually(look)


def test_the_catalogue_is_offered(controls: Controls) -> None:
    offered = controls.get("/scenarios")
    assert [each["id"] for each in offered["scenarios"]] == list(catalogue().scenarios)
    assert offered["current"] is None
    assert offered["reason_map"]["Document expired"] == "document_expired"
    assert controls.http.get("/scenarios/current").status_code == 404


def test_everything_is_played_on_the_next_process(
    controls: Controls, company: Company, receiver: Receiver
) -> None:
    before = company.create()["scanId"]
    chosen = controls.post("/scenarios/review-accepted", plays="everything", pause_ms=0)
    assert chosen["ends"]["status"] == "verified"
    after = company.create()["scanId"]
    assert finished(controls)["process_id"] == after
    assert company.data(after).json()["verificationResult"] == "VERIFIED"
    assert company.data(before).json()["verificationResult"] is None
    eventually(lambda: "VERIFIED" in receiver.states)
    assert "PENDING_VERIFICATION" in receiver.states


def test_the_gateways_part_follows_what_the_user_does(
    gateway: RunningGateway, controls: Controls, company: Company
) -> None:
    controls.post("/scenarios/review-rejected", pause_ms=0)
    created = company.create()
    page = HostedPage(gateway.url, created)
    page.post("/begin")
    assert not controls.get("/scenarios/current")["steps"][1]["done"], "it waits for the user"
    page.end("review")
    finished(controls)
    data = company.data(created["scanId"]).json()
    assert (data["verificationResult"], data["rejectionReason"]) == (
        "NOT_VERIFIED",
        "Document unreadable",
    )


def test_each_step_on_call(controls: Controls, company: Company) -> None:
    controls.post("/scenarios/review-accepted", plays="nothing")
    refused = controls.http.post("/scenarios/current/next", json={})
    assert (refused.status_code, "no process" in refused.text) == (409, True)
    scan_id = company.create()["scanId"]
    controls.end(scan_id, "review")
    assert controls.post("/scenarios/current/next")["finished"]
    assert company.data(scan_id).json()["verificationResult"] == "VERIFIED"
    assert controls.http.post("/scenarios/current/next", json={}).status_code == 409


def test_without_a_scenario_there_is_no_next_step(controls: Controls) -> None:
    assert controls.http.post("/scenarios/current/next", json={}).status_code == 409


def test_switches_and_faults_come_and_go_with_it(controls: Controls) -> None:
    controls.switch(latency_ms=7)
    controls.post("/scenarios/notice-late", plays="nothing")
    switches = controls.get("/switches")
    assert (switches["latency_ms"], switches["notice_delay_ms"]) == (0, 3000)
    controls.post("/scenarios/create-503", plays="nothing")
    assert controls.get("/switches")["notice_delay_ms"] == 0
    assert [each["status"] for each in controls.get("/faults")["faults"]] == [503]
    assert controls.http.delete("/scenarios/current", **AWAY).status_code == 204
    assert controls.get("/faults")["faults"] == []
    assert controls.get("/scenarios")["current"] is None


def test_a_reset_forgets_it(controls: Controls) -> None:
    controls.post("/scenarios/down-at-start", plays="everything")
    controls.post("/reset")
    assert controls.get("/scenarios")["current"] is None
    assert controls.get("/switches")["down"] is False


def test_answers_are_changed_as_it_says_and_only_meanwhile(
    controls: Controls, company: Company
) -> None:
    controls.post("/scenarios/unknown-word", plays="nothing")
    scan_id = company.create()["scanId"]
    controls.end(scan_id, "review")
    assert company.data(scan_id).json()["verificationResult"] == "ON_HOLD"
    assert company.data(str(uuid.uuid4())).status_code == 401, "refusals stay as they are"
    controls.http.delete("/scenarios/current", **AWAY)
    assert company.data(scan_id).json()["verificationResult"] == "PENDING_VERIFICATION"


def test_held_notices_go_in_the_order_it_says(
    controls: Controls, company: Company, receiver: Receiver
) -> None:
    controls.post("/scenarios/notices-after-the-fact", plays="everything", pause_ms=0)
    company.create()
    finished(controls)
    states = [state for state in receiver.states if state != "VIDEO_AVAILABLE"]
    assert states == ["VERIFIED", "PENDING_VERIFICATION"]


@pytest.mark.parametrize(
    "body",
    [{"plays": "the piano"}, {"pause_ms": -1}, {"pause_ms": "1"}, {"pause_ms": True}],
    ids=str,
)
def test_a_wrong_wish_is_refused_and_changes_nothing(
    controls: Controls, body: dict[str, Any]
) -> None:
    assert controls.http.post("/scenarios/down-at-start", json=body).status_code == 400
    assert controls.get("/switches")["down"] is False


def test_an_unknown_one_is_404(controls: Controls) -> None:
    assert controls.http.post("/scenarios/no-such", json={}).status_code == 404


def test_strangers_are_refused(gateway: RunningGateway, controls: Controls) -> None:
    answer = controls.http.post(
        "/scenarios/passes", json={}, headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403
