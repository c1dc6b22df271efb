"""Where it stands: asked for once, and followed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.unit.web.fakes import ADAS, steps_of
from webapp.domain.errors import NotFound
from webapp.domain.onboarding import Status
from webapp.journey.views import Visitor
from webapp.web.result.stream import STREAMS_PER_SESSION, StreamSlots

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
    held = [ada.get(STREAM) for _ in range(STREAMS_PER_SESSION)]
    refused = ada.get(STREAM)
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.mimetype == "application/problem+json"
    for answer in held:
        answer.close()
    assert ada.get(STREAM).status_code == 200


def test_a_refused_stream_keeps_no_seat(app: Flask, ada: FlaskClient) -> None:
    for _ in range(STREAMS_PER_SESSION + 1):
        assert (
            ada.get("/onboardings/0b9a6f6e-94a4-4c55-8f53-5b1a4a1f0d10/stream").status_code == 404
        )
    assert ada.get(STREAM).status_code == 200


def test_a_stream_that_breaks_simply_ends(app: Flask, ada: FlaskClient) -> None:
    steps_of(app).changes = [object()]  # type: ignore[list-item]
    assert ada.get(STREAM).text.count("data:") == 1


@pytest.mark.parametrize("closings", [1, 2])
def test_a_seat_is_given_back_once(closings: int) -> None:
    seats = StreamSlots(per_session=1)
    leave = seats.take("ada", 1)
    assert leave is not None
    assert seats.take("ben", 1) is None
    for _ in range(closings):
        leave()
    assert seats.take("ben", 1) is not None
    assert seats.take("olga", 1) is None


class Connection:
    """What our worker offers: here the test is what goes on with the connection."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.taken: list[Any] = []

    def announce_close(self) -> None:
        self.said.append("last answer")

    def hand_over(self, taker: Any) -> None:
        self.said.append("taken")
        taker("the connection", True)


def kept(
    app: Flask, ada: FlaskClient, connection: Connection, trouble: Exception | None = None
) -> TestResponse:
    """Ask for the stream where an answer may go on without a thread."""

    def keep(visitor: Visitor, onboarding_id: str, *given: Any, **more: Any) -> None:
        connection.taken.append((visitor.person.subject, onboarding_id, *given))
        if trouble:
            raise trouble
        assert more["words"](steps_of(app).status).startswith(b"id: 2\ndata: {")

    steps_of(app).result.stream = keep
    return ada.get(STREAM, environ_overrides={"webapp.connection": connection})


def test_with_our_worker_the_answer_goes_on_without_its_thread(
    app: Flask, ada: FlaskClient
) -> None:
    connection = Connection()
    answer = kept(app, ada, connection)
    assert answer.text == "retry: 2000\n\n", "the rest is said by whoever keeps it"
    assert connection.said == ["last answer", "taken"]
    ((subject, onboarding_id, sock, chunked, _leave),) = connection.taken
    assert (subject, onboarding_id, sock, chunked) == ("ada", ADAS, "the connection", True)
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert "Content-Length" not in answer.headers


def test_a_kept_seat_comes_free_when_the_keeper_says_so(app: Flask, ada: FlaskClient) -> None:
    connection = Connection()
    for _ in range(STREAMS_PER_SESSION):
        assert kept(app, ada, connection).text
    assert kept(app, ada, connection).status_code == 503
    leave = connection.taken[0][-1]
    leave()
    assert kept(app, ada, connection).status_code == 200


def test_who_has_gone_before_the_answer_began_keeps_no_seat(app: Flask, ada: FlaskClient) -> None:
    connection = Connection()
    for _ in range(STREAMS_PER_SESSION + 1):
        unread = ada.get(STREAM, environ_overrides={"webapp.connection": connection})
        assert unread.status_code == 200
        unread.close()
    assert connection.taken == []


def test_trouble_of_the_keeper_is_none_of_the_worker(app: Flask, ada: FlaskClient) -> None:
    connection = Connection()
    assert kept(app, ada, connection, trouble=NotFound()).text
    assert connection.said == ["last answer", "taken"]


def test_with_our_worker_too_a_strangers_stream_is_404(app: Flask, ada: FlaskClient) -> None:
    connection = Connection()
    answer = ada.get(
        "/onboardings/0b9a6f6e-94a4-4c55-8f53-5b1a4a1f0d10/stream",
        environ_overrides={"webapp.connection": connection},
    )
    assert answer.status_code == 404
    assert connection.said == []
