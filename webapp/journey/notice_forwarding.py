"""Hand notices about unknown ids on to an older receiver, while a company moves over.

The older receiver gets the body and the headers that the gateway sends. A claim is a lease in the
notice's row, as for messages: a notice is handed on at least once. Our answer to the gateway never
waits for it. An onboarding's row is stored before its process is created, so its own notices are
never about an unknown id.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from webapp.basics.urls import parse_url
from webapp.domain.messages import AttemptError, next_attempt
from webapp.hostsite.sender import CONTENT_TYPE, MessageClient
from webapp.journey.delivery_attempt import try_to_send
from webapp.journey.dependencies import JourneyDependencies
from webapp.store.notice_forwards import NoticeToForward
from webapp.store.unit_of_work import UnitOfWork

#: How long a claim lasts; longer than an attempt and the storing of its outcome.
CLAIM = timedelta(seconds=30)
#: The alarm of an older receiver that does not take notices; its detail is why.
FORWARDING_FAILED = "forwarding_failed"
#: Marks a notice that was handed on. It is not handed on again: two servers would go on for ever.
FORWARDED_HEADER = "Mobbscan-Embed-Forwarded"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class OlderReceiver:
    """Where notices are handed on to, and the headers that it demands (contract 5)."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)

    @property
    def all_headers(self) -> dict[str, str]:
        """The headers of a request; `Content-Type` is JSON unless the agreed headers have one."""
        agreed = {name.lower(): value for name, value in self.headers.items()}
        return {"content-type": CONTENT_TYPE, FORWARDED_HEADER.lower(): "1", **agreed}


@dataclass(frozen=True)
class ClaimedNotice:
    """A notice that this process hands on now; its claim ends at `until` (aware UTC)."""

    notice: NoticeToForward
    until: datetime


@dataclass(frozen=True)
class ForwardAttempt:
    """A claimed notice and the outcome: forwarded if `error` is None."""

    claimed: ClaimedNotice
    error: AttemptError | None
    retry_after: timedelta | None = None


class NoticeForwarding:
    """`claim` and `store` are transactions; `send` is the call between them."""

    def __init__(
        self, deps: JourneyDependencies, client: MessageClient, receiver: OlderReceiver | None
    ) -> None:
        """Without a receiver nothing is handed on."""
        self._deps = deps
        self._client = client
        self._receiver = receiver

    @property
    def is_on(self) -> bool:
        """Whether there is an older receiver."""
        return self._receiver is not None

    def prepare(self) -> None:
        """Without a receiver, forget what was planned for an earlier one."""
        if self.is_on:
            return
        with self._deps.database.writing() as work:
            canceled = work.notice_forwards.cancel()
            work.alarms.clear(FORWARDING_FAILED)
        if canceled:
            _log.warning("forwarding_canceled", extra={"notices": canceled})

    def claim(self, most: int) -> list[ClaimedNotice]:
        """Claim up to `most` due notices."""
        now = self._deps.clock()
        with self._deps.database.reading() as work:
            if not work.notice_forwards.has_due(now):
                return []
        until = now + CLAIM
        with self._deps.database.writing() as work:
            claimed = work.notice_forwards.claim_due(now, until, most)
        return [ClaimedNotice(each, until) for each in claimed]

    def send(self, claimed: ClaimedNotice) -> ForwardAttempt:
        """Hand it on once. Raises nothing."""
        receiver, notice = self._receiver, claimed.notice
        if receiver is None:
            return ForwardAttempt(claimed, AttemptError.FAILED)
        answer, error = try_to_send(
            lambda: self._client.post(
                receiver.url,
                receiver.all_headers,
                notice.body.encode(),
                allow_private=parse_url(receiver.url).is_loopback,
            ),
            notice.verification_id,
        )
        return ForwardAttempt(claimed, error, answer.retry_after if answer else None)

    def store(self, attempts: Sequence[ForwardAttempt]) -> None:
        """Store outcomes and next attempts; raise the alarm while any notice fails."""
        if not attempts:
            return
        now = self._deps.clock()
        with self._deps.database.writing() as work:
            # In order of the ids, as every transaction that changes several notices: no deadlock.
            for each in sorted(attempts, key=lambda each: each.claimed.notice.id):
                self._store(work, each, now)
            error = work.notice_forwards.last_error()
            if error is None:
                work.alarms.clear(FORWARDING_FAILED)
            else:
                work.alarms.raise_alarm(FORWARDING_FAILED, now, error)

    def _store(self, work: UnitOfWork, attempt: ForwardAttempt, now: datetime) -> None:
        notice, until = attempt.claimed.notice, attempt.claimed.until
        if attempt.error is None:
            work.notice_forwards.mark_forwarded(notice.id, until, now)
            return
        jitter = random.uniform(-1, 1)  # noqa: S311 - spreads load, protects nothing
        again = next_attempt(notice.attempts + 1, now, jitter, attempt.retry_after)
        work.notice_forwards.mark_failed(notice.id, until, again, attempt.error)
        event = "notice_forwarding_failed" if again else "notice_forwarding_dead_lettered"
        _log.warning(
            event, extra={"verification": notice.verification_id, "error": str(attempt.error)}
        )
