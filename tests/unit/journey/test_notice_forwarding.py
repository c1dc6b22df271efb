"""Notices about unknown ids are handed on to an older receiver until it takes them."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.support.gateway import Receiver, listening_receiver
from tests.unit.journey.harness import HEADERS, JourneyHarness, unknown_id
from tests.unit.store.rows import in_threads
from webapp.domain.messages import AttemptError
from webapp.hostsite.sender import MessageClient
from webapp.journey.degradations import find_degradations
from webapp.journey.notice_forwarding import (
    CLAIM,
    FORWARDED_HEADER,
    NoticeForwarding,
    OlderReceiver,
)
from webapp.journey.webhook import Webhook
from webapp.store.notice_writer import NoticeWriter


@pytest.fixture
def older() -> Iterator[Receiver]:
    with listening_receiver() as receiver:
        yield receiver


@pytest.fixture
def forwarding(harness: JourneyHarness, older: Receiver) -> Iterator[NoticeForwarding]:
    harness.webhook = Webhook(
        harness.deps, NoticeWriter(harness.database), [HEADERS], forwards=True
    )
    client = MessageClient(harness.clock)
    yield NoticeForwarding(harness.deps, client, OlderReceiver(older.url, HEADERS))
    client.close()


def run(forwarding: NoticeForwarding, most: int = 100) -> int:
    """Hand on all that is due, as the jobs process does; return how many attempts."""
    claimed = forwarding.claim(most)
    forwarding.store([forwarding.send(each) for each in claimed])
    return len(claimed)


def forward_columns(harness: JourneyHarness) -> list[Any]:
    with harness.database.reading() as work:
        query = "SELECT forward_at, forward_error, forwarded_at FROM inbox ORDER BY id"
        return list(work.connection.exec_driver_sql(query))


def test_forwarding_of_an_unknown_id_sends_the_same_body_and_headers_once(
    harness, forwarding, older
):
    body = b'{ "verificationId": "%s",\n "status": "VERIFIED", "extra": "\xc3\xb1", }'
    body = body % unknown_id().encode()
    harness.webhook.store(body)
    assert run(forwarding) == 1
    assert run(forwarding) == 0
    assert older.bodies == [body]
    (headers,) = older.headers
    assert headers["x-notice-key"] == "agreed"
    assert headers["content-type"].startswith("application/json")


def test_forwarding_of_an_own_notice_never_happens(harness, forwarding, older, adas):
    harness.notice(adas, "VERIFIED")
    assert run(forwarding) == 0
    assert older.bodies == []


def test_forwarding_of_a_notice_before_the_create_answer_never_happens(
    harness, forwarding, older, ada
):
    attempts = []

    def notice_comes(onboarding_id: str) -> None:
        harness.notice(onboarding_id, "VERIFIED")
        attempts.append(run(forwarding))

    harness.gateway.during_call["create"] = notice_comes
    harness.begin(ada)
    assert attempts == [0]
    assert older.bodies == []


def test_forwarding_switched_off_plans_nothing(harness, older):
    harness.notice(unknown_id(), "VERIFIED")
    assert [row.forward_at for row in forward_columns(harness)] == [None]


def test_forwarding_of_a_forwarded_notice_never_happens(harness, forwarding, older):
    """Two servers that hand on to each other must not go on for ever."""
    body = json.dumps({"verificationId": unknown_id(), "status": "VERIFIED"}).encode()
    harness.webhook.store(body, was_forwarded=True)
    assert run(forwarding) == 0
    harness.webhook.store(body)
    run(forwarding)
    assert older.headers[0][FORWARDED_HEADER.lower()] == "1"


def test_forwarding_of_a_repeat_happens_again(harness, forwarding, older):
    id_ = unknown_id()
    for _ in range(2):
        harness.notice(id_, "VERIFIED")
        run(forwarding)
    assert len(older.bodies) == 2


def test_forwarding_of_a_repeat_during_the_attempt_happens_again(harness, forwarding, older):
    id_ = unknown_id()
    harness.notice(id_, "VERIFIED")
    claimed = forwarding.claim(1)
    harness.clock.advance(seconds=1)
    harness.notice(id_, "VERIFIED")
    forwarding.store([forwarding.send(each) for each in claimed])
    assert run(forwarding) == 1


def test_forwarding_keeps_the_order_of_a_process(harness, forwarding, older):
    id_ = unknown_id()
    harness.notice(id_, "PENDING_VERIFICATION")
    harness.notice(id_, "VERIFIED")
    assert [run(forwarding), run(forwarding), run(forwarding)] == [1, 1, 0]
    assert older.states == ["PENDING_VERIFICATION", "VERIFIED"]


def test_forwarding_to_a_failing_receiver_retries_and_ends_as_a_dead_letter(
    harness, forwarding, older
):
    id_ = unknown_id()
    harness.notice(id_, "VERIFIED")
    older.status = 503
    for _ in range(10):
        assert run(forwarding) == 1
        assert run(forwarding) == 0
        harness.clock.advance(hours=60)
    assert len(older.bodies) == 10
    (letter,) = harness.dead_letters.list_all()
    assert (letter.onboarding_id, letter.kind, letter.why) == (id_, "forward", "http_status")
    older.status = 204
    assert harness.dead_letters.replay(id_)
    assert run(forwarding) == 1
    assert harness.dead_letters.list_all() == []


def test_forwarding_failure_degrades_readyz_until_a_success(harness, forwarding, older):
    harness.notice(unknown_id(), "VERIFIED")
    older.status = 500
    run(forwarding)
    assert any("FORWARD_UNKNOWN_NOTICES_TO" in each for each in find_degradations(harness.database))
    older.status = 200
    harness.clock.advance(seconds=10)
    run(forwarding)
    problems = find_degradations(harness.database)
    assert not any("FORWARD_UNKNOWN_NOTICES_TO" in each for each in problems)


def test_notices_list_shows_what_became_of_each(harness, forwarding, older, adas):
    def states() -> list[str]:
        with harness.database.reading() as work:
            return [each.state for each in work.inbox.listed(10)]

    harness.notice(adas, "VERIFIED")
    harness.notice(unknown_id(), "VERIFIED")
    assert states() == ["forwarding", "open"]
    run(forwarding)
    assert states() == ["forwarded", "open"]


def test_forwarding_after_a_kill_happens_again_when_the_claim_ends(harness, forwarding, older):
    harness.notice(unknown_id(), "VERIFIED")
    assert len(forwarding.claim(5)) == 1
    assert run(forwarding) == 0
    harness.clock.moment += CLAIM + timedelta(seconds=1)
    assert run(forwarding) == 1


def test_forwarding_by_several_processes_claims_each_notice_once(harness, forwarding):
    for _ in range(12):
        harness.notice(unknown_id(), "VERIFIED")
    claims = in_threads(4, lambda: [each.notice.id for each in forwarding.claim(3)])
    ids = [id_ for each in claims for id_ in each]
    assert len(ids) == len(set(ids)) >= 3


def test_forwarding_to_a_private_address_is_refused(harness, forwarding, older):
    """The guard of messages holds: a name that leads into the company's network is not called."""
    harness.notice(unknown_id(), "VERIFIED")
    receiver = OlderReceiver("https://10.0.0.1/hook", HEADERS)
    guarded = NoticeForwarding(harness.deps, MessageClient(harness.clock), receiver)
    (claimed,) = guarded.claim(1)
    assert guarded.send(claimed).error is AttemptError.ADDRESS_REFUSED


def test_forwarded_notice_is_deleted_after_a_day_and_a_waiting_one_stays(
    harness, forwarding, older
):
    harness.notice(unknown_id(), "VERIFIED")
    run(forwarding)
    older.status = 500
    harness.notice(unknown_id(), "VERIFIED")
    run(forwarding)
    harness.clock.advance(hours=25)
    with harness.database.writing() as work:
        assert work.inbox.forget(harness.clock()) == 1
    assert [row.forward_error for row in forward_columns(harness)] == ["http_status"]
    harness.clock.advance(days=30)
    with harness.database.writing() as work:
        assert work.inbox.forget(harness.clock()) == 1


def test_prepare_without_a_receiver_forgets_what_was_planned(harness, forwarding, older):
    older.status = 500
    harness.notice(unknown_id(), "VERIFIED")
    run(forwarding)
    off = NoticeForwarding(harness.deps, MessageClient(harness.clock), None)
    off.prepare()
    assert off.claim(5) == []
    assert [tuple(row)[:2] for row in forward_columns(harness)] == [(None, None)]
    with harness.database.reading() as work:
        assert work.alarms.active() == {}
