"""Outcomes of sending: of several nodes at the same time, and after a long pause."""

import contextlib
import threading
from queue import SimpleQueue

from tests.support.message_receiver import SECRET, MessageReceiver
from tests.unit.journey.harness import JourneyHarness
from tests.unit.journey.sent_messages import (  # noqa: F401 - fixtures
    banks_receiver,
    client,
    delivery,
    disabled,
    fail,
    harness,
    receiver,
    run,
)
from tests.unit.store.rows import in_threads
from webapp.domain.messages import Attempt, AttemptError, Message, MessageState
from webapp.hostsite.sender import MessageClient, Receiver
from webapp.journey.message_delivery import CLAIM, ClaimedMessage, Delivery, MessageDelivery
from webapp.journey.views import Visitor
from webapp.store.unit_of_work import UnitOfWork


def test_delivery_outcomes_stored_by_two_nodes_do_not_deadlock(
    harness: JourneyHarness,  # noqa: F811 - a fixture
    client: MessageClient,  # noqa: F811 - a fixture
    ada: Visitor,
) -> None:
    """Ids are random: two nodes may have failures of the same two sites in opposite order."""
    onboarding_id = harness.start.prepare(ada, "default", "en")
    batches = [[("a", "shop"), ("b", "bank")], [("c", "bank"), ("d", "shop")]]
    stored = [
        [failure(harness, onboarding_id, f"msg_{id_}", site) for id_, site in batch]
        for batch in batches
    ]
    gate = threading.Barrier(2)

    class Meeting(MessageDelivery):
        """Waits after the first outcome until the other node has stored one too."""

        def _store(self, work: UnitOfWork, delivery: Delivery) -> bool:  # noqa: F811
            judged = super()._store(work, delivery)
            with contextlib.suppress(threading.BrokenBarrierError):
                gate.wait(timeout=1)  # SQLite has one writer at a time
            return judged

    node = Meeting(harness.deps, client)
    waiting = SimpleQueue[list[Delivery]]()
    for each in stored:
        waiting.put(each)
    assert in_threads(2, lambda: node.store(waiting.get())) == [None, None]


def test_delivery_failure_after_a_long_pause_does_not_disable_the_receiver(
    harness: JourneyHarness,  # noqa: F811 - a fixture
    delivery: MessageDelivery,  # noqa: F811 - a fixture
    receiver: MessageReceiver,  # noqa: F811 - a fixture
    ada: Visitor,
) -> None:
    """A jobs process that was off, or a site without messages, says nothing about a receiver."""
    receiver.respond = fail()
    harness.begin(harness.visitor("first"))
    run(delivery)
    harness.clock.advance(days=5, hours=1)
    harness.begin(ada)
    run(delivery)
    assert disabled(harness) == {}


def failure(
    harness: JourneyHarness,  # noqa: F811 - a fixture
    onboarding_id: str,
    id_: str,
    site: str,
) -> Delivery:
    """Store a message, and return a failed attempt to send it."""
    now = harness.clock()
    new = Message(
        id=id_,
        site=site,
        onboarding_id=onboarding_id,
        sequence=100 + ord(id_[-1]),
        type="onboarding.started",
        body="{}",
        created_at=now,
        state=MessageState.PENDING,
        next_attempt_at=now + CLAIM,
    )
    with harness.database.writing() as work:
        work.messages.add(new)
    claimed = ClaimedMessage(new, Receiver("https://unused.example", (SECRET,)), now + CLAIM)
    return Delivery(claimed, Attempt(now, 1, error=AttemptError.TIMED_OUT))
