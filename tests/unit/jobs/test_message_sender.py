"""MessageSender: messages of many sites at once; no receiver delays another."""

import time
from collections.abc import Iterator

import pytest

from tests.support.databases import address, kind, migrated_postgres, migrated_sqlite, postgres  # noqa: F401 - fixtures
from tests.support.eventually import eventually
from tests.support.message_receiver import SECRET, MessageReceiver, Response
from tests.unit.journey.harness import BANK, SHOP, JourneyHarness
from webapp.config.sites import Site
from webapp.domain.messages import MessageState
from webapp.hostsite.sender import MessageClient
from webapp.jobs.message_sender import MAX_PER_FAILING_SITE, MAX_PER_SITE, MessageSender
from webapp.journey.message_delivery import MessageDelivery
from webapp.wiring import utc_now

SLOW_SITES = 9


@pytest.fixture
def shop() -> Iterator[MessageReceiver]:
    with MessageReceiver() as running:
        yield running


@pytest.fixture
def bank() -> Iterator[MessageReceiver]:
    with MessageReceiver() as running:
        yield running


def with_receiver(site: Site, receiver: MessageReceiver) -> Site:
    more = {"webhook_secrets": (SECRET,), "allow_private_webhook": True, "oidc": True}
    return site.model_copy(update={"webhook_url": receiver.url, **more})


@pytest.fixture
def harness(address: str, shop: MessageReceiver, bank: MessageReceiver):  # noqa: F811 - a fixture
    sites = {"shop": with_receiver(SHOP, shop), "bank": with_receiver(BANK, bank)}
    for number in range(SLOW_SITES):
        branch = with_receiver(SHOP, shop).model_copy(update={"id": f"shop-{number}"})
        sites[branch.id] = branch
    harness = JourneyHarness(address, sites=sites)
    harness.clock.moment = utc_now()
    yield harness
    harness.close()


@pytest.fixture
def sender(harness: JourneyHarness) -> Iterator[MessageSender]:
    client = MessageClient(utc_now)
    made = MessageSender(harness.database, MessageDelivery(harness.deps, client))
    yield made
    made.close()
    client.close()


def begin(harness: JourneyHarness, count: int, site: str) -> None:
    for number in range(count):
        harness.start.prepare(harness.visitor(f"{site}-{number}", site), "default", "en")


def states(harness: JourneyHarness, site: str) -> set[str]:
    with harness.database.reading() as work:
        return {each.state for each in work.messages.listed(site=site, state=None, limit=500)}


def test_sender_delivers_and_numbers_all(
    harness: JourneyHarness, sender: MessageSender, shop: MessageReceiver
) -> None:
    begin(harness, 12, "shop")
    sender.start()
    eventually(lambda: states(harness, "shop") == {MessageState.DELIVERED})
    assert len(shop.received) == len({each.id for each in shop.received}) == 12
    with harness.database.reading() as work:
        eventually(lambda: len(work.messages.numbered_after("shop", 0, 50)) == 12)


def test_sender_silent_receiver_does_not_delay_another(
    harness: JourneyHarness, sender: MessageSender, shop: MessageReceiver, bank: MessageReceiver
) -> None:
    shop.respond = lambda _received: Response(seconds=5)
    begin(harness, 60, "shop")
    begin(harness, 3 * MAX_PER_SITE, "bank")
    began = time.monotonic()
    sender.start()
    eventually(lambda: len(bank.received) == 3 * MAX_PER_SITE, seconds=20)
    assert len(shop.received) <= MAX_PER_SITE * (1 + (time.monotonic() - began) // 5)


def test_sender_many_silent_receivers_do_not_delay_another(
    harness: JourneyHarness, sender: MessageSender, shop: MessageReceiver, bank: MessageReceiver
) -> None:
    shop.respond = lambda _received: Response(seconds=8)
    for number in range(SLOW_SITES):
        begin(harness, MAX_PER_SITE, f"shop-{number}")
    sender.start()
    eventually(lambda: len(shop.received) >= (SLOW_SITES - 1) * MAX_PER_SITE)
    begin(harness, 1, "bank")
    eventually(lambda: len(bank.received) == 1, seconds=3)


def test_sender_failing_receiver_gets_one_message_at_a_time(
    harness: JourneyHarness, sender: MessageSender, shop: MessageReceiver
) -> None:
    with harness.database.writing() as work:
        work.receivers.record_failure("shop", utc_now())
    shop.respond = lambda _received: Response(500, seconds=0.5)
    begin(harness, 20, "shop")
    sender.start()
    time.sleep(0.4)
    assert len(shop.received) <= MAX_PER_FAILING_SITE


def test_sender_close_stores_what_is_in_flight(
    harness: JourneyHarness, sender: MessageSender, shop: MessageReceiver
) -> None:
    shop.respond = lambda _received: Response(seconds=0.5)
    begin(harness, 4, "shop")
    sender.start()
    eventually(lambda: len(shop.received) == 4)
    sender.close()
    assert states(harness, "shop") == {MessageState.DELIVERED}
