"""Where it stands: asked for once, and followed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.unit.web.fakes import ADAS, steps_of
from webapp.domain.onboarding import Status
from webapp.web.result.stream import SEATS_PER_SESSION, Seats

STATUS = f"/onboardings/{ADAS}/status"
STREAM = f"/onboardings/{ADAS}/stream"


def test_the_status_says_what_pages_need_and_no_more(ada: FlaskClient) -> None:
    answer = ada.get(STATUS)
    assert answer.get_json() == {
        "id": ADAS,
        "status": "started",
        "version": 2,
        "updated_at": "2026-11-23T12:00:00.000Z",
        "next": "continue",
        "reasons": [{"code": "timed_out", "retry_allowed": True}],
    }
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_unchanged_status_is_304_and_a_changed_one_is_not(app: Flask, ada: FlaskClient) -> None:
    known = {"If-None-Match": ada.get(STATUS).headers["ETag"]}
    assert ada.get(STATUS, headers=known).status_code == 304
    steps = steps_of(app)
    steps.status = replace(steps.status, status=Status.SUBMITTED, version=3)
    assert ada.get(STATUS, headers=known).status_code == 200


def test_the_stream_tells_the_present_then_each_change(app: Flask, ada: FlaskClient) -> None:
    steps = steps_of(app)
    verified = replace(steps.status, status=Status.VERIFIED, version=3, next="done", reasons=())
    steps.changes = [None, verified]
    answer = ada.get(STREAM)
    retry, first, beat, second, rest = answer.text.split("\n\n")
    assert retry == "retry: 2000"
    assert first.startswith("id: 2\ndata: {")
    assert beat.startswith(":")
    assert json.loads(second.removeprefix("id: 3\ndata: "))["status"] == "verified"
    assert rest == ""
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Accel-Buffering"] == "no"


def test_one_person_cannot_take_every_seat(app: Flask, ada: FlaskClient) -> None:
    held = [ada.get(STREAM) for _ in range(SEATS_PER_SESSION)]
    refused = ada.get(STREAM)
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.mimetype == "application/problem+json"
    for answer in held:
        answer.close()
    assert ada.get(STREAM).status_code == 200


def test_a_refused_stream_keeps_no_seat(app: Flask, ada: FlaskClient) -> None:
    for _ in range(SEATS_PER_SESSION + 1):
        assert (
            ada.get("/onboardings/0b9a6f6e-94a4-4c55-8f53-5b1a4a1f0d10/stream").status_code == 404
        )
    assert ada.get(STREAM).status_code == 200


def test_a_stream_that_breaks_simply_ends(app: Flask, ada: FlaskClient) -> None:
    steps_of(app).changes = [object()]  # type: ignore[list-item]
    assert ada.get(STREAM).text.count("data:") == 1


@pytest.mark.parametrize("closings", [1, 2])
def test_a_seat_is_given_back_once(closings: int) -> None:
    seats = Seats(in_all=1, per_session=1)
    leave = seats.take("ada")
    assert leave is not None
    assert seats.take("ben") is None
    for _ in range(closings):
        leave()
    assert seats.take("ben") is not None
    assert seats.take("olga") is None
