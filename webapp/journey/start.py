"""start: agree, then our row, then one create at the gateway, whatever is clicked how often."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from webapp.domain.errors import Conflict, GatewayAway, NotFound, TooManyAttempts
from webapp.domain.onboarding import AT_US, Consent, Onboarding, Status
from webapp.domain.reasons import ReasonCode, reason
from webapp.domain.schedule import LookCause, next_look
from webapp.gateway.client import Gateway
from webapp.gateway.errors import GatewayError, Refused, Unauthorised, Unavailable
from webapp.gateway.models import Created, CreateRequest
from webapp.journey.ground import Ground
from webapp.journey.progress import Progress
from webapp.journey.references import References
from webapp.journey.translate import gateway_trouble
from webapp.journey.views import Visitor, next_of
from webapp.sites import Flow
from webapp.store.errors import AlreadyThere
from webapp.store.work import Work

#: While one request is at the gateway nobody else calls create for the same row. Longer than
#: a log-in, a create and its one repeat can take together.
CREATE_LEASE = timedelta(seconds=40)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Begin:
    """What the user asked for; `consent` is the version shown on the page they answered."""

    visitor: Visitor
    flow: Flow
    consent: str | None
    locale: str


class Start:
    """Opens at most one process at the gateway per row, and one row per person and flow."""

    def __init__(
        self, ground: Ground, gateway: Gateway, progress: Progress, references: References
    ) -> None:
        self._ground = ground
        self._gateway = gateway
        self._progress = progress
        self._references = references

    def begin(self, visitor: Visitor, flow: str | None, consent: str | None, locale: str) -> str:
        """Start or continue; the id of the onboarding to go to.

        Without the flow's consent the row stays `created` and its page asks for it.
        Raises NotFound (no such flow), TooManyAttempts, Conflict (ended for good),
        GatewayAway or GatewayForbidden (the row is kept: the same click again is safe).
        """
        settings = visitor.site.flows.get(flow or visitor.flow)
        if settings is None:
            raise NotFound("no such flow")
        wish = Begin(visitor, settings, consent, locale)
        current = self._current(wish)
        if current.status in (Status.STARTED, Status.INTERRUPTED):
            current = self._asked_before_reuse(wish, current)
        if current.status is not Status.CREATED or not self._agreed(wish, current):
            return current.id
        return self._open(wish, current, may_replace=True)

    def _current(self, wish: Begin) -> Onboarding:
        """The row to go on with: the active one, a verified one, or a new one."""
        try:
            with self._ground.database.writing() as work:
                person, flow = wish.visitor.person.id, wish.flow.name
                active = work.onboardings.active(person, flow)
                if active is not None:
                    return active
                past = work.onboardings.of_person(person, flow)
                last = past[0] if past else None
                if last is not None and last.status is Status.VERIFIED:
                    return last
                return self._add(work, wish, last)
        except AlreadyThere:  # another click was quicker, and its row is there now
            return self._current(wish)

    def _add(self, work: Work, wish: Begin, last: Onboarding | None) -> Onboarding:
        used = work.onboardings.submitted_count(wish.visitor.person.id, wish.flow.name)
        if last is not None and used >= wish.flow.attempts:
            raise TooManyAttempts(last.status, used)
        if last is not None and next_of(last, wish.flow) == "done":
            raise Conflict(last.status, "it ended for good")
        now = self._ground.clock()
        new = Onboarding(
            id=str(uuid.uuid4()),
            person_id=wish.visitor.person.id,
            site=wish.visitor.site.id,
            flow=wish.flow.name,
            status=Status.CREATED,
            attempt=used + 1,
            mode=wish.flow.mode,
            locale=wish.locale,
            livemode=self._ground.livemode,
            created_at=now,
            updated_at=now,
            expires_at=now + timedelta(hours=wish.flow.expires_after_hours),
            previous_id=last.id if last else None,
        )
        work.onboardings.add(new)
        self._note(work, new, "created", actor="user")
        return new

    def _agreed(self, wish: Begin, onboarding: Onboarding) -> bool:
        version = wish.flow.consent_version
        if version is None:
            return True
        with self._ground.database.writing() as work:
            if work.onboardings.agreed(onboarding.id, version):
                return True
            if wish.consent != version:
                return False
            consent = Consent(version, wish.locale, self._ground.clock())
            work.onboardings.agree(onboarding.id, consent)
            self._note(
                work, onboarding, "consent_given", actor="user", version=version, locale=wish.locale
            )
            return True

    def _asked_before_reuse(self, wish: Begin, onboarding: Onboarding) -> Onboarding:
        """An address is offered again only after the gateway has been asked about it."""
        self._progress.read(onboarding.id)
        with self._ground.database.writing() as work:
            now_known = work.onboardings.get(onboarding.id, for_update=True)
            if now_known is None:
                raise NotFound("no such onboarding")
            if now_known.status is not Status.INTERRUPTED:
                return now_known
            if now_known.interruptions <= 1:
                return self._move(work, now_known, Status.STARTED, "offered_again", reasons=())
        return self._replace(wish, now_known)

    def _open(self, wish: Begin, onboarding: Onboarding, *, may_replace: bool) -> str:
        """Call create for a row that has none yet; two callers never do so at once."""
        claimed = self._claim(onboarding.id)
        if claimed is None:
            return onboarding.id
        try:
            created = self._create(claimed, wish.flow)
        except Refused:
            if claimed.create_calls > 1 and may_replace:
                return self._open(wish, self._replace(wish, claimed), may_replace=False)
            self._end(claimed, ReasonCode.GATEWAY_REFUSED)
            return claimed.id
        except Unauthorised as cause:
            self._release(claimed.id)
            raise GatewayAway from cause
        except Unavailable as cause:
            if cause.maybe_sent and claimed.create_calls == 1 and may_replace:
                # The answer may be lost, and with it the address: ask once more, same id.
                self._release(claimed.id)
                return self._open(wish, claimed, may_replace=may_replace)
            self._release(claimed.id)
            with gateway_trouble():
                raise
        except GatewayError:
            self._release(claimed.id)
            with gateway_trouble():
                raise
        self._keep(claimed.id, created)
        return claimed.id

    def _claim(self, onboarding_id: str) -> Onboarding | None:
        now = self._ground.clock()
        with self._ground.database.writing() as work:
            row = work.onboardings.get(onboarding_id, for_update=True)
            if row is None or row.status is not Status.CREATED or row.hosted_url:
                return None
            if row.create_called_at is not None and now < row.create_called_at + CREATE_LEASE:
                return None
            claimed = row.changed(now, create_calls=row.create_calls + 1, create_called_at=now)
            work.onboardings.save(claimed, was=row.version)
            self._note(work, claimed, "create_called", call=claimed.create_calls)
            return claimed

    def _release(self, onboarding_id: str) -> None:
        """The call came to nothing: the next click may try again at once."""
        with self._ground.database.writing() as work:
            row = work.onboardings.get(onboarding_id, for_update=True)
            if row is not None and row.create_called_at is not None:
                freed = row.changed(self._ground.clock(), create_called_at=None)
                work.onboardings.save(freed, was=row.version)
                self._note(work, freed, "create_unanswered")

    def _create(self, onboarding: Onboarding, flow: Flow) -> Created:
        reference = self._references.sign(onboarding.id)
        with self._ground.database.reading() as work:
            subject = work.people.get(onboarding.person_id).subject
        extra: Mapping[str, str] = {
            **flow.extra_data,
            "site": onboarding.site,
            "subject": self._ground.subject_hash(onboarding.site, subject),
        }
        return self._gateway.create(
            CreateRequest(
                scan_id=onboarding.id,
                redirect_url=self._references.address(reference),
                country_id=flow.country,
                doc_type=flow.document_type,
                doc_specific_type=flow.document_specific_type,
                extra_data=extra,
            )
        )

    def _keep(self, onboarding_id: str, created: Created) -> None:
        """The address is stored even if a notice has already moved the row on."""
        now = self._ground.clock()
        with self._ground.database.writing() as work:
            row = work.onboardings.get(onboarding_id, for_update=True)
            if row is None:
                return
            started = row.changed(
                now,
                status=Status.STARTED if row.status is Status.CREATED else row.status,
                hosted_url=created.url,
                onboarding_token=created.onboarding_token,
                started_at=now,
                create_called_at=None,
            )
            work.onboardings.save(started, was=row.version)
            self._note(work, started, "started")
            if work.inbox.unsettled(row.id):  # a notice was quicker than this answer
                self._ground.wake(work, row.id, LookCause.NOTICE)
            elif row.status is Status.CREATED:
                at = next_look(LookCause.QUIET, 0, self._ground.slow, now, row.expires_at)
                work.onboardings.plan(row.id, at, LookCause.QUIET, 0)

    def _replace(self, wish: Begin, old: Onboarding) -> Onboarding:
        """Retire a row whose address cannot be had any more, and go on under a new id."""
        with self._ground.database.writing() as work:
            row = work.onboardings.get(old.id, for_update=True)
            if row is None or not row.active or row.status in AT_US:
                raise Conflict(old.status)
            retired = self._move(
                work,
                row,
                Status.CANCELED,
                "replaced",
                reasons=(reason(ReasonCode.REPLACED),),
                look_at=None,
            )
            new = self._add(work, wish, retired)
            linked = retired.changed(self._ground.clock(), replaced_by=new.id)
            work.onboardings.save(linked, was=retired.version)
            if wish.flow.consent_version and work.onboardings.agreed(
                old.id, wish.flow.consent_version
            ):
                consent = Consent(wish.flow.consent_version, wish.locale, self._ground.clock())
                work.onboardings.agree(new.id, consent)
        self._delete_upstream(old.id)
        return new

    def _delete_upstream(self, onboarding_id: str) -> None:
        """Best effort: an unreachable process holds nothing of the user, and expires there."""
        try:
            self._gateway.delete(onboarding_id)
        except GatewayError as cause:
            _log.warning(
                "replaced_not_deleted",
                extra={"onboarding": onboarding_id, "error": type(cause).__name__},
            )

    def _end(self, onboarding: Onboarding, code: ReasonCode) -> None:
        with self._ground.database.writing() as work:
            row = work.onboardings.get(onboarding.id, for_update=True)
            if row is not None and row.status is Status.CREATED:
                self._move(
                    work, row, Status.CANCELED, str(code), reasons=(reason(code),), look_at=None
                )

    def _move(
        self, work: Work, row: Onboarding, status: Status, event: str, **fields: object
    ) -> Onboarding:
        moved = row.changed(self._ground.clock(), status=status, **fields)
        work.onboardings.save(moved, was=row.version)
        self._note(work, moved, event, status=str(status))
        return moved

    def _note(
        self, work: Work, row: Onboarding, event: str, actor: str = "system", **detail: object
    ) -> None:
        work.timeline.add(
            self._ground.clock(),
            event,
            actor=actor,
            onboarding_id=row.id,
            site=row.site,
            **detail,
        )
