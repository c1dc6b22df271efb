"""The control page and the control API, and who is kept away from them."""

from typing import Any

import httpx
import pytest

from mobbscan_sandbox.gateway import RunningGateway, SandboxOptions
from mobbscan_sandbox.gateway.tenants import NOTICE_STATES
from tests.support.gateway import IMPATIENT, KEY, SECRET, Company, Controls, web

EVERY_STATE = list(NOTICE_STATES)


def test_the_control_page_is_there_and_cannot_be_framed(gateway: RunningGateway) -> None:
    answer = web.get(f"{gateway.url}/_sandbox/")
    assert answer.status_code == 200
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    for name in ("control.js", "control.css"):
        assert web.get(f"{gateway.url}/_sandbox/static/{name}").status_code == 200


def test_processes_are_listed_newest_first(company: Company, controls: Controls) -> None:
    ids = [company.create()["scanId"] for _ in range(3)]
    assert [each["id"] for each in controls.get("/processes")["processes"]] == ids[::-1]


def test_one_process_is_shown_with_history_and_notices(
    company: Company, controls: Controls
) -> None:
    scan_id = company.create()["scanId"]
    controls.end(scan_id, "review")
    seen = controls.get(f"/processes/{scan_id}")
    assert [each["state"] for each in seen["history"]] == ["CREATED", "PENDING_VERIFICATION"]
    assert [each["status"] for each in seen["deliveries"]] == [
        "VIDEO_AVAILABLE",
        "PENDING_VERIFICATION",
    ]


def test_even_a_final_state_can_be_contradicted(company: Company, controls: Controls) -> None:
    scan_id = company.create()["scanId"]
    controls.end(scan_id, "passes")
    controls.end(scan_id, "fails")
    assert company.data(scan_id).json()["verificationResult"] == "NOT_VERIFIED"


def test_a_state_can_be_set_without_a_notice(company: Company, controls: Controls) -> None:
    scan_id = company.create()["scanId"]
    controls.post(f"/processes/{scan_id}/state", state="VERIFIED", notice=False)
    assert company.data(scan_id).json()["verificationResult"] == "VERIFIED"
    assert controls.get("/deliveries")["deliveries"] == []
    assert company.data(scan_id).json()["recordings"]
    controls.post(f"/processes/{scan_id}/state", state="PENDING_VALIDATION")
    assert len(controls.get("/deliveries")["deliveries"]) == 1


def test_a_process_can_be_lost(company: Company, controls: Controls) -> None:
    scan_id = company.create()["scanId"]
    assert controls.http.delete(
        f"/processes/{scan_id}", headers={"Content-Type": "application/json"}
    ).is_success
    assert company.data(scan_id).status_code == 401


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/processes/ID/outcome", {"outcome": "wins"}, 400),
        ("/processes/ID/outcome", {}, 400),
        ("/processes/ID/outcome", {"outcome": "passes", "document": {"shoeSize": "38"}}, 400),
        ("/processes/ID/outcome", {"outcome": "passes", "document": {"name": 1}}, 400),
        ("/processes/ID/outcome", {"outcome": "fails", "reason": ""}, 400),
        ("/processes/ID/state", {"state": "HAPPY"}, 400),
        ("/processes/nobody/outcome", {"outcome": "passes"}, 404),
        ("/processes/nobody/state", {"state": "VERIFIED"}, 404),
        ("/deliveries/none/redeliver", {}, 404),
        ("/notices", {"status": "VERIFIED"}, 400),
        ("/notices", {"verificationId": "x", "status": "VERIFIED", "headers": {"a": 1}}, 400),
        ("/nothing", {}, 404),
    ],
)
def test_mistakes_are_answered_with_what_is_wrong(
    company: Company, controls: Controls, path: str, body: dict[str, Any], status: int
) -> None:
    path = path.replace("ID", company.create()["scanId"])
    answer = controls.http.post(path, json=body)
    assert answer.status_code == status
    assert answer.json()["error"]


@pytest.mark.parametrize(
    "wanted",
    [
        {"upside_down": True},
        {"down": "yes"},
        {"latency_ms": -1},
        {"latency_ms": True},
        {"token_ttl_seconds": 0},
        {"notices": "sometimes"},
        {"auto_outcome": "camera-denied"},
        {"unknown_status": 500},
        {"down": True, "nonsense": 1},
    ],
)
def test_a_wrong_switch_changes_nothing(controls: Controls, wanted: dict[str, Any]) -> None:
    before = controls.get("/switches")
    assert controls.http.patch("/switches", json=wanted).status_code == 400
    assert controls.get("/switches") == before


def test_down_is_503_for_all_but_the_controls(
    gateway: RunningGateway, company: Company, controls: Controls
) -> None:
    created = company.create()
    controls.switch(down=True)
    assert company.data(created["scanId"]).status_code == 503
    assert web.get(created["url"]).status_code == 503
    assert web.post(f"{gateway.url}/auth/token", json={}).status_code == 503
    controls.switch(down=False)
    assert company.data(created["scanId"]).status_code == 200


def test_latency_delays_an_answer(company: Company, controls: Controls) -> None:
    created = company.create()
    controls.switch(latency_ms=5000)
    with pytest.raises(httpx.ReadTimeout):
        company.http.get(f"/mobbscan-agent/{created['scanId']}", timeout=IMPATIENT)


def test_calls_are_counted(company: Company, controls: Controls) -> None:
    scan_id = company.create()["scanId"]
    company.data(scan_id)
    company.data(scan_id)
    controls.end(scan_id, "validation")
    company.pending(scan_id)
    company.accept(scan_id)
    for path in ("image/face_now", "recording/video_liveness"):
        company.http.get(f"/mobbscan-agent/{scan_id}/{path}")
    for path in ("/mobbscan-agent/api/pdf/", "/api/zip/"):
        company.http.get(path + scan_id)
    company.delete(scan_id)
    web.post(f"{company.http.base_url}/auth/token", json={"api_key": "x", "api_secret": "y"})
    assert controls.get("/counters") == {
        "token_log_ins": 1,
        "token_refusals": 1,
        "unauthorised": 0,
        "creates": 1,
        "reads": 2,
        "accepts": 1,
        "rejects": 0,
        "pendings": 1,
        "deletes": 1,
        "hosted_pages": 0,
        "images": 1,
        "recordings": 1,
        "pdfs": 1,
        "zips": 1,
        "faults": 0,
    }


def test_reset_forgets_everything_but_the_tokens(company: Company, controls: Controls) -> None:
    scan_id = company.create()["scanId"]
    controls.end(scan_id, "passes")
    controls.switch(latency_ms=1, clock_offset_seconds=5)
    controls.post("/reset")
    assert controls.get("/processes") == {"processes": []}
    assert controls.get("/deliveries") == {"deliveries": []}
    assert controls.get("/counters")["creates"] == 0
    assert controls.get("/switches")["latency_ms"] == 0
    assert company.create(scanId=scan_id)["scanId"] == scan_id


def test_the_webhook_can_be_moved_and_its_secrets_are_not_shown(controls: Controls) -> None:
    answer = controls.http.put("/webhook", json={"url": None, "headers": {"X-Key": "s3cret"}})
    assert answer.json() == {"url": None, "header_names": ["X-Key"], "states": EVERY_STATE}


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example"},
    ],
)
@pytest.mark.parametrize("path", ["/_sandbox/", "/_sandbox/api/processes"])
def test_pages_of_other_sites_are_refused(
    gateway: RunningGateway, path: str, headers: dict[str, str]
) -> None:
    assert web.get(gateway.url + path, headers=headers).status_code == 403


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_post_that_a_form_could_make_is_refused(controls: Controls, media_type: str) -> None:
    answer = controls.http.post("/reset", content=b"{}", headers={"Content-Type": media_type})
    assert answer.status_code == 415


def test_the_pages_own_calls_are_let_in(gateway: RunningGateway) -> None:
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": gateway.url}
    answer = web.post(f"{gateway.url}/_sandbox/api/reset", json={}, headers=headers)
    assert answer.status_code == 204


def test_other_machines_are_refused() -> None:
    from mobbscan_sandbox.gateway import create_gateway

    client = create_gateway(SandboxOptions(KEY, SECRET)).test_client()
    far = {"REMOTE_ADDR": "192.0.2.7"}
    assert client.get("/_sandbox/", environ_base=far).status_code == 403
    assert client.get("/_sandbox/", environ_base={"REMOTE_ADDR": "::1"}).status_code == 200
