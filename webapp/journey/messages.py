"""Messages to host sites: catch up, show, replay, recover, ping and enable a receiver."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from webapp.domain.errors import NotFound
from webapp.domain.messages import PING, Attempt, Message, MessageState
from webapp.journey.announce import new_ping
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.message_delivery import CLAIM, MessageDelivery, raise_disabled_alarm
from webapp.store.sql import batched

#: The most messages of one page of the catch-up.
MAX_PAGE = 100


@dataclass(frozen=True)
class MessagePage:
    """Messages in order of `number`; `next_after` continues after them, None at the end."""

    messages: list[Message]
    next_after: int | None


@dataclass(frozen=True)
class MessageWithAttempts:
    """A message and its logged attempts, oldest first."""

    message: Message
    attempts: list[Attempt]


class Messages:
    """What host sites (by API) and operators (by command) do with messages."""

    def __init__(self, deps: JourneyDependencies, delivery: MessageDelivery) -> None:
        self._deps = deps
        self._delivery = delivery

    def after(self, site: str, number: int = 0, limit: int = MAX_PAGE) -> MessagePage:
        """Return a site's messages with a higher `number`, up to `limit` (at most MAX_PAGE).

        Contains every message about an onboarding, delivered or not, and no pings.
        """
        limit = min(limit, MAX_PAGE)
        with self._deps.database.reading() as work:
            found = work.messages.numbered_after(site, number, limit + 1)
        page = found[:limit]
        return MessagePage(page, page[-1].number if len(found) > limit else None)

    def show(self, message_id: str) -> MessageWithAttempts:
        """Return one message with its attempts. Raises NotFound."""
        with self._deps.database.reading() as work:
            message = work.messages.get(message_id)
            if message is None:
                raise NotFound("no such message")
            return MessageWithAttempts(message, work.messages.attempts_of(message_id))

    def replay(self, message_id: str) -> None:
        """Send a message again, with the same id and body. Raises NotFound; a ping is not replayed.

        The jobs process sends it. Raises ValueError for a site without a `webhook_url`, and for a
        message that is erased.
        """
        message = self.show(message_id).message
        self._require_receiver(message.site)
        if message.type == PING:
            raise NotFound("a ping is not replayed")
        if message.state is MessageState.ERASED:
            raise ValueError("the message was erased with its onboarding: there is nothing to send")
        self._make_due([message_id])

    def recover(self, site: str, since: datetime) -> int:
        """Send again what was written since then and did not arrive; return how many messages.

        These are dead letters, messages that wait for their next attempt, and those from a time
        without a receiver. Raises NotFound for an unknown site, ValueError without `webhook_url`.
        """
        self._require_receiver(site)
        with self._deps.database.reading() as work:
            ids = work.messages.undelivered(site, since)
        self._make_due(ids)
        return len(ids)

    def ping(self, site: str) -> MessageWithAttempts:
        """Send a `ping` to the site's receiver now, also if it is disabled; return the outcome.

        It is sent once, and changes nothing about the receiver. Raises as `recover`.
        """
        self._require_receiver(site)
        now = self._deps.clock()
        message = replace(
            new_ping(site, now, livemode=self._deps.livemode), next_attempt_at=now + CLAIM
        )
        with self._deps.database.writing() as work:
            work.messages.add(message)
        claimed = self._delivery.claim_one(message)
        if claimed is None:
            raise ValueError("the site has no webhook_url")
        delivery = self._delivery.send(claimed)
        self._delivery.store([delivery])
        return MessageWithAttempts(message, [delivery.attempt])

    def enable(self, site: str) -> bool:
        """Send to a disabled receiver again, at first the messages that wait for it.

        Returns whether it was disabled. Raises NotFound for an unknown site.
        """
        if site not in self._deps.sites:
            raise NotFound("no such site")
        with self._deps.database.writing() as work:
            was_disabled = work.receivers.enable(site)
            raise_disabled_alarm(work, self._deps.clock())
            waiting = work.messages.pending(site) if was_disabled else []
        self._make_due(waiting)
        return was_disabled

    def _make_due(self, ids: Iterable[str]) -> None:
        """In batches, so that other writers get in between."""
        for batch in batched(ids):
            with self._deps.database.writing() as work:
                work.messages.make_due(batch, self._deps.clock())

    def _require_receiver(self, site: str) -> None:
        if site not in self._deps.sites:
            raise NotFound("no such site")
        if not self._deps.has_receiver(site):
            raise ValueError("the site has no webhook_url in sites.toml")
