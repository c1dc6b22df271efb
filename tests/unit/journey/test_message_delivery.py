"""Messages are sent to a real receiver until it takes them; the outcome is stored."""
# ruff: noqa: F811 - a fixture is asked for by its name

from datetime import timedelta

import pytest

from tests.support.message_receiver import MessageReceiver, Received, Response
from tests.unit.journey.harness import JourneyHarness
from tests.unit.journey.sent_messages import (  # noqa: F401 - fixtures
    attempts,
    banks_receiver,
    bens,
    client,
    delivery,
    fail,
    harness,
    only_message,
    operator,
    real_time,
    receiver,
    run,
)
from tests.unit.store.rows import in_threads
from webapp.domain.messages import MessageState
from webapp.hostsite.sender import MessageClient
from webapp.journey.message_delivery import CLAIM, MessageDelivery


def test_delivery_delivers_once(
    harness: JourneyHarness, delivery: MessageDelivery, receiver: MessageReceiver, adas: str
) -> None:
    assert run(delivery) == 2
    assert run(delivery) == 0
    assert sorted(receiver.types()) == ["onboarding.created", "onboarding.started"]
    assert receiver.refused == []
    message = only_message(harness, adas)
    assert (message.state, message.attempts) == (MessageState.DELIVERED, 1)
    (attempt,) = attempts(harness, message.id)
    assert (attempt.status, attempt.error, attempt.answer) == (204, None, None)
    assert harness.events(adas).count("message_delivered") == 2


def test_delivery_retries_follow_the_schedule_with_the_same_id_and_body(
    harness: JourneyHarness, delivery: MessageDelivery, receiver: MessageReceiver, bens: str
) -> None:
    receiver.respond = fail()
    for _ in range(10):
        due_at = only_message(harness, bens).next_attempt_at
        assert due_at is not None
        harness.clock.moment = max(due_at, harness.clock())
        assert run(delivery) == 1
        assert run(delivery) == 0
    message = only_message(harness, bens)
    assert (message.state, message.attempts) == (MessageState.DEAD, 10)
    assert len({(each.id, each.body) for each in receiver.received}) == 1
    assert len(attempts(harness, message.id)) == len(receiver.received) == 10
    events = harness.events(bens)
    assert events.count("message_attempt_failed") == 1
    assert events.count("message_dead_lettered") == 1


def test_delivery_second_attempt_waits_about_five_seconds(
    harness: JourneyHarness, delivery: MessageDelivery, receiver: MessageReceiver, bens: str
) -> None:
    receiver.respond = fail()
    run(delivery)
    wait = (only_message(harness, bens).next_attempt_at or harness.clock()) - harness.clock()
    assert timedelta(seconds=4) <= wait <= timedelta(seconds=6)


def test_delivery_each_attempt_has_its_own_timestamp(
    harness: JourneyHarness, receiver: MessageReceiver, bens: str
) -> None:
    now = [real_time() - timedelta(seconds=60)]
    client = MessageClient(lambda: now[0])
    delivery = MessageDelivery(harness.deps, client)
    receiver.respond = fail()
    run(delivery)
    now[0] = real_time()
    harness.clock.advance(seconds=7)
    run(delivery)
    client.close()
    first, second = receiver.received
    assert receiver.refused == []
    assert first.id == second.id
    assert int(second.timestamp) - int(first.timestamp) >= 59
    assert first.signature != second.signature


def test_delivery_obeys_retry_after(
    harness: JourneyHarness, delivery: MessageDelivery, receiver: MessageReceiver, bens: str
) -> None:
    receiver.respond = fail(503, Retry_After="3600")
    run(delivery)
    harness.clock.advance(minutes=59)
    assert run(delivery) == 0
    harness.clock.advance(minutes=1)
    assert run(delivery) == 1


@pytest.mark.parametrize(
    ("status", "error"),
    [(200, None), (202, None), (302, "redirect"), (400, "http_status"), (503, "http_status")],
)
def test_delivery_judges_by_the_status(
    harness: JourneyHarness,
    delivery: MessageDelivery,
    receiver: MessageReceiver,
    bens: str,
    status: int,
    error: str | None,
) -> None:
    receiver.respond = fail(status)
    run(delivery)
    (attempt,) = attempts(harness, only_message(harness, bens).id)
    assert (attempt.status, attempt.error, attempt.answer) == (status, error, "no")


def test_delivery_one_failing_message_does_not_delay_another(
    harness: JourneyHarness, delivery: MessageDelivery, receiver: MessageReceiver, adas: str
) -> None:
    def refuse_created(received: Received) -> Response:
        return Response(500 if received.type == "onboarding.created" else 204)

    receiver.respond = refuse_created
    run(delivery)
    harness.back(adas)
    run(delivery)
    with harness.database.reading() as work:
        states = [each.state for each in work.messages.of(adas)]
    assert states == [MessageState.PENDING, MessageState.DELIVERED, MessageState.DELIVERED]


def test_delivery_killed_sender_is_followed_by_another(
    harness: JourneyHarness, delivery: MessageDelivery, receiver: MessageReceiver, bens: str
) -> None:
    (claimed,) = delivery.claim(lambda _site, _failing: 9, 9)
    delivery.send(claimed)  # and the process dies before it stores the outcome
    assert run(delivery) == 0
    harness.clock.advance(seconds=CLAIM.total_seconds())
    assert run(delivery) == 1
    assert len({(each.id, each.body) for each in receiver.received}) == 1
    assert only_message(harness, bens).state is MessageState.DELIVERED


def test_delivery_several_processes_send_each_message_once(
    harness: JourneyHarness, delivery: MessageDelivery, receiver: MessageReceiver
) -> None:
    for number in range(6):
        harness.begin(harness.visitor(f"person-{number}"))
    assert sum(in_threads(4, lambda: run(delivery))) == 12
    assert len({each.id for each in receiver.received}) == len(receiver.received) == 12
