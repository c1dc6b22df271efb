"""webhook: authentic or nothing, stored before it is acknowledged, and only ever a hint."""

import json
import sqlite3

import pytest

from tests.unit.journey.harness import HEADERS, JourneyHarness, unknown_id
from tests.unit.journey.test_gateway_poll import read_times
from webapp.domain.errors import NoticeNotAuthentic, NotWritable, UnreadableNotice
from webapp.domain.onboarding import Status
from webapp.journey.webhook import Webhook
from webapp.store.notice_writer import NoticeWriter


@pytest.fixture
def adas(harness: JourneyHarness, ada) -> str:
    return harness.begin(ada)


@pytest.mark.parametrize("headers", [{}, {"X-Notice-Key": "guessed"}, {"Another": "agreed"}])
def test_a_notice_without_the_agreed_headers_leaves_no_trace(harness, adas, headers):
    with pytest.raises(NoticeNotAuthentic):
        harness.notice(adas, "VERIFIED", headers)
    assert harness.open_notices(adas) == []
    assert "notice" not in harness.events(adas)


def test_without_agreed_headers_the_door_is_closed(harness, adas):
    closed = Webhook(harness.deps, NoticeWriter(harness.database), [])
    with pytest.raises(NoticeNotAuthentic):
        closed.receive(HEADERS, b"{}")


@pytest.mark.parametrize("body", [b"", b"marker", b"[]", b'{"verificationId": "marker"}'])
def test_an_unusable_notice_is_named_without_its_content(harness, body):
    with pytest.raises(UnreadableNotice) as told:
        harness.webhook.receive(HEADERS, body)
    assert told.value.why
    assert "marker" not in str(told.value)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_notice_is_on_the_disk_when_it_is_acknowledged(harness, adas, address):
    harness.notice(adas, "VERIFIED")
    with sqlite3.connect(address.removeprefix("sqlite:///")) as beside:
        assert beside.execute("SELECT verification_id, status FROM inbox").fetchall() == [
            (adas, "VERIFIED")
        ]
    beside.close()


def test_a_notice_by_itself_changes_nothing_and_has_the_gateway_asked(harness, adas):
    before = harness.row(adas)
    harness.notice(adas, "VERIFIED")
    after = harness.row(adas)
    assert (after.status, after.version) == (before.status, before.version)
    assert [id_ for id_, _ in harness.gateway_poll.due_polls()] == [adas]


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_notice_that_cannot_be_stored_is_not_acknowledged(harness, adas, address):
    other = sqlite3.connect(address.removeprefix("sqlite:///"), isolation_level=None)
    with harness.engine.connect() as connection:  # the one the pool will give out
        connection.exec_driver_sql("PRAGMA busy_timeout=1")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(NotWritable):
        harness.notice(adas, "VERIFIED")
    other.close()
    assert harness.open_notices(adas) == []


def test_a_notice_before_the_create_answer_counts(harness, ada):
    """The gateway was so quick that its notice and its verdict came before its answer."""

    def be_quick(id_: str) -> None:
        harness.notice(id_, "VERIFIED")

    harness.gateway.during["create"] = be_quick
    found = harness.begin(ada)
    harness.said(found, "VERIFIED")
    assert harness.run_due() == 1
    assert harness.status(found) is Status.VERIFIED
    assert harness.open_notices(found) == []


def test_a_notice_read_back_before_the_create_answer_is_not_undone_by_that_answer(harness, ada):
    def be_very_quick(id_: str) -> None:
        harness.said(id_, "VERIFIED")
        harness.notice(id_, "VERIFIED")
        harness.run_due()
        harness.gateway.processes.pop(id_)

    harness.gateway.during["create"] = be_very_quick
    found = harness.begin(ada)
    assert harness.status(found) is Status.VERIFIED


def test_a_forged_notice_changes_nothing_and_is_given_up_in_the_end(harness, adas):
    harness.said(adas, "NOT_VERIFIED")
    harness.gateway_poll.poll(adas)
    harness.notice(adas, "VERIFIED")
    times = read_times(harness, adas, 5)
    assert times == [0, 2, 12, 72, 132]
    assert harness.status(adas) is Status.REJECTED
    assert harness.row(adas).next_poll_at is None
    assert harness.open_notices(adas) == []


def test_a_forged_notice_does_not_hide_the_real_one(harness, adas):
    harness.notice(adas, "VERIFIED")
    harness.run_due()
    assert harness.status(adas) is Status.STARTED
    harness.said(adas, "VERIFIED")
    harness.notice(adas, "VERIFIED")
    harness.run_due()
    assert harness.status(adas) is Status.VERIFIED


def test_a_read_back_that_lags_behind_is_asked_again_after_2_10_and_60_seconds(harness, adas):
    harness.notice(adas, "VERIFIED")
    assert read_times(harness, adas, 3) == [0, 2, 12]
    harness.said(adas, "VERIFIED")
    assert read_times(harness, adas, 1) == [60]
    assert harness.status(adas) is Status.VERIFIED


def test_a_repeat_of_what_the_gateway_agreed_with_asks_nothing(harness, adas):
    harness.said(adas, "VERIFIED")
    harness.notice(adas, "VERIFIED")
    harness.run_due()
    harness.gateway.calls.clear()
    harness.notice(adas, "VERIFIED")
    assert harness.run_due() == 0


def test_notices_out_of_order_end_where_the_gateway_is(harness, adas):
    harness.said(adas, "VERIFIED")
    for word in ("VERIFIED", "VIDEO_AVAILABLE", "PENDING_VERIFICATION"):
        harness.notice(adas, word)
        harness.run_due()
    assert harness.status(adas) is Status.VERIFIED
    assert harness.open_notices(adas) == []


def test_ten_notices_at_once_are_one_read(harness, adas):
    harness.said(adas, "VERIFIED")
    for word in ("PENDING_VALIDATION", "PENDING_VERIFICATION", "VERIFIED"):
        for _ in range(3):
            harness.notice(adas, word)
    assert harness.run_due() == 1
    assert harness.open_notices(adas) == []


def test_a_notice_of_somebody_elses_process_is_kept_and_does_no_harm(harness):
    stranger = unknown_id()
    harness.notice(stranger, "VERIFIED")
    assert harness.open_notices(stranger) == ["VERIFIED"]
    assert harness.run_due() == 0


@pytest.mark.parametrize("kind", ["sqlite"])
def test_the_body_of_a_notice_lies_encrypted(harness, adas, address, tmp_path):
    body = {"verificationId": adas, "status": "VERIFIED", "name": "Ada-marker"}
    harness.webhook.receive(HEADERS, json.dumps(body).encode())
    lying = b"".join(path.read_bytes() for path in tmp_path.glob("state.sqlite3*"))
    assert adas.encode() in lying
    assert b"marker" not in lying
