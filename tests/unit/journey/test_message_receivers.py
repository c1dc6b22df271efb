"""Receivers that fail or are gone, and what an operator does about their messages."""
# ruff: noqa: F811 - a fixture is asked for by its name

from datetime import timedelta

from tests.support.message_receiver import MessageReceiver
from tests.unit.journey.harness import JourneyHarness
from tests.unit.journey.sent_messages import (  # noqa: F401 - fixtures
    alarm,
    attempts,
    banks_receiver,
    bens,
    client,
    delivery,
    disabled,
    fail,
    harness,
    only_message,
    operator,
    receiver,
    run,
)
from webapp.domain.messages import AttemptError, MessageState
from webapp.journey.message_delivery import MessageDelivery
from webapp.journey.messages import Messages
from webapp.journey.views import Visitor
from webapp.store.numbering import number_committed_rows


def test_delivery_gone_disables_the_receiver_at_once(
    harness: JourneyHarness,
    delivery: MessageDelivery,
    operator: Messages,
    receiver: MessageReceiver,
    adas: str,
) -> None:
    receiver.respond = fail(410)
    run(delivery, most=1)
    assert (disabled(harness), alarm(harness)) == ({"shop": "gone"}, "shop")
    harness.clock.advance(days=3)
    assert run(delivery) == 0
    receiver.respond = fail(200)
    assert operator.enable("shop") is True
    assert run(delivery) == 2
    assert (disabled(harness), alarm(harness)) == ({}, None)


def test_delivery_five_days_of_failure_disable_the_receiver(
    harness: JourneyHarness, delivery: MessageDelivery, receiver: MessageReceiver, ada: Visitor
) -> None:
    receiver.respond = fail()
    for number in range(5):
        harness.begin(harness.visitor(f"person-{number}"))
        run(delivery)
        assert disabled(harness) == {}
        harness.clock.advance(hours=24)
    harness.begin(ada)
    run(delivery)
    assert (disabled(harness), alarm(harness)) == ({"shop": "failing"}, "shop")


def test_delivery_one_success_ends_the_failure(
    harness: JourneyHarness, delivery: MessageDelivery, receiver: MessageReceiver, ada: Visitor
) -> None:
    receiver.respond = fail()
    harness.begin(harness.visitor("first"))
    run(delivery)
    harness.clock.advance(days=4)
    receiver.respond = fail(204)
    run(delivery)
    receiver.respond = fail()
    harness.clock.advance(days=1)
    harness.begin(ada)
    run(delivery)
    assert disabled(harness) == {}


def test_delivery_disabled_receiver_leaves_other_sites_alone(
    harness: JourneyHarness,
    delivery: MessageDelivery,
    receiver: MessageReceiver,
    banks_receiver: MessageReceiver,
    bens: str,
) -> None:
    receiver.respond = fail(410)
    run(delivery)
    harness.begin(harness.visitor("ben", "bank"))
    run(delivery)
    assert len(banks_receiver.received) == 2


def test_delivery_private_address_is_never_called(
    harness: JourneyHarness, delivery: MessageDelivery, receiver: MessageReceiver, bens: str
) -> None:
    shop = harness.sites["shop"].model_copy(update={"allow_private_webhook": False})
    harness.sites["shop"] = shop  # type: ignore[index]
    run(delivery)
    (attempt,) = attempts(harness, only_message(harness, bens).id)
    assert attempt.error is AttemptError.ADDRESS_REFUSED
    assert receiver.received == []


def test_delivery_removed_receiver_keeps_messages_for_recovery(
    harness: JourneyHarness,
    delivery: MessageDelivery,
    operator: Messages,
    receiver: MessageReceiver,
    bens: str,
) -> None:
    shop = harness.sites["shop"]
    harness.sites["shop"] = shop.model_copy(update={"webhook_url": None})  # type: ignore[index]
    delivery.prepare()
    assert only_message(harness, bens).state is MessageState.UNSENT
    harness.sites["shop"] = shop  # type: ignore[index]
    delivery.prepare()
    assert run(delivery) == 0
    assert operator.recover("shop", harness.clock()) == 1
    assert run(delivery) == 1


def test_messages_replay_sends_the_same_message_again(
    harness: JourneyHarness,
    delivery: MessageDelivery,
    operator: Messages,
    receiver: MessageReceiver,
    bens: str,
) -> None:
    run(delivery)
    operator.replay(only_message(harness, bens).id)
    run(delivery)
    first, second = receiver.received
    assert (first.id, first.body) == (second.id, second.body)


def test_messages_recover_sends_what_was_not_delivered_since(
    harness: JourneyHarness,
    delivery: MessageDelivery,
    operator: Messages,
    receiver: MessageReceiver,
    ada: Visitor,
) -> None:
    receiver.respond = fail()
    old = harness.begin(ada)
    run(delivery)
    harness.clock.advance(hours=1)
    since = harness.clock()
    new = harness.begin(harness.visitor("new"))
    run(delivery)
    run(delivery)
    receiver.respond = fail(204)
    receiver.received.clear()
    assert operator.recover("shop", since) == 2
    run(delivery)
    assert {each.data["id"] for each in receiver.received} == {new}
    assert operator.recover("shop", since - timedelta(hours=2)) == 2
    run(delivery)
    assert len(receiver.of(old)) == 2


def test_messages_ping_reaches_a_disabled_receiver_and_is_not_retried(
    harness: JourneyHarness,
    delivery: MessageDelivery,
    operator: Messages,
    receiver: MessageReceiver,
    bens: str,
) -> None:
    receiver.respond = fail(410)
    run(delivery)
    receiver.respond = fail(500)
    (attempt,) = operator.ping("shop").attempts
    assert (attempt.status, attempt.error) == (500, AttemptError.HTTP_STATUS)
    receiver.respond = fail(204)
    (attempt,) = operator.ping("shop").attempts
    assert attempt.delivered
    assert disabled(harness) == {"shop": "gone"}, "an operator enables it"
    pings = [each for each in receiver.received if each.type == "ping"]
    assert [each.data for each in pings] == [{"site": "shop", "livemode": False}] * 2
    harness.clock.advance(days=3)
    assert run(delivery) == 0


def test_messages_after_pages_through_all_messages_of_a_site(
    harness: JourneyHarness, operator: Messages, adas: str, ben: Visitor
) -> None:
    harness.begin(ben)
    harness.begin(harness.visitor("ben", "bank"))
    number_committed_rows(harness.database)
    first = operator.after("shop", 0, limit=3)
    assert len(first.messages) == 3
    assert first.next_after == first.messages[-1].number
    rest = operator.after("shop", first.next_after or 0, limit=3)
    assert (len(rest.messages), rest.next_after) == (1, None)
    assert {each.site for each in (*first.messages, *rest.messages)} == {"shop"}
