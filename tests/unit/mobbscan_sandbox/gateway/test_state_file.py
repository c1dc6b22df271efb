"""`--state FILE`: what is restored after a restart, and notices that are sent then."""

from contextlib import closing, contextmanager

import pytest

from mobbscan_sandbox.gateway import RunningGateway, SandboxOptions
from mobbscan_sandbox.gateway.options import Webhook
from tests.support.eventually import eventually
from tests.support.gateway import KEY, NOTICE_HEADERS, SECRET, Company, Controls, HostedPage


@pytest.fixture
def state_file(tmp_path):
    return tmp_path / "gateway.json"


@pytest.fixture
def run_gateway(state_file, receiver):
    """Run a gateway; each further run uses the same state file."""

    @contextmanager
    def run_gateway(file=state_file):
        webhook = Webhook(receiver.url, NOTICE_HEADERS)
        options = SandboxOptions(KEY, SECRET, webhook, state_file=file)
        with RunningGateway(options) as gateway:
            company, controls = Company(gateway.url), Controls(gateway.url)
            with closing(company.http), closing(controls.http):
                yield gateway, company, controls

    return run_gateway


def test_restart_restores_processes_tokens_switches_faults_and_tenants(run_gateway, unknown_id):
    with run_gateway() as (gateway, company, controls):
        company.create(scanId=unknown_id, redirectUrl="https://shop.test/", docType="Passport")
        controls.end(unknown_id, "fails", reason="blurred")
        started = company.create()
        HostedPage(gateway.url, started).post("/begin")
        before = company.data(unknown_id).json()
        authorization = company.http.headers["Authorization"]
        controls.switch(latency_ms=1, clock_offset_seconds=3)
        controls.post("/faults", at="zip", kind="status", status=500, times=2)
        controls.http.put("/tenants/other", json={"api_key": "k2", "api_secret": "s2"})
    with run_gateway() as (gateway, company, controls):
        company.http.headers["Authorization"] = authorization
        after = company.data(unknown_id).json()
        assert after["images"][0].startswith(gateway.url)
        addresses = {name: after[name] for name in ("images", "recordings", "pdfUrl")}
        assert after == {**before, **addresses}
        assert controls.get(f"/processes/{started['scanId']}")["state"] == "IN_PROGRESS"
        assert HostedPage(gateway.url, started).end("passes").status_code == 200
        assert company.http.post("/onboarding", json={"scanId": unknown_id}).status_code == 400
        assert controls.get("/switches")["latency_ms"] == 1
        assert controls.get("/faults")["faults"][0]["times"] == 2
        assert len(controls.get("/tenants")["tenants"]) == 2
        assert controls.get("/counters")["creates"] == 2


def test_mode_after_restart_sends_the_notices_then(run_gateway, receiver):
    with run_gateway() as (_, company, controls):
        controls.switch(notices="after_restart")
        controls.end(company.create()["scanId"], "passes")
    assert receiver.notices == []
    with run_gateway():
        eventually(lambda: receiver.states == ["VERIFIED", "VIDEO_AVAILABLE"])


def test_restart_sends_queued_notices(run_gateway, receiver):
    with run_gateway() as (_, company, controls):
        controls.switch(notice_delay_ms=60_000)
        controls.end(company.create()["scanId"], "review")
        controls.switch(notice_delay_ms=0)
    assert receiver.notices == []
    with run_gateway():
        eventually(lambda: receiver.states == ["PENDING_VERIFICATION", "VIDEO_AVAILABLE"])


def test_restart_continues_a_delayed_decision_and_recording(run_gateway):
    with run_gateway() as (_, company, controls):
        controls.switch(decide_after_ms=60_000, video_after_ms=60_000)
        scan_id = company.create()["scanId"]
        controls.end(scan_id, "fails", reason="late")
        controls.switch(decide_after_ms=1, video_after_ms=1)
    with run_gateway() as (_, company, _):
        eventually(lambda: company.data(scan_id).json()["rejectionReason"] == "late")
        eventually(lambda: company.data(scan_id).json()["recordings"])


def test_state_file_is_private_and_leaves_no_temporary_file(run_gateway, state_file):
    with run_gateway() as (_, company, _):
        company.create()
        assert state_file.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in state_file.parent.iterdir()] == ["gateway.json"]


def test_restart_without_a_state_file_loses_processes_and_tokens(run_gateway):
    with run_gateway(None) as (_, company, _):
        scan_id, authorization = company.create()["scanId"], company.http.headers["Authorization"]
    with run_gateway(None) as (_, company, _):
        assert company.data(scan_id).status_code == 401
        company.http.headers["Authorization"] = authorization
        assert company.http.post("/onboarding", json={}).status_code == 401
