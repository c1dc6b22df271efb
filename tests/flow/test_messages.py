"""The host site's receiver learns every change of a user's onboarding."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.eventually import eventually
from tests.support.message_receiver import SECRET, MessageReceiver, Response
from tests.support.stack import Person, Stack
from tests.support.stack_fixtures import FLOWS, NewStack
from tests.support.user_journey import UserJourney, start_onboarding

SITE = {"webhook_secrets": [SECRET], "allow_private_webhook": True}


@pytest.fixture
def receiver() -> Iterator[MessageReceiver]:
    with MessageReceiver() as running:
        yield running


@pytest.fixture
def receiving(new_stack: NewStack, receiver: MessageReceiver) -> Stack:
    """Return a stack whose shop has a receiver."""
    site = {**SITE, "webhook_url": receiver.url}
    return new_stack(site=site, tables=FLOWS, leave_out=("provider", "shop"))


def finished(stack: Stack) -> UserJourney:
    walk = start_onboarding(stack, Person("ada-1", "Ada Lovelace", "en"))
    walk.finish("passes")
    walk.until("verified")
    return walk


def test_receiver_learns_a_whole_journey_in_order(
    receiving: Stack, receiver: MessageReceiver
) -> None:
    walk = finished(receiving)
    eventually(lambda: "onboarding.verified" in receiver.types())
    eventually(lambda: "onboarding.evidence_available" in receiver.types())
    found = receiver.of(walk.id)
    assert [each.data["sequence"] for each in found] == list(range(1, len(found) + 1))
    statuses = [each.data["status"] for each in found]
    assert (statuses[:2], statuses[-1]) == (["created", "started"], "verified")
    assert [each.data["previous_status"] for each in found] == [None, *statuses[:-1]]
    assert {each.data["subject"] for each in found} == {"ada-1"}
    assert receiver.refused == []


def test_receiver_that_was_away_is_sent_what_it_missed(
    receiving: Stack, receiver: MessageReceiver
) -> None:
    receiver.respond = lambda _received: Response(503)
    since = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
    walk = finished(receiving)
    eventually(lambda: "onboarding.verified" in receiver.types())
    refused = {each.id: each.body for each in receiver.received}
    receiver.received.clear()
    receiver.respond = lambda _received: Response(200)
    done = receiving.command("messages", "recover", "--site", "shop", "--since", since)
    assert done.returncode == 0, done.stderr
    eventually(lambda: "onboarding.verified" in [each.type for each in receiver.of(walk.id)])
    again = {each.id: each.body for each in receiver.received}
    assert all(again[each] == body for each, body in refused.items() if each in again)


def test_receiver_gone_is_reported_until_it_is_enabled(
    receiving: Stack, receiver: MessageReceiver
) -> None:
    receiver.respond = lambda _received: Response(410)
    start_onboarding(receiving, Person("ben-1", "Ben Ortega", "en"))
    eventually(lambda: receiver.received)

    def doctor() -> list[str]:
        found = json.loads(receiving.command("doctor", "--json").stdout)
        return [
            each["message"] for each in found if "messages enable --site shop" in each["message"]
        ]

    eventually(doctor)
    receiver.respond = lambda _received: Response(204)
    assert receiving.command("messages", "ping", "--site", "shop").returncode == 0
    assert receiving.command("messages", "enable", "--site", "shop").stdout == "enabled\n"
    eventually(lambda: {"onboarding.created", "onboarding.started"} <= set(receiver.types()))
    assert doctor() == []
