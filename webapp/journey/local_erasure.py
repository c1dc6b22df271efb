"""Delete what this server holds about an onboarding, and leave a tombstone."""

from __future__ import annotations

from dataclasses import replace

from webapp.domain import transitions
from webapp.domain.actors import Actor
from webapp.domain.erasures import Erasure
from webapp.domain.onboarding import Onboarding
from webapp.journey.announce import announce, erased_body
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.erasure_receipt import receipt_claims
from webapp.store.message_facts import MessageFacts
from webapp.store.unit_of_work import UnitOfWork


class LocalErasure:
    """Works within the transaction of the caller, which stores the erasure that it returns."""

    def __init__(self, deps: JourneyDependencies) -> None:
        self._deps = deps

    def delete(self, work: UnitOfWork, row: Onboarding, erasure: Erasure) -> Erasure:
        """Make `row`, which is locked, a tombstone, and announce it as the last message.

        Returns the erasure with its time and receipt.
        """
        now, person_id = self._deps.clock(), row.owner_id
        facts = work.message_facts.of(row.id, person_id).without_personal_data()
        tombstone = transitions.erase(row, now)
        work.erased_data.delete(row.id)
        self._empty_messages(work, tombstone)
        work.onboardings.save(tombstone, was=row.version)
        work.erased_data.unlink(row.id, person_id)
        is_person_erased = work.erased_data.delete_person(person_id)
        self._announce(work, tombstone, erasure, facts)
        erased = replace(erasure, erased_at=now, is_person_erased=is_person_erased)
        return self.sign(work, erased)

    def sign(self, work: UnitOfWork, erasure: Erasure) -> Erasure:
        """Return the erasure with a receipt of its present outcome; as it is before `delete`."""
        if erasure.erased_at is None:
            return erasure
        signer = self._deps.announce_context(work, erasure.site).signer
        return replace(erasure, receipt=signer.sign_receipt(erasure.site, receipt_claims(erasure)))

    def _empty_messages(self, work: UnitOfWork, tombstone: Onboarding) -> None:
        context = self._deps.announce_context(work, tombstone.site)
        work.messages.erase(
            {
                each.id: erased_body(tombstone, context, each.sequence or 0, each.created_at)
                for each in work.messages.summaries_of(tombstone.id)
            }
        )

    def _announce(
        self, work: UnitOfWork, tombstone: Onboarding, erasure: Erasure, facts: MessageFacts
    ) -> None:
        announce(work, tombstone, None, self._deps.announce_context(work, tombstone.site), facts)
        actor = Actor(erasure.actor)
        self._deps.record_event(work, tombstone, "erased", actor=actor, erasure=erasure.id)
