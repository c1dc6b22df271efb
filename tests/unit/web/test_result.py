"""The status address and the event stream of an onboarding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from tests.unit.web.fakes import ADAS, BENS, steps_of
from webapp.domain.errors import NotFound
from webapp.domain.onboarding import Status
from webapp.journey.views import Visitor
from webapp.web.status_stream import STREAMS_PER_SESSION, StreamSlots

STATUS = f"/onboardings/{ADAS}/status"
STREAM = f"/onboardings/{ADAS}/stream"


def test_status_holds_exactly_the_fields_that_pages_need(ada: FlaskClient) -> None:
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


def test_status_with_a_known_etag_is_304_until_it_changes(app: Flask, ada: FlaskClient) -> None:
    known = {"If-None-Match": ada.get(STATUS).headers["ETag"]}
    assert ada.get(STATUS, headers=known).status_code == 304
    steps = steps_of(app)
    steps.status = replace(steps.status, status=Status.SUBMITTED, version=3)
    assert ada.get(STATUS, headers=known).status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_stream_under_a_server_that_offers_no_connection_is_204(
    ada: FlaskClient, method: str
) -> None:
    answer = ada.open(STREAM, method=method)
    assert (answer.status_code, answer.data) == (204, b"")


class WorkerConnection:
    """The connection that our worker offers; `taken` keeps what the stream was subscribed with."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.taken: list[Any] = []

    def announce_close(self) -> None:
        self.calls.append("announce_close")

    def detach_socket(self, taker: Callable[[str, bool], None]) -> None:
        self.calls.append("detach_socket")
        taker("the connection", True)


@pytest.fixture
def connection() -> WorkerConnection:
    return WorkerConnection()


def open_stream(
    app: Flask,
    browser: FlaskClient,
    connection: WorkerConnection,
    path: str = STREAM,
    error: Exception | None = None,
) -> TestResponse:
    """Ask for the stream under our worker; `error` is raised by the subscription."""

    def keep(visitor: Visitor, onboarding_id: str, *given: Any, **more: Any) -> None:
        connection.taken.append((visitor.person.subject, onboarding_id, *given))
        if error:
            raise error
        assert more["words"](steps_of(app).status).startswith(b"id: 2\ndata: {")

    steps_of(app).result.stream = keep
    return browser.get(path, environ_overrides={"webapp.connection": connection})


def test_stream_under_our_worker_hands_the_connection_over(
    app: Flask, ada: FlaskClient, connection: WorkerConnection
) -> None:
    answer = open_stream(app, ada, connection)
    assert answer.text == "retry: 2000\n\n"
    assert connection.calls == ["announce_close", "detach_socket"]
    ((subject, onboarding_id, sock, chunked, _release),) = connection.taken
    assert (subject, onboarding_id, sock, chunked) == ("ada", ADAS, "the connection", True)
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert "Content-Length" not in answer.headers


def test_stream_beyond_the_limit_of_a_session_is_204_until_one_ends(
    app: Flask, ada: FlaskClient, connection: WorkerConnection
) -> None:
    for _ in range(STREAMS_PER_SESSION):
        assert open_stream(app, ada, connection).text
    assert STREAMS_PER_SESSION == 4
    with capture_logs() as lines:
        refused = open_stream(app, ada, connection)
    assert (refused.status_code, refused.data) == (204, b"")
    (logged,) = [each for each in lines if each["event"] == "stream_limited"]
    assert (logged["site"], logged["person"]) == ("shop", "person-ada")
    assert ada.get(STATUS).status_code == 200
    release = connection.taken[0][-1]
    release()
    assert open_stream(app, ada, connection).status_code == 200


def test_stream_that_the_client_leaves_before_its_head_releases_the_slot(
    app: Flask, ada: FlaskClient, connection: WorkerConnection
) -> None:
    for _ in range(STREAMS_PER_SESSION + 1):
        unread = ada.get(STREAM, environ_overrides={"webapp.connection": connection})
        assert unread.status_code == 200
        unread.close()
    assert connection.taken == []


def test_stream_when_the_subscription_fails_ends_without_an_error(
    app: Flask, ada: FlaskClient, connection: WorkerConnection
) -> None:
    assert open_stream(app, ada, connection, error=NotFound()).text
    assert connection.calls == ["announce_close", "detach_socket"]


def test_stream_of_another_user_is_404_and_takes_no_slot(
    app: Flask, ada: FlaskClient, connection: WorkerConnection
) -> None:
    for _ in range(STREAMS_PER_SESSION + 1):
        answer = open_stream(app, ada, connection, f"/onboardings/{BENS}/stream")
        assert answer.status_code == 404
    assert connection.calls == []
    assert open_stream(app, ada, connection).status_code == 200


@pytest.mark.parametrize("releases", [1, 2])
def test_stream_slot_released_repeatedly_is_released_once(releases: int) -> None:
    slots = StreamSlots(per_process=1, per_session=1)
    release = slots.take("ada")
    assert release is not None
    assert slots.take("ben") is None
    for _ in range(releases):
        release()
    assert slots.take("ben") is not None
    assert slots.take("olga") is None
