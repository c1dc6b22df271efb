"""webhook: notices are authenticated, stored durably and then polled; they never decide."""

import json
import sqlite3

import pytest

from tests.unit.journey.harness import HEADERS, JourneyHarness, unknown_id
from tests.unit.journey.test_gateway_poll import poll_times
from webapp.domain.errors import NoticeNotAuthentic, NotWritable, UnreadableNotice
from webapp.domain.onboarding import Status
from webapp.journey.webhook import Webhook
from webapp.store.notice_writer import NoticeWriter


@pytest.fixture
def adas(harness: JourneyHarness, ada) -> str:
    return harness.begin(ada)


@pytest.mark.parametrize("headers", [{}, {"X-Notice-Key": "guessed"}, {"Another": "agreed"}])
def test_receive_without_the_required_headers_stores_nothing(harness, adas, headers):
    with pytest.raises(NoticeNotAuthentic):
        harness.notice(adas, "VERIFIED", headers)
    assert harness.open_notices(adas) == []
    assert "notice" not in harness.events(adas)


def test_receive_without_configured_headers_refuses_all_notices(harness, adas):
    closed = Webhook(harness.deps, NoticeWriter(harness.database), [])
    with pytest.raises(NoticeNotAuthentic):
        closed.receive(HEADERS, b"{}")


@pytest.mark.parametrize("body", [b"", b"marker", b"[]", b'{"verificationId": "marker"}'])
def test_receive_of_an_unreadable_notice_reports_why_without_its_content(harness, body):
    with pytest.raises(UnreadableNotice) as raised:
        harness.webhook.receive(HEADERS, body)
    assert raised.value.why
    assert "marker" not in str(raised.value)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_receive_returns_after_the_notice_is_stored(harness, adas, address):
    harness.notice(adas, "VERIFIED")
    with sqlite3.connect(address.removeprefix("sqlite:///")) as reader:
        assert reader.execute("SELECT verification_id, status FROM inbox").fetchall() == [
            (adas, "VERIFIED")
        ]
    reader.close()


def test_receive_keeps_the_status_and_makes_a_poll_due(harness, adas):
    before = harness.row(adas)
    harness.notice(adas, "VERIFIED")
    after = harness.row(adas)
    assert (after.status, after.version) == (before.status, before.version)
    assert [id_ for id_, _ in harness.gateway_poll.due_polls()] == [adas]


@pytest.mark.parametrize("kind", ["sqlite"])
def test_receive_while_the_database_is_locked_raises_not_writable(harness, adas, address):
    other = sqlite3.connect(address.removeprefix("sqlite:///"), isolation_level=None)
    with harness.engine.connect() as connection:  # the connection that the pool gives out next
        connection.exec_driver_sql("PRAGMA busy_timeout=1")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(NotWritable):
        harness.notice(adas, "VERIFIED")
    other.close()
    assert harness.open_notices(adas) == []


def test_notice_before_the_create_answer_is_polled_after_it(harness, ada):
    """The notice and the verdict arrive before the create answer."""

    def send_notice(id_: str) -> None:
        harness.notice(id_, "VERIFIED")

    harness.gateway.during_call["create"] = send_notice
    found = harness.begin(ada)
    harness.set_gateway_word(found, "VERIFIED")
    assert harness.run_due() == 1
    assert harness.status(found) is Status.VERIFIED
    assert harness.open_notices(found) == []


def test_create_answer_after_a_verdict_keeps_the_verdict(harness, ada):
    def decide_and_poll(id_: str) -> None:
        harness.set_gateway_word(id_, "VERIFIED")
        harness.notice(id_, "VERIFIED")
        harness.run_due()
        harness.gateway.processes.pop(id_)

    harness.gateway.during_call["create"] = decide_and_poll
    found = harness.begin(ada)
    assert harness.status(found) is Status.VERIFIED


def test_forged_notice_is_polled_five_times_and_settled_as_unconfirmed(harness, adas):
    harness.set_gateway_word(adas, "NOT_VERIFIED")
    harness.gateway_poll.poll(adas)
    harness.notice(adas, "VERIFIED")
    times = poll_times(harness, adas, 5)
    assert times == [0, 2, 12, 72, 132]
    assert harness.status(adas) is Status.REJECTED
    assert harness.row(adas).next_poll_at is None
    assert harness.open_notices(adas) == []


def test_real_notice_after_a_forged_one_is_polled(harness, adas):
    harness.notice(adas, "VERIFIED")
    harness.run_due()
    assert harness.status(adas) is Status.STARTED
    harness.set_gateway_word(adas, "VERIFIED")
    harness.notice(adas, "VERIFIED")
    harness.run_due()
    assert harness.status(adas) is Status.VERIFIED


def test_notice_ahead_of_the_gateway_is_polled_after_2_10_and_60_seconds(harness, adas):
    harness.notice(adas, "VERIFIED")
    assert poll_times(harness, adas, 3) == [0, 2, 12]
    harness.set_gateway_word(adas, "VERIFIED")
    assert poll_times(harness, adas, 1) == [60]
    assert harness.status(adas) is Status.VERIFIED


def test_repeated_notice_after_confirmation_plans_no_poll(harness, adas):
    harness.set_gateway_word(adas, "VERIFIED")
    harness.notice(adas, "VERIFIED")
    harness.run_due()
    harness.gateway.calls.clear()
    harness.notice(adas, "VERIFIED")
    assert harness.run_due() == 0


def test_notices_out_of_order_end_in_the_status_of_the_gateway(harness, adas):
    harness.set_gateway_word(adas, "VERIFIED")
    for word in ("VERIFIED", "VIDEO_AVAILABLE", "PENDING_VERIFICATION"):
        harness.notice(adas, word)
        harness.run_due()
    assert harness.status(adas) is Status.VERIFIED
    assert harness.open_notices(adas) == []


def test_nine_notices_at_once_cause_one_poll(harness, adas):
    harness.set_gateway_word(adas, "VERIFIED")
    for word in ("PENDING_VALIDATION", "PENDING_VERIFICATION", "VERIFIED"):
        for _ in range(3):
            harness.notice(adas, word)
    assert harness.run_due() == 1
    assert harness.open_notices(adas) == []


def test_notice_about_an_unknown_id_is_stored_and_not_polled(harness):
    unknown = unknown_id()
    harness.notice(unknown, "VERIFIED")
    assert harness.open_notices(unknown) == ["VERIFIED"]
    assert harness.run_due() == 0


@pytest.mark.parametrize("kind", ["sqlite"])
def test_receive_stores_the_body_encrypted(harness, adas, address, tmp_path):
    body = {"verificationId": adas, "status": "VERIFIED", "name": "Ada-marker"}
    harness.webhook.receive(HEADERS, json.dumps(body).encode())
    lying = b"".join(path.read_bytes() for path in tmp_path.glob("state.sqlite3*"))
    assert adas.encode() in lying
    assert b"marker" not in lying
