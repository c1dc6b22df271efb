"""The control page, the control API and their access guard."""

import httpx
import pytest

from mobbscan_sandbox.gateway import SandboxOptions, create_gateway
from mobbscan_sandbox.gateway.tenants import NOTICE_STATES
from tests.support.gateway import IMPATIENT, KEY, SECRET, web

JSON_TYPE = {"Content-Type": "application/json"}


def test_control_pages_cannot_be_framed(gateway):
    for path in ("/_sandbox/", "/_sandbox/agent"):
        policy = web.get(gateway.url + path).headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy


def test_processes_are_listed_newest_first_and_one_has_its_history_and_notices(
    controls, make_process
):
    ids = [make_process(), make_process("review")]
    assert [each["id"] for each in controls.get("/processes")["processes"]] == ids[::-1]
    process = controls.get(f"/processes/{ids[1]}")
    states = [each["state"] for each in process["history"]]
    assert states == ["CREATED", "PENDING_VERIFICATION"]
    statuses = [each["status"] for each in process["deliveries"]]
    assert statuses == ["VIDEO_AVAILABLE", "PENDING_VERIFICATION"]


def test_state_is_set_with_and_without_a_notice(company, controls, make_process):
    scan_id = make_process()
    controls.post(f"/processes/{scan_id}/state", state="VERIFIED", notice=False)
    data = company.data(scan_id).json()
    assert (data["verificationResult"], len(data["recordings"])) == ("VERIFIED", 1)
    assert controls.get("/deliveries")["deliveries"] == []
    controls.post(f"/processes/{scan_id}/state", state="PENDING_VALIDATION")
    assert len(controls.get("/deliveries")["deliveries"]) == 1


def test_deleted_process_is_unknown_to_the_api(company, controls, make_process):
    scan_id = make_process()
    assert controls.http.delete(f"/processes/{scan_id}", headers=JSON_TYPE).is_success
    assert company.data(scan_id).status_code == 401


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/processes/ID/outcome", {"outcome": "wins"}, 400),
        ("/processes/ID/outcome", {"outcome": "passes", "document": {"shoeSize": "38"}}, 400),
        ("/processes/ID/outcome", {"outcome": "passes", "document": {"name": 1}}, 400),
        ("/processes/ID/outcome", {"outcome": "fails", "reason": ""}, 400),
        ("/processes/ID/state", {"state": "HAPPY"}, 400),
        ("/processes/unknown/outcome", {"outcome": "passes"}, 404),
        ("/processes/unknown/state", {"state": "VERIFIED"}, 404),
        ("/deliveries/none/redeliver", {}, 404),
        ("/notices", {"status": "VERIFIED"}, 400),
        ("/notices", {"verificationId": "x", "status": "VERIFIED", "headers": {"a": 1}}, 400),
        ("/nothing", {}, 404),
    ],
)
def test_invalid_control_call_is_answered_with_an_error_text(
    controls, make_process, path, body, status
):
    answer = controls.http.post(path.replace("ID", make_process()), json=body)
    assert answer.status_code == status
    assert answer.json()["error"]


@pytest.mark.parametrize(
    "changes",
    [
        {"down": "yes"},
        {"latency_ms": -1},
        {"latency_ms": True},
        {"token_ttl_seconds": 0},
        {"notices": "sometimes"},
        {"auto_outcome": "camera-denied"},
        {"unknown_status": 500},
        {"down": True, "unknown": 1},
    ],
)
def test_invalid_switch_is_400_and_changes_nothing(controls, changes):
    before = controls.get("/switches")
    assert controls.http.patch("/switches", json=changes).status_code == 400
    assert controls.get("/switches") == before


def test_down_is_503_for_everything_but_the_controls(gateway, company, controls):
    page = company.create()["url"]
    controls.switch(down=True)
    assert web.get(page).status_code == 503
    assert web.post(f"{gateway.url}/auth/token", json={}).status_code == 503
    controls.switch(down=False)
    assert web.get(page).status_code == 200


def test_latency_delays_every_answer(company, controls, make_process):
    scan_id = make_process()
    controls.switch(latency_ms=5000)
    with pytest.raises(httpx.ReadTimeout):
        company.http.get(f"/mobbscan-agent/{scan_id}", timeout=IMPATIENT)


def test_counters_count_each_kind_of_call(company, controls, make_process):
    scan_id = make_process("validation")
    for call in (company.data, company.data, company.pending, company.accept):
        call(scan_id)
    for path in ("{id}/image/face_now", "{id}/recording/video_liveness", "api/pdf/{id}"):
        company.http.get(f"/mobbscan-agent/{path.replace('{id}', scan_id)}")
    company.http.get(f"/api/zip/{scan_id}")
    company.delete(scan_id)
    company.http.post("/auth/token", json={"api_key": "x", "api_secret": "y"})
    not_called = dict.fromkeys(("unauthorised", "rejects", "hosted_pages", "faults"), 0)
    counters = controls.get("/counters")
    assert counters == {**dict.fromkeys(counters, 1), "reads": 2, **not_called}
    assert len(counters) == 15


def test_reset_deletes_everything_but_the_tokens(company, controls, make_process):
    scan_id = make_process("passes")
    controls.switch(latency_ms=1, clock_offset_seconds=5)
    controls.post("/reset")
    assert controls.get("/processes") == {"processes": []}
    assert controls.get("/deliveries") == {"deliveries": []}
    assert controls.get("/counters")["creates"] == 0
    assert controls.get("/switches")["latency_ms"] == 0
    assert company.create(scanId=scan_id)["scanId"] == scan_id


def test_webhook_answer_has_no_header_values(controls):
    answer = controls.http.put("/webhook", json={"url": None, "headers": {"X-Key": "s3cret"}})
    states = list(NOTICE_STATES)
    assert answer.json() == {"url": None, "header_names": ["X-Key"], "states": states}


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"x-forwarded-host": "localhost"},
        {"Forwarded": "for=192.0.2.7"},
        {"X-Real-IP": "192.0.2.7"},
        {"Via": "1.1 proxy"},
        {"Host": "evil.example"},
    ],
)
def test_request_of_another_site_or_proxy_is_403(gateway, unknown_id, headers):
    evidence = f"api/processes/{unknown_id}/evidence/face_now"
    for path in ("", "agent", "api/agent/queue", "api/processes", "api/scenarios", evidence):
        assert web.get(f"{gateway.url}/_sandbox/{path}", headers=headers).status_code == 403


def test_post_with_the_media_type_of_a_form_is_415(controls):
    assert controls.http.post("/reset", data={"a": "b"}).status_code == 415


def test_request_of_the_control_page_itself_is_accepted(gateway):
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": gateway.url}
    answer = web.post(f"{gateway.url}/_sandbox/api/reset", json={}, headers=headers)
    assert answer.status_code == 204


@pytest.mark.parametrize(("address", "status"), [("192.0.2.7", 403), ("::1", 200)])
def test_controls_answer_loopback_clients_only(address, status):
    client = create_gateway(SandboxOptions(KEY, SECRET)).test_client()
    answer = client.get("/_sandbox/", environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == status
