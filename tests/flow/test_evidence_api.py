"""Evidence of a whole journey: gateway in a box, server and a host site's back end."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mobbscan_sandbox.demo.sites_file import api_key_hash
from tests.support.eventually import eventually
from tests.support.stack import Person, Stack
from tests.support.user_journey import (
    UserJourney,
    gateway_switches,
    send_notice,
    start_onboarding,
)

KEY = "key of the program that shows evidence"
KEYS = [{"name": "evidence", "hash": api_key_hash(KEY), "scopes": ["evidence", "onboardings"]}]
STARTS = {
    "image/jpeg": b"\xff\xd8\xff",
    "video/mp4": b"\0\0\0",
    "application/pdf": b"%PDF",
    "application/zip": b"PK",
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[Stack]:
    folder: Path = tmp_path_factory.mktemp("evidence")
    with Stack(
        folder, database=database_kind, site={"api_keys": KEYS}, leave_out=("provider", "shop")
    ) as stack:
        yield stack


@pytest.fixture(scope="module")
def api(stack: Stack) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {KEY}"}
    base_url = f"{stack.public_url}/api/v1"
    with httpx.Client(base_url=base_url, headers=headers, trust_env=False, timeout=60) as client:
        yield client


def captured(stack: Stack, subject: str, outcome: str = "passes") -> UserJourney:
    walk = start_onboarding(stack, Person(subject, "Ada Lovelace", "en"))
    walk.finish(outcome)
    return walk


@pytest.mark.parametrize("entries", ["url", "object"])
def test_all_evidence_of_a_journey_is_listed_sent_and_recorded(
    stack: Stack, api: httpx.Client, entries: str
) -> None:
    with gateway_switches(stack, evidence_entries=entries, extra_images=True):
        walk = captured(stack, f"ada-{entries}")
        walk.until("verified")
        eventually(lambda: walk.process["video_at"])
        items = api.get(f"/onboardings/{walk.id}/evidence").json()
        assert [(each["kind"], each["type"]) for each in items] == [
            ("image", "document_front"), ("image", "document_back"), ("image", "face_document"),
            ("image", "face_now"), ("image", "signature"), ("recording", "video_liveness"),
            ("pdf", None), ("zip", None),
        ]  # fmt: skip
        hashes = []
        for each in items:
            answer = api.get(each["href"])
            assert answer.content.startswith(STARTS[answer.headers["Content-Type"]])
            hashes.append(hashlib.sha256(answer.content).hexdigest())
            if each["kind"] == "pdf":
                assert answer.headers["Pdf-Checksum"] == "match"
    events = eventually(lambda: found if len(found := viewed(api, walk.id)) == len(items) else None)
    assert [each["detail"]["sha256"] for each in events] == hashes


def viewed(api: httpx.Client, onboarding_id: str) -> list[dict]:
    events = api.get(f"/onboardings/{onboarding_id}/timeline").json()["data"]
    return [each for each in events if each["event"] == "evidence_viewed"]


def test_evidence_before_the_capture_is_absent(stack: Stack, api: httpx.Client) -> None:
    walk = start_onboarding(stack, Person("ada-before", "Ada Lovelace", "en"))
    path = f"/onboardings/{walk.id}"
    assert api.get(f"{path}/evidence").json() == []
    for file in ("images/document_front", "recordings/video_liveness", "zip"):
        answer = api.get(f"{path}/{file}")
        assert (answer.status_code, answer.json()["code"]) == (404, "evidence_absent"), file


def test_recording_whose_notice_was_lost_is_announced_once(stack: Stack, api: httpx.Client) -> None:
    with gateway_switches(stack, video_available="never"):
        walk = captured(stack, "ada-of-the-lost-notice")
        walk.until("verified")
        path = f"/onboardings/{walk.id}/recordings/video_liveness"
        missing = api.get(path)
        assert missing.json()["code"] == "evidence_not_yet"
        assert 60 < int(missing.headers["Retry-After"]) <= 120, "the next poll"
    with gateway_switches(stack, legacy_states=True):  # sends no notice of the recording
        stack.gateway_control.post(f"/processes/{walk.id}/video", json={}).raise_for_status()
    # Any poll of a decided onboarding asks for the recording; this notice causes one at once.
    send_notice(stack, walk.id, "A_WORD_OF_NEXT_YEAR")
    eventually(lambda: available(api, walk.id))
    send_notice(stack, walk.id, "VIDEO_AVAILABLE")
    eventually(lambda: not unsettled(stack, walk.id))
    assert available(api, walk.id) == 1
    assert api.get(path).status_code == 200


def available(api: httpx.Client, onboarding_id: str) -> int:
    messages = api.get("/messages?limit=100").json()["data"]
    types = [each["type"] for each in messages if each["data"]["id"] == onboarding_id]
    return types.count("onboarding.evidence_available")


def unsettled(stack: Stack, onboarding_id: str) -> bool:
    query = "SELECT id FROM inbox WHERE verification_id = ? AND settled_at IS NULL"
    return bool(stack.rows(query, onboarding_id))
