"""adopt: take over a process that another system has created at the gateway.

The process is read before anything is stored. The onboarding gets the status that the gateway
reports; the address of its hosted page is not known, because no call returns it again.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from webapp.basics.text import clean_text
from webapp.config.sites import Flow, Site
from webapp.domain import transitions
from webapp.domain.actors import Actor
from webapp.domain.onboarding import ACTIVE, Mode, Onboarding, Person, Status
from webapp.domain.schedule import PollReason, next_poll
from webapp.domain.transitions import PollPlan
from webapp.gateway.client import Gateway
from webapp.gateway.models import ProcessData
from webapp.gateway.process_ids import canonical_id
from webapp.journey import gateway_answer
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.process_reader import ProcessReader
from webapp.store.errors import AlreadyExists
from webapp.store.message_facts import MessageFacts
from webapp.store.unit_of_work import UnitOfWork

_NOT_SHOWN = (
    "the gateway does not show this process: check scanId, and that MOBBSCAN_API_KEY belongs to "
    "the account that created it; if its user has not begun yet, run the file again later"
)


@dataclass(frozen=True)
class AdoptRequest:
    """A process of another system. `flow` None: the site's default; `scan_id`: a UUID."""

    site: str
    flow: str | None
    subject: str = field(repr=False)
    scan_id: str


class NotAdopted(Exception):
    """The process is not taken over. The text says why and how to fix it; no personal data."""


@dataclass(frozen=True)
class _Target:
    site: Site
    flow: Flow
    subject: str = field(repr=False)
    subject_hash: str
    scan_id: str


@dataclass(frozen=True)
class FoundProcess:
    """What `look_up` found. `known`: the onboarding that is here already, if any.

    Otherwise `onboarding` is what would be stored; `person_id` of it is set when it is.
    """

    target: _Target
    known: Onboarding | None
    onboarding: Onboarding
    answer: ProcessData | None = None


class Adopt:
    """`look_up` reads, `store` writes; both may be repeated."""

    def __init__(self, deps: JourneyDependencies, gateway: Gateway) -> None:
        self._deps = deps
        self._reader = ProcessReader(deps, gateway)

    def look_up(self, request: AdoptRequest) -> FoundProcess:
        """Check the request, and read the process unless its onboarding is here already.

        Threads may call it at the same time. Raises NotAdopted, GatewayUnavailable or
        GatewayForbidden.
        """
        target = self._target(request)
        with self._deps.database.reading() as work:
            person = work.people.find(target.site.id, target.subject_hash)
            known = _known(work, target, person)
            if known is not None:
                return FoundProcess(target, known, known)
            attempt = 1
            if person is not None:
                attempt += work.onboardings.count_submitted(person.id, target.flow.name)
        candidate = self._candidate(target, attempt)
        answer = self._reader.read(candidate)
        if answer is None:
            raise NotAdopted(_NOT_SHOWN)
        onboarding = self._with_answer(candidate, target.flow, answer)
        with self._deps.database.reading() as work:
            _refuse_second_active(work, target, person, onboarding.status)
        return FoundProcess(target, None, onboarding, answer)

    def store(self, found: FoundProcess, *, announces: bool = True) -> Onboarding:
        """Store the onboarding, and return it; the known one if it is here already.

        `announces`: also write a message for the host site. Raises NotAdopted when the user has
        another active onboarding of the flow, and NotWritable.
        """
        try:
            return self._store(found, announces=announces)
        except AlreadyExists:  # another caller was faster
            return self._store(found, announces=announces)

    def _store(self, found: FoundProcess, *, announces: bool) -> Onboarding:
        target, site = found.target, found.target.site.id
        now = self._deps.clock()
        with self._deps.changing_status() as work:
            known = work.onboardings.get(target.scan_id)
            if known is not None:
                person = work.people.find(site, target.subject_hash)
                return _known(work, target, person) or known
            person = work.people.admit(
                site, target.subject, target.subject_hash, now, name=None, locale=None
            )
            _refuse_second_active(work, target, person, found.onboarding.status)
            row = replace(found.onboarding, person_id=person.id)
            row = transitions.plan_poll(row, self._poll_plan(work, row, now))
            work.onboardings.add(row)
            work.notice_forwards.cancel(row.id)
            word = gateway_answer.word_of(found.answer)
            self._deps.record_event(
                work, row, "adopted", actor=Actor.OPERATOR, status=str(row.status), word=word
            )
            if announces:
                self._deps.announce_new(work, row, MessageFacts.of_new(target.subject, {}))
        return row

    def _poll_plan(self, work: UnitOfWork, row: Onboarding, now: datetime) -> PollPlan:
        """Plan a poll for final ones too: a notice may have come during the look-up."""
        if work.inbox.unsettled(row.id):
            return PollPlan(now, PollReason.NOTICE)
        at = next_poll(PollReason.QUIET, 0, self._deps.slow, now, row.expires_at)
        return PollPlan(at, PollReason.QUIET)

    def _target(self, request: AdoptRequest) -> _Target:
        site = self._deps.sites.get(request.site)
        if site is None:
            raise NotAdopted("no such site: write the name of a table of sites.toml")
        flow = site.flows.get(request.flow or site.default_flow or "")
        if flow is None:
            names = ", ".join(site.flows)
            raise NotAdopted(f"no such flow: site {site.id} has {names}")
        subject = clean_text(request.subject)
        if subject is None or not subject.strip():
            raise NotAdopted(
                "subject is no user id: write 1 to 255 characters, as hand-offs do, without "
                "control characters"
            )
        try:
            scan_id = canonical_id(request.scan_id)
        except ValueError:
            raise NotAdopted("scanId is no UUID: write it as the create call returned it") from None
        return _Target(site, flow, subject, self._deps.subject_hash(site.id, subject), scan_id)

    def _candidate(self, target: _Target, attempt: int) -> Onboarding:
        now = self._deps.clock()
        return Onboarding(
            id=target.scan_id,
            person_id=str(uuid.uuid4()),
            site=target.site.id,
            flow=target.flow.name,
            status=Status.STARTED,
            attempt=attempt,
            mode=Mode(target.flow.mode),
            locale=target.site.locales[0],
            livemode=self._deps.livemode,
            created_at=now,
            updated_at=now,
            expires_at=now + timedelta(hours=target.flow.expires_after_hours),
            create_calls=1,
            started_at=now,
            adopted=True,
        )

    def _with_answer(self, row: Onboarding, flow: Flow, answer: ProcessData) -> Onboarding:
        now = row.updated_at
        dated = replace(row, created_at=_creation_time(answer, now))
        status = gateway_answer.next_status(dated, answer, now, only_verdict=False)
        return gateway_answer.apply_answer(dated, status, answer, now, flow.reason_map)


def _creation_time(answer: ProcessData, now: datetime) -> datetime:
    """Return the gateway's earliest credible time, so that its time of decision is believed."""
    times = (*answer.creation_times, *answer.verification_times)
    return next((each for each in times if each <= now), now)


def _known(work: UnitOfWork, target: _Target, person: Person | None) -> Onboarding | None:
    """Return the onboarding with this id. Raises NotAdopted if it is another user's, or erased."""
    row = work.onboardings.get(target.scan_id)
    if row is None:
        return None
    if row.status is Status.ERASED:
        raise NotAdopted("this onboarding was erased here: leave the line out")
    is_same = (row.site, row.flow) == (target.site.id, target.flow.name)
    if person is None or row.person_id != person.id or not is_same:
        raise NotAdopted(
            "this scanId is the onboarding of another user, site or flow here: find out which line "
            "is right, and leave the other one out"
        )
    return row


def _refuse_second_active(
    work: UnitOfWork, target: _Target, person: Person | None, status: Status
) -> None:
    active = work.onboardings.active(person.id, target.flow.name) if person else None
    if active is not None and status in ACTIVE:
        raise NotAdopted(
            f"its user has another active onboarding of this flow, {active.id}: of a user's open "
            "processes adopt the one that is to go on, and the others when that one has ended"
        )
