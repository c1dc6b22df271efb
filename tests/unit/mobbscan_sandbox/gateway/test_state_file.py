"""`--state FILE`: what is known after a restart, and notices that only leave then."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mobbscan_sandbox.gateway import RunningGateway, SandboxOptions
from mobbscan_sandbox.gateway.options import Webhook
from tests.support.eventually import eventually
from tests.support.gateway import (
    KEY,
    NOTICE_HEADERS,
    SECRET,
    Company,
    Controls,
    HostedPage,
    Receiver,
)


@pytest.fixture
def state_file(tmp_path: Path) -> Path:
    return tmp_path / "gateway.json"


@pytest.fixture
def life(state_file: Path, receiver: Receiver):
    """One run of the gateway; the next one takes up the same file."""

    @contextmanager
    def life() -> Iterator[tuple[RunningGateway, Company, Controls]]:
        webhook = Webhook(receiver.url, NOTICE_HEADERS)
        options = SandboxOptions(KEY, SECRET, webhook, state_file=state_file)
        with RunningGateway(options) as gateway:
            company, controls = Company(gateway.url), Controls(gateway.url)
            yield gateway, company, controls
            company.http.close()
            controls.http.close()

    return life


def test_processes_tokens_switches_faults_and_companies_survive(life, unknown_id: str) -> None:
    with life() as (gateway, company, controls):
        company.create(scanId=unknown_id, redirectUrl="https://shop.test/", docType="Passport")
        controls.end(unknown_id, "fails", reason="blurred")
        HostedPage(gateway.url, waiting := company.create()).post("/begin")
        before = company.data(unknown_id).json()
        authorization = company.http.headers["Authorization"]
        controls.switch(latency_ms=1, clock_offset_seconds=3)
        controls.post("/faults", at="zip", kind="status", status=500, times=2)
        controls.http.put("/tenants/other", json={"api_key": "k2", "api_secret": "s2"})
    with life() as (gateway, company, controls):
        company.http.headers["Authorization"] = authorization
        after = company.data(unknown_id).json()
        assert after["images"][0].startswith(gateway.url)
        for moved in ("images", "recordings", "pdfUrl"):
            before.pop(moved), after.pop(moved)
        assert after == before
        assert controls.get(f"/processes/{waiting['scanId']}")["state"] == "IN_PROGRESS"
        assert HostedPage(gateway.url, waiting).end("passes").status_code == 200
        assert company.http.post("/onboarding", json={"scanId": unknown_id}).status_code == 400
        assert controls.get("/switches")["latency_ms"] == 1
        assert controls.get("/faults")["faults"][0]["times"] == 2
        assert len(controls.get("/tenants")["tenants"]) == 2
        assert controls.get("/counters")["creates"] == 2


def test_notices_can_wait_for_a_restart(life, receiver: Receiver) -> None:
    with life() as (_, company, controls):
        controls.switch(notices="after_restart")
        controls.end(company.create()["scanId"], "passes")
        states = {each["state"] for each in controls.get("/deliveries")["deliveries"]}
        assert states == {"after_restart"}
    assert receiver.notices == []
    with life():
        eventually(lambda: receiver.states == ["VERIFIED", "VIDEO_AVAILABLE"])


def test_a_notice_that_was_under_way_leaves_after_all(life, receiver: Receiver) -> None:
    with life() as (_, company, controls):
        controls.switch(notice_delay_ms=60_000)
        controls.end(company.create()["scanId"], "review")
        controls.switch(notice_delay_ms=0)
    assert receiver.notices == []
    with life():
        eventually(lambda: receiver.states == ["PENDING_VERIFICATION", "VIDEO_AVAILABLE"])


def test_a_verdict_and_a_recording_that_were_to_come_come_after_all(
    life, receiver: Receiver
) -> None:
    with life() as (_, company, controls):
        controls.switch(decide_after_ms=60_000, video_after_ms=60_000)
        scan_id = company.create()["scanId"]
        controls.end(scan_id, "fails", reason="late")
        controls.switch(decide_after_ms=1, video_after_ms=1)
    with life() as (_, company, _):
        eventually(lambda: company.data(scan_id).json()["rejectionReason"] == "late")
        eventually(lambda: company.data(scan_id).json()["recordings"])


def test_the_file_belongs_to_its_owner_alone_and_is_never_half_written(
    life, state_file: Path
) -> None:
    with life() as (_, company, _):
        company.create()
        assert state_file.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in state_file.parent.iterdir()] == ["gateway.json"]


def test_without_a_file_a_restart_forgets() -> None:
    with RunningGateway(SandboxOptions(KEY, SECRET)) as gateway:
        company = Company(gateway.url)
        scan_id, token = company.create()["scanId"], company.http.headers["Authorization"]
        company.http.close()
    with RunningGateway(SandboxOptions(KEY, SECRET)) as gateway:
        company = Company(gateway.url)
        assert company.data(scan_id).status_code == 401
        company.http.headers["Authorization"] = token
        assert company.http.post("/onboarding", json={}).status_code == 401
        company.http.close()
