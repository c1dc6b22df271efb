"""webhook: authentic or nothing, stored before it is acknowledged, and only ever a hint."""

import json
import sqlite3

import pytest
from tests.unit.journey.test_progress import read_times

from tests.unit.journey.house import HEADERS, House, unknown_id
from webapp.domain.errors import NoticeNotAuthentic, NotWritable, UnreadableNotice
from webapp.domain.onboarding import Status
from webapp.journey.webhook import Webhook
from webapp.store.notice_writer import NoticeWriter


@pytest.fixture
def adas(house: House, ada) -> str:
    return house.begin(ada)


@pytest.mark.parametrize("headers", [{}, {"X-Notice-Key": "guessed"}, {"Another": "agreed"}])
def test_a_notice_without_the_agreed_headers_leaves_no_trace(house, adas, headers):
    with pytest.raises(NoticeNotAuthentic):
        house.notice(adas, "VERIFIED", headers)
    assert house.open_notices(adas) == []
    assert "notice" not in house.events(adas)


def test_without_agreed_headers_the_door_is_closed(house, adas):
    closed = Webhook(house.ground, NoticeWriter(house.database), [])
    with pytest.raises(NoticeNotAuthentic):
        closed.take(HEADERS, b"{}")


@pytest.mark.parametrize("body", [b"", b"marker", b"[]", b'{"verificationId": "marker"}'])
def test_an_unusable_notice_is_named_without_its_content(house, body):
    with pytest.raises(UnreadableNotice) as told:
        house.webhook.take(HEADERS, body)
    assert told.value.why
    assert "marker" not in str(told.value)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_notice_is_on_the_disk_when_it_is_acknowledged(house, adas, address):
    house.notice(adas, "VERIFIED")
    with sqlite3.connect(address.removeprefix("sqlite:///")) as beside:
        assert beside.execute("SELECT verification_id, status FROM inbox").fetchall() == [
            (adas, "VERIFIED")
        ]
    beside.close()


def test_a_notice_by_itself_changes_nothing_and_has_the_gateway_asked(house, adas):
    before = house.row(adas)
    house.notice(adas, "VERIFIED")
    after = house.row(adas)
    assert (after.status, after.version) == (before.status, before.version)
    assert [id_ for id_, _ in house.progress.due()] == [adas]


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_notice_that_cannot_be_stored_is_not_acknowledged(house, adas, address):
    other = sqlite3.connect(address.removeprefix("sqlite:///"), isolation_level=None)
    with house.engine.connect() as connection:  # the one the pool will give out
        connection.exec_driver_sql("PRAGMA busy_timeout=1")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(NotWritable):
        house.notice(adas, "VERIFIED")
    other.close()
    assert house.open_notices(adas) == []


def test_a_notice_before_the_create_answer_counts(house, ada):
    """The gateway was so quick that its notice and its verdict came before its answer."""

    def be_quick(id_: str) -> None:
        house.notice(id_, "VERIFIED")

    house.gateway.during["create"] = be_quick
    found = house.begin(ada)
    house.said(found, "VERIFIED")
    assert house.run_due() == 1
    assert house.status(found) is Status.VERIFIED
    assert house.open_notices(found) == []


def test_a_notice_read_back_before_the_create_answer_is_not_undone_by_that_answer(house, ada):
    def be_very_quick(id_: str) -> None:
        house.said(id_, "VERIFIED")
        house.notice(id_, "VERIFIED")
        house.run_due()
        house.gateway.processes.pop(id_)

    house.gateway.during["create"] = be_very_quick
    found = house.begin(ada)
    assert house.status(found) is Status.VERIFIED


def test_a_forged_notice_changes_nothing_and_is_given_up_in_the_end(house, adas):
    house.said(adas, "NOT_VERIFIED")
    house.progress.read(adas)
    house.notice(adas, "VERIFIED")
    times = read_times(house, adas, 5)
    assert times == [0, 2, 12, 72, 132]
    assert house.status(adas) is Status.REJECTED
    assert house.row(adas).next_poll_at is None
    assert house.open_notices(adas) == []


def test_a_forged_notice_does_not_hide_the_real_one(house, adas):
    house.notice(adas, "VERIFIED")
    house.run_due()
    assert house.status(adas) is Status.STARTED
    house.said(adas, "VERIFIED")
    house.notice(adas, "VERIFIED")
    house.run_due()
    assert house.status(adas) is Status.VERIFIED


def test_a_read_back_that_lags_behind_is_asked_again_after_2_10_and_60_seconds(house, adas):
    house.notice(adas, "VERIFIED")
    assert read_times(house, adas, 3) == [0, 2, 12]
    house.said(adas, "VERIFIED")
    assert read_times(house, adas, 1) == [60]
    assert house.status(adas) is Status.VERIFIED


def test_a_repeat_of_what_the_gateway_agreed_with_asks_nothing(house, adas):
    house.said(adas, "VERIFIED")
    house.notice(adas, "VERIFIED")
    house.run_due()
    house.gateway.calls.clear()
    house.notice(adas, "VERIFIED")
    assert house.run_due() == 0


def test_notices_out_of_order_end_where_the_gateway_is(house, adas):
    house.said(adas, "VERIFIED")
    for word in ("VERIFIED", "VIDEO_AVAILABLE", "PENDING_VERIFICATION"):
        house.notice(adas, word)
        house.run_due()
    assert house.status(adas) is Status.VERIFIED
    assert house.open_notices(adas) == []


def test_ten_notices_at_once_are_one_read(house, adas):
    house.said(adas, "VERIFIED")
    for word in ("PENDING_VALIDATION", "PENDING_VERIFICATION", "VERIFIED"):
        for _ in range(3):
            house.notice(adas, word)
    assert house.run_due() == 1
    assert house.open_notices(adas) == []


def test_a_notice_of_somebody_elses_process_is_kept_and_does_no_harm(house):
    stranger = unknown_id()
    house.notice(stranger, "VERIFIED")
    assert house.open_notices(stranger) == ["VERIFIED"]
    assert house.run_due() == 0


@pytest.mark.parametrize("kind", ["sqlite"])
def test_the_body_of_a_notice_lies_encrypted(house, adas, address, tmp_path):
    body = {"verificationId": adas, "status": "VERIFIED", "name": "Ada-marker"}
    house.webhook.take(HEADERS, json.dumps(body).encode())
    lying = b"".join(path.read_bytes() for path in tmp_path.glob("state.sqlite3*"))
    assert adas.encode() in lying
    assert b"marker" not in lying
