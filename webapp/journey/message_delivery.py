"""Deliver messages to host sites: claim due ones, send them, and store what came of it.

A claim is a lease in the message's row. A killed process leaves its claims behind; when they end,
the messages are sent again, with the same id and body. So every message arrives at least once.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from webapp.domain.actors import Actor
from webapp.domain.messages import (
    DELIVERED,
    DISABLE_AFTER,
    PING,
    Attempt,
    AttemptError,
    Message,
    next_attempt,
)
from webapp.hostsite.sender import MessageClient, Receiver
from webapp.journey.delivery_attempt import try_to_send
from webapp.journey.dependencies import JourneyDependencies
from webapp.store.receivers import ReceiverHealth
from webapp.store.unit_of_work import UnitOfWork

#: How long a claim lasts; longer than an attempt and the storing of its outcome.
CLAIM = timedelta(seconds=30)
#: The alarm of receivers that get no more messages; its detail names their sites.
RECEIVER_DISABLED = "receiver_disabled"
GONE, FAILING = "gone", "failing"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ClaimedMessage:
    """A message that this process sends now; its claim ends at `until` (aware UTC)."""

    message: Message
    receiver: Receiver
    until: datetime


@dataclass(frozen=True)
class Delivery:
    """A claimed message and the outcome of the attempt."""

    claimed: ClaimedMessage
    attempt: Attempt


#: Called after each attempt with DELIVERED or a word of AttemptError, the seconds that the
#: attempt took, and the seconds since the message was written.
DeliveryObserver = Callable[[str, float, float], None]


class MessageDelivery:
    """`claim` and `store` are transactions; `send` is the call between them."""

    def __init__(
        self,
        deps: JourneyDependencies,
        client: MessageClient,
        observe: DeliveryObserver = lambda _outcome, _seconds, _age: None,
    ) -> None:
        self._deps = deps
        self._client = client
        self._observe = observe

    def prepare(self) -> None:
        """Make the signing key, and keep messages of sites that have no receiver any more."""
        self._deps.make_signing_key()
        receiving = [site for site in self._deps.sites if self._deps.has_receiver(site)]
        with self._deps.database.writing() as work:
            kept = work.messages.keep_unsent(receiving)
        if kept:
            _log.warning("messages_kept_unsent", extra={"messages": kept})

    def claim(self, room: Callable[[str, bool], int], most: int) -> list[ClaimedMessage]:
        """Claim up to `most` due messages of all receivers that are not disabled.

        `room(site, is_failing)` returns how many more messages of a site may be in flight, so that
        one receiver's backlog takes nothing away from the others.
        """
        now = self._deps.clock()
        with self._deps.database.reading() as work:
            rooms = self._rooms_for_due(work, now, room)
        if not rooms:
            return []
        with self._deps.database.writing() as work:
            claimed: list[ClaimedMessage] = []
            for site in random.sample(list(rooms), len(rooms)):
                left = min(rooms[site], most - len(claimed))
                claimed += self._claim_of(work, site, now, left)
            return claimed

    def claim_one(self, message: Message) -> ClaimedMessage | None:
        """Return a message as claimed by the caller, which has stored the claim; None without a
        receiver."""
        receiver = self._receiver(message.site)
        if receiver is None or message.next_attempt_at is None:
            return None
        return ClaimedMessage(message, receiver, message.next_attempt_at)

    def send(self, claimed: ClaimedMessage) -> Delivery:
        """Send it once. Raises nothing: every outcome is an attempt, to be stored."""
        at, began = self._deps.clock(), time.monotonic()
        message = claimed.message
        answer, error = try_to_send(
            lambda: self._client.send(claimed.receiver, message.id, message.body), message.id
        )
        seconds = time.monotonic() - began
        attempt = Attempt(
            at=at,
            duration_ms=round(seconds * 1000),
            status=answer.status if answer else None,
            error=error,
            answer=answer.body or None if answer else None,
            retry_after=answer.retry_after if answer else None,
        )
        age = (at - claimed.message.created_at).total_seconds()
        self._observe(str(error) if error else DELIVERED, seconds, age)
        return Delivery(claimed, attempt)

    def store(self, deliveries: Iterable[Delivery]) -> None:
        """Store the outcomes in one transaction: attempts, next ones, health of the receivers."""
        # In order of the ids, as every transaction that changes several messages: no deadlock.
        ordered = sorted(deliveries, key=lambda each: each.claimed.message.id)
        if not ordered:
            return
        with self._deps.database.writing() as work:
            judged = [each for each in ordered if self._store(work, each)]
            self._judge_receivers(work, judged)

    def _rooms_for_due(
        self, work: UnitOfWork, now: datetime, room: Callable[[str, bool], int]
    ) -> Mapping[str, int]:
        health, rooms = work.receivers.all(), {}
        for id_, site in self._deps.sites.items():
            found = health.get(id_, ReceiverHealth(id_))
            if site.webhook_url is None or found.disabled_at is not None:
                continue
            most = room(id_, found.failing_since is not None)
            if most > 0 and work.messages.has_due(id_, now):
                rooms[id_] = most
        return rooms

    def _claim_of(
        self, work: UnitOfWork, site: str, now: datetime, most: int
    ) -> list[ClaimedMessage]:
        receiver = self._receiver(site)
        if receiver is None or most <= 0:
            return []
        until = now + CLAIM
        claimed = work.messages.claim_due(site, now, until, most)
        return [ClaimedMessage(each, receiver, until) for each in claimed]

    def _receiver(self, site_id: str) -> Receiver | None:
        site = self._deps.sites.get(site_id)
        if site is None or site.webhook_url is None:
            return None
        return Receiver(site.webhook_url, site.webhook_secrets, site.allow_private_webhook)

    def _store(self, work: UnitOfWork, delivery: Delivery) -> bool:
        """Store one outcome; return whether it says something about the receiver."""
        message, attempt = delivery.claimed.message, delivery.attempt
        if attempt.delivered:
            is_kept = work.messages.mark_delivered(message.id)
            work.messages.add_attempt(message.id, attempt if is_kept else _without_answer(attempt))
            self._record(work, message, "message_delivered")
            return True
        now = self._deps.clock()
        until = self._next_attempt(message, attempt, now)
        is_ours = work.messages.mark_failed(message.id, delivery.claimed.until, until)
        # Not ours: sent again by another process, or erased.
        work.messages.add_attempt(message.id, attempt if is_ours else _without_answer(attempt))
        _log.warning(
            "message_attempt_failed",
            extra={
                "site": message.site,
                "message_id": message.id,
                "error": str(attempt.error),
                "status": attempt.status,
            },
        )
        if message.type == PING or not is_ours:
            return False
        if message.attempts == 0:
            self._record(work, message, "message_attempt_failed", why=str(attempt.error))
        if until is None:
            _log.error(
                "message_dead_lettered", extra={"site": message.site, "message_id": message.id}
            )
            self._record(work, message, "message_dead_lettered")
        return True

    def _next_attempt(self, message: Message, attempt: Attempt, now: datetime) -> datetime | None:
        if message.type == PING:
            return None
        if attempt.error is AttemptError.GONE:
            return now  # it waits until an operator enables the receiver
        jitter = random.uniform(-1, 1)  # noqa: S311 - spreads load, protects nothing
        return next_attempt(message.attempts + 1, now, jitter, attempt.retry_after)

    def _judge_receivers(self, work: UnitOfWork, deliveries: Iterable[Delivery]) -> None:
        """Store the health of the receivers; raise the alarm if one is disabled."""
        # In order of the sites, after the messages and before the alarm: another node that stores
        # outcomes of the same sites could deadlock with this one.
        by_site = sorted(deliveries, key=lambda each: each.claimed.message.site)
        now = self._deps.clock()
        disabled = [each for each in by_site if self._judge_receiver(work, each, now)]
        if disabled:
            raise_disabled_alarm(work, now)

    def _judge_receiver(self, work: UnitOfWork, delivery: Delivery, now: datetime) -> bool:
        """Disable a receiver that is gone or has failed for too long; return whether it did."""
        site, attempt = delivery.claimed.message.site, delivery.attempt
        if attempt.delivered:
            work.receivers.record_success(site)
            return False
        work.receivers.record_failure(site, now)
        since = work.receivers.get(site).failing_since
        is_gone = attempt.error is AttemptError.GONE
        if not is_gone and (since is None or now < since + DISABLE_AFTER):
            return False
        if not work.receivers.disable(site, now, GONE if is_gone else FAILING):
            return False
        _log.error("receiver_disabled", extra={"site": site, "gone": is_gone})
        return True

    def _record(self, work: UnitOfWork, message: Message, event: str, **detail: str) -> None:
        if message.onboarding_id is None:
            return
        work.timeline.add(
            self._deps.clock(),
            event,
            actor=Actor.SYSTEM,
            onboarding_id=message.onboarding_id,
            site=message.site,
            message=message.id,
            type=message.type,
            **detail,
        )


def _without_answer(attempt: Attempt) -> Attempt:
    """The receiver's answer may hold personal data of an onboarding that is erased by now."""
    return replace(attempt, answer=None)


def raise_disabled_alarm(work: UnitOfWork, now: datetime) -> None:
    """Raise the alarm with the sites of all disabled receivers, or clear it if there is none."""
    sites = [each.site for each in work.receivers.disabled()]
    if sites:
        work.alarms.raise_alarm(RECEIVER_DISABLED, now, ", ".join(sites))
    else:
        work.alarms.clear(RECEIVER_DISABLED)
