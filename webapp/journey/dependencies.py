"""What every step of the journey is given: database, clock, sites; and what all steps share."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from webapp.config.sites import Flow, Site
from webapp.domain.actors import Actor
from webapp.domain.errors import GatewayMixedUp, GatewayUnreadable, NotFound
from webapp.domain.onboarding import Onboarding, Status
from webapp.domain.schedule import PollReason
from webapp.hostsite.signed_results import PrivateJwk, ResultSigner
from webapp.journey import generated_result_key
from webapp.journey.announce import AnnounceContext, announce, announce_evidence
from webapp.journey.gateway_errors import to_step_errors
from webapp.journey.gateway_facts import GatewayFacts
from webapp.journey.views import Visitor
from webapp.store.message_facts import MessageFacts
from webapp.store.unit_of_work import Database, UnitOfWork

#: The alarm of a gateway that answers about another process than the requested one.
MIXED_UP = "gateway_mixed_up"
#: The alarm of a gateway whose answers cannot be read; its detail is the onboarding's id.
UNREADABLE = "gateway_unreadable"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class JourneyDependencies:
    """`clock` returns aware UTC. `slow` is RECONCILE_AFTER. `livemode`: LIVE_MODE.

    `public_url` is PUBLIC_URL, `result_keys` are RESULT_KEYS, newest first.
    """

    database: Database
    clock: Callable[[], datetime]
    sites: Mapping[str, Site]
    slow: tuple[timedelta, ...]
    livemode: bool
    public_url: str
    result_keys: Sequence[PrivateJwk] = ()

    def flow_of(self, onboarding: Onboarding) -> Flow:
        """Return the settings of its flow.

        For a flow that has been removed since: those of the site's first flow. For a site that has
        been removed: the defaults.
        """
        site = self.sites.get(onboarding.site)
        flows = site.flows if site else {}
        return flows.get(onboarding.flow) or next(iter(flows.values()), Flow())

    def get_owned(self, work: UnitOfWork, visitor: Visitor, onboarding_id: str) -> Onboarding:
        """Return the visitor's own onboarding. Raises NotFound for all others, existing or not.

        An erased one, which has no owner, is shown to every user of its site who knows the id.
        """
        found = work.onboardings.get(onboarding_id)
        if found is not None and found.status is Status.ERASED and found.site == visitor.site.id:
            return found
        if found is None or found.person_id != visitor.person.id:
            raise NotFound("no such onboarding")
        return found

    def lock_with_person(self, work: UnitOfWork, onboarding_id: str) -> Onboarding | None:
        """Lock the person, then the onboarding, as all who lock both do; return the onboarding.

        None is an unknown id. What was read before the locks may be erased by now.
        """
        found = work.onboardings.get(onboarding_id)
        if found is not None and found.person_id is not None:
            work.people.lock(found.person_id)
        return work.onboardings.get(onboarding_id, for_update=True)

    def lock_unless_erased(self, work: UnitOfWork, onboarding_id: str) -> Onboarding | None:
        """Lock and return the onboarding; None if it is erased, perhaps since it was read."""
        row = work.onboardings.get(onboarding_id, for_update=True)
        return None if row is None or row.status is Status.ERASED else row

    @contextmanager
    def translate_gateway_errors(self, onboarding_id: str) -> Iterator[None]:
        """Translate errors as `to_step_errors`.

        An answer about another process, and one that cannot be read, also raise an alarm.
        """
        try:
            with to_step_errors():
                yield
        except GatewayMixedUp:
            _log.error("gateway_answered_for_another_process", extra={"onboarding": onboarding_id})
            self.raise_alarm(MIXED_UP)
            raise
        except GatewayUnreadable as error:
            _log.error(
                "gateway_response_unreadable",
                extra={"onboarding": onboarding_id, "error": str(error.__cause__)},
            )
            self.raise_alarm(UNREADABLE, onboarding_id)
            raise

    def raise_alarm(self, alarm: str, detail: str = "") -> None:
        """Store an alarm, which readyz reports until it is cleared: an operator has to act.

        `detail`: what it is about, an id or an origin; no personal data.
        """
        with self.database.writing() as work:
            work.alarms.raise_alarm(alarm, self.clock(), detail)

    def schedule_poll_now(self, work: UnitOfWork, onboarding_id: str, reason: PollReason) -> None:
        """Make a poll of this onboarding due now; its schedule begins anew."""
        work.onboardings.schedule_poll(onboarding_id, self.clock(), reason, poll_count=0)

    def record_event(
        self,
        work: UnitOfWork,
        onboarding: Onboarding,
        event: str,
        *,
        actor: Actor = Actor.SYSTEM,
        **detail: str | int | None,
    ) -> None:
        """Add an event to the onboarding's timeline. `detail`: ids and words, no personal data."""
        work.timeline.add(
            self.clock(),
            event,
            actor=actor,
            onboarding_id=onboarding.id,
            site=onboarding.site,
            **detail,
        )

    def save_transition(
        self,
        work: UnitOfWork,
        before: Onboarding,
        after: Onboarding,
        event: str,
        *,
        actor: Actor = Actor.SYSTEM,
    ) -> Onboarding:
        """Save `after` in the place of `before`, record the event, and return `after`.

        Announces a change of the status. Raises LostUpdate when `before` is not the stored version.
        """
        work.onboardings.save(after, was=before.version)
        self.record_event(work, after, event, actor=actor, status=str(after.status))
        self.announce_change(work, before, after)
        return after

    def announce_change(self, work: UnitOfWork, before: Onboarding, after: Onboarding) -> None:
        """Write a message for the host site if the status has changed.

        Every transaction that changes a status calls this, after it has saved the row.
        """
        if after.status is not before.status:
            announce(work, after, before.status, self.announce_context(work, after.site))

    def announce_new(self, work: UnitOfWork, new: Onboarding, facts: MessageFacts) -> None:
        """Write a message about an onboarding that this transaction has inserted."""
        announce(work, new, None, self.announce_context(work, new.site), facts)

    def announce_evidence(self, work: UnitOfWork, onboarding: Onboarding) -> None:
        """Write a message that the recording is available, in the transaction that stores it."""
        announce_evidence(work, onboarding, self.announce_context(work, onboarding.site))

    @contextmanager
    def changing_status(self) -> Iterator[UnitOfWork]:
        """Open a transaction that may change a status, and so sign a result.

        Reads the signing key first, once per process, which costs less than within each
        transaction. Raises as `Database.writing`.
        """
        self.make_signing_key()
        with self.database.writing() as work:
            yield work

    def make_signing_key(self) -> None:
        """Read the key that signs results, or make it on a new database. Call it outside a
        transaction. Raises DatabaseUnavailable."""
        _ = self.result_signer

    def announce_context(self, work: UnitOfWork, site: str) -> AnnounceContext:
        """Return what messages to this site need in this transaction."""
        return AnnounceContext(self.clock(), self.has_receiver(site), self._signer_within(work))

    def _signer_within(self, work: UnitOfWork) -> ResultSigner:
        """Return the signer, without a second transaction that would wait for this one."""
        if "result_signer" in self.__dict__:  # the cached property has its value
            return self.result_signer
        keys = generated_result_key.signing_keys_within(work, self.result_keys, self.clock())
        return ResultSigner(self.public_url, keys, self.clock)

    def has_receiver(self, site_id: str) -> bool:
        """Whether the site has a `webhook_url` that messages are sent to."""
        site = self.sites.get(site_id)
        return site is not None and site.webhook_url is not None

    def subject_hash(self, site: str, subject: str) -> str:
        """Return a keyed hash of the host site's user id: stable here, useless elsewhere.

        Call it outside a transaction: the first call on a new database writes the key.
        """
        message = f"{site}\0{subject}".encode()
        return hmac.new(self._subject_key, message, hashlib.sha256).hexdigest()

    def request_hash(self, text: str) -> str:
        """Return a keyed hash of the text of an API request.

        Such texts hold personal data that could be guessed from a plain hash. Call it outside a
        transaction, as `subject_hash`.
        """
        # No site has a space in its name: a user id with the same text has another hash.
        return self.subject_hash("api request", text)

    @cached_property
    def result_signer(self) -> ResultSigner:
        """Signs results with the first of RESULT_KEYS, or with a key of the server's own.

        Use it outside a transaction: the first use on a new database writes the key. Raises
        DatabaseUnavailable.
        """
        keys = generated_result_key.signing_keys(self.database, self.result_keys, self.clock())
        return ResultSigner(self.public_url, keys, self.clock)

    @cached_property
    def gateway_facts(self) -> GatewayFacts:
        """Records what the gateway sends, for the whole process."""
        return GatewayFacts(self.database, self.clock)

    @cached_property
    def _subject_key(self) -> bytes:
        with self.database.reading() as work:
            known = work.generated_keys.get("subject")
        if known is not None:
            return known
        with self.database.writing() as work:
            return work.generated_keys.get_or_make("subject", self.clock())
