"""webhook: notices are authenticated, stored durably and then polled; they never decide."""

import sqlite3

import pytest

from tests.unit.journey.harness import HEADERS
from tests.unit.journey.test_gateway_poll import poll_times
from webapp.domain.errors import NotWritable, UnreadableNotice
from webapp.domain.onboarding import Status
from webapp.domain.schedule import PollReason
from webapp.journey.webhook import Webhook
from webapp.store.notice_writer import NoticeWriter


@pytest.mark.parametrize("headers", [{}, {"X-Notice-Key": "guessed"}, {"Another": "agreed"}])
def test_is_authentic_without_the_required_headers_is_false(harness, headers):
    assert harness.webhook.is_authentic(HEADERS)
    assert not harness.webhook.is_authentic(headers)


def test_is_authentic_without_configured_headers_is_false(harness):
    closed = Webhook(harness.deps, NoticeWriter(harness.database), [])
    assert not closed.is_authentic(HEADERS)


@pytest.mark.parametrize("body", [b"", b"marker", b"[]", b'{"verificationId": "marker"}'])
def test_store_of_an_unreadable_notice_reports_why_without_its_content(harness, body):
    with pytest.raises(UnreadableNotice) as raised:
        harness.webhook.store(body)
    assert raised.value.why
    assert "marker" not in str(raised.value)


def test_store_keeps_the_status_and_makes_a_poll_due(harness, adas):
    before = harness.row(adas)
    harness.notice(adas, "VERIFIED")
    after = harness.row(adas)
    assert (after.status, after.version) == (before.status, before.version)
    assert harness.due_ids() == [adas]


@pytest.mark.parametrize("kind", ["sqlite"])
def test_store_while_the_database_is_locked_raises_not_writable(harness, adas, address):
    with harness.engine.connect() as connection:  # the connection that the pool gives out next
        connection.exec_driver_sql("PRAGMA busy_timeout=1")
    other = sqlite3.connect(address.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(NotWritable):
        harness.notice(adas, "VERIFIED")
    other.close()
    assert harness.open_notices(adas) == []
    harness.notice(adas, "VERIFIED")
    assert harness.open_notices(adas) == ["VERIFIED"], "the writer still works"


def test_notice_before_the_create_answer_is_polled_after_it(harness, ada):
    """The notice and the verdict arrive before the create answer."""
    harness.gateway.during_call["create"] = lambda id_: harness.notice(id_, "VERIFIED")
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
    harness.poll_answered(adas, "NOT_VERIFIED")
    harness.notice(adas, "VERIFIED")
    times = poll_times(harness, adas, 5)
    assert times == [0, 2, 12, 72, 132]
    assert harness.status(adas) is Status.REJECTED
    assert harness.row(adas).poll_reason is PollReason.QUIET, "only the recording is awaited"
    assert harness.open_notices(adas) == []


def test_notice_ahead_of_the_gateway_is_polled_after_2_10_and_60_seconds(harness, adas):
    harness.notice(adas, "VERIFIED")
    assert poll_times(harness, adas, 3) == [0, 2, 12]
    harness.set_gateway_word(adas, "VERIFIED")
    assert poll_times(harness, adas, 1) == [60]
    assert harness.status(adas) is Status.VERIFIED


def test_nine_notices_at_once_cause_one_poll(harness, adas):
    harness.set_gateway_word(adas, "VERIFIED")
    for word in ("VERIFIED", "VIDEO_AVAILABLE", "PENDING_VERIFICATION") * 3:
        harness.notice(adas, word)
    assert harness.run_due() == 1
    assert harness.status(adas) is Status.VERIFIED
    assert harness.open_notices(adas) == []
    harness.notice(adas, "VERIFIED")
    assert harness.run_due() == 0, "a repeat after the confirmation plans none"
