"""Evidence by API: list, media types, headers, views, and what is not there."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.evidence_gateway import (
    BINARY,
    FILES,
    ID,
    JSON_FORM,
    PATHS,
    TEXT,
    Answer,
    EvidenceGateway,
    wrapped,
)
from tests.unit.web.api.conftest import BANK, PUBLIC_URL, Api, key_of
from tests.unit.web.api.evidence_onboarding import (
    ADDRESSES,
    MEDIA_TYPES,
    Evidence,
    add_onboarding,
    alarms,
    api,
    evidence,
    gateway,
    gateway_url,
    get,
    listed,
    views,
)
from webapp.domain.actors import Actor
from webapp.domain.onboarding import Status
from webapp.journey.api_evidence import MAX_STREAMS

OTHER_ID = "0b6f9f0a-1111-4222-8333-444455556666"

__all__ = ["api", "evidence", "gateway", "gateway_url"]


def test_list_names_all_evidence_with_addresses_that_answer(api: Api, evidence: Evidence) -> None:
    add_onboarding(api.app)
    assert listed(api) == []
    evidence.list_all()
    found = listed(api)
    assert [(each["kind"], each["type"]) for each in found] == [
        ("image", "document_front"), ("recording", "video_liveness"), ("pdf", None), ("zip", None),
    ]  # fmt: skip
    for each in found:
        path = each["href"].removeprefix(f"{PUBLIC_URL}/api/v1")
        assert api.get(path).data == FILES[each["kind"]]


@pytest.mark.parametrize("kind", ADDRESSES)
def test_file_is_sent_with_its_type_and_headers_that_browsers_obey(api: Api, kind: str) -> None:
    add_onboarding(api.app)
    answer = get(api, kind)
    assert (answer.status_code, answer.data) == (200, FILES[kind])
    headers = answer.headers
    assert headers["Content-Type"] == MEDIA_TYPES[kind]
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Accept-Ranges"] == "none"
    assert "sandbox" in headers["Content-Security-Policy"]
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    disposition = {"image": "inline", "recording": "inline"}.get(kind, "attachment")
    assert headers["Content-Disposition"].startswith(f"{disposition}; filename=")
    assert f"-{ID}." in headers["Content-Disposition"]


@pytest.mark.parametrize("kind", ["image", "recording", "pdf"])
@pytest.mark.parametrize("form", [JSON_FORM, BINARY, TEXT])
def test_gateway_that_knows_one_documented_form_is_read(
    api: Api, evidence: Evidence, kind: str, form: str
) -> None:
    add_onboarding(api.app)
    evidence.form = form
    bodies = {
        JSON_FORM: wrapped(kind),
        BINARY: Answer(200, FILES[kind], BINARY),
        TEXT: Answer(200, base64.b64encode(FILES[kind]), TEXT),
    }
    evidence.answers[PATHS[kind]] = bodies[form]
    answer = get(api, kind)
    assert (answer.status_code, answer.data) == (200, FILES[kind])
    assert answer.headers["Content-Type"] == MEDIA_TYPES[kind]


@pytest.mark.parametrize("kind", ADDRESSES)
def test_view_is_recorded_with_hash_and_key(api: Api, kind: str) -> None:
    add_onboarding(api.app)
    answer = get(api, kind)
    (view,) = views(api.app)
    assert (view.actor, view.item.kind, view.is_complete) == (Actor.HOST, kind, True)
    assert view.viewer.startswith("sha256:")
    assert view.sha256 == hashlib.sha256(FILES[kind]).hexdigest()
    assert view.size == len(FILES[kind])
    assert view.ended_at is not None
    timeline = api.get(f"/onboardings/{ID}/timeline", key=key_of("onboardings")).get_json()["data"]
    (event,) = timeline
    assert (event["event"], event["actor"]) == ("evidence_viewed", "host")
    assert event["detail"] == {
        "kind": kind,
        **({"type": view.item.type} if view.item.type else {}),
        **({"checksum": "unknown"} if kind == "pdf" else {}),
        "sha256": view.sha256,
        "size": view.size,
        "complete": True,
    }
    with api.app.extensions["wired"].database.reading() as work:
        assert work.timeline.last_request(ID) == answer.headers["Request-Id"]


@pytest.mark.parametrize("kind", ADDRESSES)
def test_head_answers_as_get_without_body_and_view(api: Api, evidence: Evidence, kind: str) -> None:
    add_onboarding(api.app)
    evidence.answers[PATHS[kind]] = Answer(200, FILES[kind])
    head, whole = get(api, kind, "HEAD"), get(api, kind)
    assert (head.status_code, head.data) == (200, b"")
    same = ("Content-Type", "Content-Length", "Content-Disposition", "Accept-Ranges")
    assert [head.headers[name] for name in same] == [whole.headers[name] for name in same]
    assert len(views(api.app)) == 1, "a HEAD shows nothing of the file"


def test_image_at_its_documented_path_takes_one_request(api: Api, gateway: EvidenceGateway) -> None:
    add_onboarding(api.app)
    assert get(api, "image").status_code == 200
    assert [path for path, _accept in gateway.requests] == [PATHS["image"]]


@pytest.mark.parametrize("kind", ADDRESSES)
def test_evidence_of_another_site_is_not_found(api: Api, kind: str) -> None:
    add_onboarding(api.app, "bank")
    answer = get(api, kind)
    assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")
    assert api.get(f"/onboardings/{ID}/evidence").status_code == 404
    assert get(api, kind, key=BANK).status_code == 403


@pytest.mark.parametrize("kind", ADDRESSES)
def test_evidence_of_an_onboarding_without_process_is_absent_without_a_request(
    api: Api, gateway: EvidenceGateway, kind: str
) -> None:
    add_onboarding(api.app, create_calls=0, status=Status.CREATED)
    assert get(api, kind).get_json()["code"] == "evidence_absent"
    assert listed(api) == []
    assert gateway.requests == []


NOW = datetime.now(UTC)
LONG_AGO, LATELY = NOW - timedelta(hours=25), NOW - timedelta(hours=23)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "evidence_not_yet"),
        ({"submitted_at": LONG_AGO, "decided_at": LATELY}, "evidence_not_yet"),
        ({"submitted_at": LONG_AGO, "decided_at": LONG_AGO}, "evidence_absent"),
        ({"evidence_available_at": NOW}, "evidence_absent"),
        ({"status": Status.SUBMITTED, "decided_at": None}, "evidence_not_yet"),
        ({"status": Status.IN_REVIEW, "decided_at": None}, "evidence_not_yet"),
        ({"status": Status.STARTED, "decided_at": None}, "evidence_absent"),
        ({"status": Status.CANCELED, "decided_at": None}, "evidence_absent"),
    ],
)
def test_missing_recording_is_not_there_yet_or_absent(
    api: Api, evidence: Evidence, fields: dict[str, Any], code: str
) -> None:
    add_onboarding(api.app, **fields)
    evidence.answers.clear()
    answer = get(api, "recording")
    assert (answer.status_code, answer.get_json()["code"]) == (404, code)
    assert ("Retry-After" in answer.headers) is (code == "evidence_not_yet")
    for kind in ("image", "pdf", "zip"):
        assert get(api, kind).get_json()["code"] == "evidence_absent"


def test_retry_after_of_a_recording_is_the_time_of_the_next_poll(
    api: Api, evidence: Evidence
) -> None:
    add_onboarding(api.app, next_poll_at=datetime.now(UTC) + timedelta(minutes=8))
    evidence.answers.clear()
    assert 420 < int(get(api, "recording").headers["Retry-After"]) <= 480


@pytest.mark.parametrize(
    ("status", "answered", "code", "alarm"),
    [
        (403, 502, "gateway_forbidden", "evidence_forbidden"),
        # The client waits ten seconds before it renews a token that young.
        pytest.param(401, 404, "evidence_absent", None, marks=pytest.mark.nightly),
        (406, 502, "evidence_refused", None),
        (429, 503, "gateway_unavailable", None),
        (500, 503, "gateway_unavailable", None),
    ],
)
def test_failure_of_the_gateway_is_answered_by_its_kind(
    api: Api, evidence: Evidence, status: int, answered: int, code: str, alarm: str | None
) -> None:
    add_onboarding(api.app)
    evidence.answers[PATHS["image"]] = Answer(status)
    answer = get(api, "image")
    assert (answer.status_code, answer.get_json()["code"]) == (answered, code)
    assert set(alarms(api.app)) == ({alarm} if alarm else set())
    evidence.answers[PATHS["image"]] = wrapped("image")
    assert get(api, "image").status_code == 200
    assert alarms(api.app) == {}, "a file that was opened clears the alarm"


def test_file_that_breaks_off_breaks_the_answer_and_leaves_an_incomplete_view(
    api: Api, evidence: Evidence
) -> None:
    add_onboarding(api.app)
    whole = wrapped("recording", FILES["recording"] * 100)
    evidence.answers[PATHS["recording"]] = Answer(200, whole.body[:-30], whole.content_type)
    answer = get(api, "recording", buffered=False)
    with pytest.raises(Exception, match="gateway"):
        answer.data  # noqa: B018 - reads the body
    answer.close()
    (view,) = views(api.app)
    assert (view.is_complete, view.size > 0) == (False, True)
    assert view.sha256 is not None


def test_requests_beyond_the_limit_are_refused_and_slots_are_freed(api: Api) -> None:
    add_onboarding(api.app)
    opened = [get(api, "image", buffered=False) for _ in range(MAX_STREAMS)]
    for path in (ADDRESSES["zip"], "evidence"):
        refused = api.get(f"/onboardings/{ID}/{path}")
        assert (refused.status_code, refused.get_json()["code"]) == (503, "evidence_busy")
        assert int(refused.headers["Retry-After"]) > 0
    for each in opened:
        each.close()
    assert get(api, "zip").status_code == 200
    unread = [view for view in views(api.app) if not view.is_complete]
    assert len(unread) == MAX_STREAMS, "a client that leaves has not seen it all"


def test_refused_requests_free_their_slots(api: Api, evidence: Evidence) -> None:
    add_onboarding(api.app)
    evidence.answers.clear()
    for _ in range(MAX_STREAMS + 1):
        assert get(api, "image").get_json()["code"] == "evidence_absent"
        assert get(api, "image", key=key_of("evidence"), method="HEAD").status_code == 404
