"""Fixtures and helpers of the tests that send messages to real receivers."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.support.message_receiver import SECRET, MessageReceiver, Response
from tests.unit.journey.harness import BANK, SHOP, JourneyHarness
from webapp.domain.messages import Attempt, Message
from webapp.hostsite.sender import MessageClient
from webapp.journey.message_delivery import RECEIVER_DISABLED, MessageDelivery
from webapp.journey.messages import Messages
from webapp.journey.views import Visitor


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
    made = MessageClient(real_time)
    yield made
    made.close()


def real_time() -> datetime:
    """Return the time that the receiver verifies with."""
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
