"""Messages are sent to a real receiver until it takes them; what came of it is stored."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.message_receiver import SECRET, MessageReceiver, Received, Response
from tests.unit.journey.harness import BANK, SHOP, JourneyHarness
from tests.unit.store.rows import in_threads
from webapp.domain.messages import Attempt, AttemptError, Message, MessageState
from webapp.hostsite.sender import MessageClient
from webapp.journey.message_delivery import (
    CLAIM,
    RECEIVER_DISABLED,
    MessageDelivery,
)
from webapp.journey.messages import Messages
from webapp.journey.views import Visitor
from webapp.store.numbering import number_committed_rows


@pytest.fixture
def receiver() -> Iterator[MessageReceiver]:
    with MessageReceiver() as running:
        yield running


@pytest.fixture
def banks_receiver() -> Iterator[MessageReceiver]:
    with MessageReceiver() as running:
        yield running


@pytest.fixture
def harness(
    address: str, receiver: MessageReceiver, banks_receiver: MessageReceiver
) -> Iterator[JourneyHarness]:
    settings = {"webhook_secrets": (SECRET,), "allow_private_webhook": True, "oidc": True}
    shop = SHOP.model_copy(update={"webhook_url": receiver.url, **settings})
    bank = BANK.model_copy(update={"webhook_url": banks_receiver.url, **settings})
    harness = JourneyHarness(address, sites={"shop": shop, "bank": bank})
    yield harness
    harness.close()


@pytest.fixture
def client(harness: JourneyHarness) -> Iterator[MessageClient]:
    # The receiver verifies with the real time, the journey's clock stands still.
    made = MessageClient(_real_time)
    yield made
    made.close()


def _real_time() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def delivery(harness: JourneyHarness, client: MessageClient) -> MessageDelivery:
    return MessageDelivery(harness.deps, client)


@pytest.fixture
def operator(harness: JourneyHarness, delivery: MessageDelivery) -> Messages:
    return Messages(harness.deps, delivery)


def run(delivery: MessageDelivery, most: int = 100) -> int:
    """Send everything that is due, as the jobs process does; return how many attempts."""
    claimed = delivery.claim(lambda _site, _failing: most, most)
    delivery.store([delivery.send(each) for each in claimed])
    return len(claimed)


def only_message(harness: JourneyHarness, onboarding_id: str) -> Message:
    with harness.database.reading() as work:
        return work.messages.of(onboarding_id)[0]


def attempts(harness: JourneyHarness, message_id: str) -> list[Attempt]:
    with harness.database.reading() as work:
        return work.messages.attempts_of(message_id)


def disabled(harness: JourneyHarness) -> dict[str, str | None]:
    with harness.database.reading() as work:
        return {each.site: each.disabled_reason for each in work.receivers.disabled()}


def alarm(harness: JourneyHarness) -> str | None:
    with harness.database.reading() as work:
        return work.alarms.details().get(RECEIVER_DISABLED)


@pytest.fixture
def bens(harness: JourneyHarness, ben: Visitor) -> str:
    """Return the id of an onboarding with one message, `created`."""
    return harness.start.prepare(ben, "default", "en")


def fail(status: int = 500, **headers: str):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _received: Response(status, named, b"no")


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
    now = [_real_time() - timedelta(seconds=60)]
    client = MessageClient(lambda: now[0])
    delivery = MessageDelivery(harness.deps, client)
    receiver.respond = fail()
    run(delivery)
    now[0] = _real_time()
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
