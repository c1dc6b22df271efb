"""Read the onboardings of the calling host site."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from webapp.config.sites import Site
from webapp.domain.errors import NotFound
from webapp.domain.onboarding import Onboarding, Status
from webapp.journey.api_resources import (
    OnboardingResource,
    ResourcePage,
    SubjectResource,
    TimelineEvent,
    require_own,
    resource,
    resources,
)
from webapp.journey.dependencies import JourneyDependencies
from webapp.store.unit_of_work import UnitOfWork

#: What the host site may read of an event's detail; the rest is for operators.
_SHOWN_DETAIL = (
    "status",
    "error",
    "version",
    "locale",
    "kind",
    "outcome",
    "key",
    "type",
    "sha256",
    "size",
    "complete",
    "checksum",
)


class ApiRead:
    """Raises NotFound for an onboarding of another site, existing or not."""

    def __init__(self, deps: JourneyDependencies) -> None:
        self._deps = deps

    def onboarding(self, site: Site, onboarding_id: str) -> OnboardingResource:
        """Return one onboarding."""
        signer = self._deps.result_signer
        with self._deps.database.reading() as work:
            return resource(work, _of_site(work, site, onboarding_id), signer)

    def timeline(self, site: Site, onboarding_id: str) -> list[TimelineEvent]:
        """Return its events, oldest first."""
        with self._deps.database.reading() as work:
            _of_site(work, site, onboarding_id)
            entries = work.timeline.of(onboarding_id)
        return [
            TimelineEvent(entry.at, entry.event, entry.actor, _shown(entry.detail))
            for entry in entries
        ]

    def page(
        self,
        site: Site,
        *,
        after: int | datetime | None,
        limit: int,
        subject: str | None = None,
        status: Status | None = None,
    ) -> ResourcePage:
        """Return onboardings in the order of their last change.

        `after` is the position of an earlier page, or a time (aware) whose later changes are all
        listed, perhaps with some earlier ones.
        """
        subject_hash = self._deps.subject_hash(site.id, subject) if subject is not None else None
        signer = self._deps.result_signer
        with self._deps.database.reading() as work:
            person_id = None
            if subject_hash is not None:
                person = work.people.find(site.id, subject_hash)
                if person is None:
                    return ResourcePage((), None)
                person_id = person.id
            listing = work.changed_onboardings
            if isinstance(after, datetime):
                after = listing.position_before(site.id, after)
            found = listing.page(
                site.id, after=after or 0, limit=limit, person_id=person_id, status=status
            )
            rows = work.onboardings.statuses_of([each.id for each in found])
            known = [rows[each.id] for each in found if each.id in rows]
            return ResourcePage(resources(work, known, signer), found[-1].number if found else None)

    def subject(self, site: Site, subject: str, flow: str | None = None) -> SubjectResource:
        """Return where a user stands: verified once, else the active or newest onboarding.

        `flow` counts onboardings of this flow only. Raises NotFound for a user without one.
        """
        subject_hash = self._deps.subject_hash(site.id, subject)
        with self._deps.database.reading() as work:
            person = work.people.find(site.id, subject_hash)
            rows = work.onboardings.of_person(person.id) if person else []
        rows = [row for row in rows if flow in (None, row.flow)]
        if not rows:
            raise NotFound("no such subject")
        row = max(rows, key=lambda row: (row.status is Status.VERIFIED, row.active, row.created_at))
        verified_at = row.decided_at if row.status is Status.VERIFIED else None
        return SubjectResource(subject, row.status, row.id, verified_at)


def _of_site(work: UnitOfWork, site: Site, onboarding_id: str) -> Onboarding:
    return require_own(work.onboardings.statuses_of([onboarding_id]).get(onboarding_id), site.id)


def _shown(detail: Mapping[str, object]) -> dict[str, object]:
    return {name: detail[name] for name in _SHOWN_DETAIL if detail.get(name) is not None}
