"""Store and find onboardings, as `domain.Onboarding`.

Statements with bind parameters are module constants: composing one costs more than running it.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import chain, zip_longest
from typing import Any

from sqlalchemy import (
    Select,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from webapp.domain.decisions import UNDECIDED
from webapp.domain.onboarding import FINAL, Consent, Mode, Onboarding, Status
from webapp.domain.reasons import Reason, ReasonCode
from webapp.domain.schedule import PollReason
from webapp.store.errors import LostUpdate
from webapp.store.repository import SealingRepository
from webapp.store.schema import IS_ACTIVE, IS_AWAITED, consents, onboardings
from webapp.store.sql import batched, insert_if_absent

_SEALED = ("hosted_url", "onboarding_token", "decided_by", "rejection_reason")
_FIELDS = tuple(field.name for field in fields(Onboarding))
#: Never updated: columns that an UPDATE leaves out cost no index maintenance.
_FIXED = ("id", "person_id", "site", "flow", "created_at")
#: The most onboardings of one person that are listed.
MAX_PER_PERSON = 50

_columns = onboardings.c
_this = _columns.id == bindparam("this")
_same_flow = and_(
    _columns.person_id == bindparam("person"), _columns.flow == bindparam("same_flow")
)
_verified = _columns.status == str(Status.VERIFIED)
_newest_first = _columns.created_at.desc()

_STATUSES = select(
    *(literal(None).label(name) if name in _SEALED else _columns[name] for name in _FIELDS)
).where(_columns.id.in_(bindparam("these", expanding=True)))
_LISTED = select(
    _columns.id, _columns.site, _columns.flow, _columns.status, _columns.updated_at
).order_by(_newest_first)
_GET = select(onboardings).where(_this)
_GET_FOR_UPDATE = _GET.with_for_update()
_ADD = insert(onboardings)
_SAVE = update(onboardings).where(_this, _columns.version == bindparam("was"))
_PLAN = update(onboardings).where(_this)
_ACTIVE = select(onboardings).where(_same_flow, IS_ACTIVE)
_LATEST = (
    select(onboardings)
    .where(_same_flow)
    .order_by(case((IS_ACTIVE, 0), (_verified, 1), else_=2), _newest_first)
    .limit(1)
)
_VERIFIED = select(onboardings).where(_same_flow, _verified).order_by(_newest_first).limit(1)
_OF_PERSON = (
    select(onboardings)
    .where(_columns.person_id == bindparam("person"))
    .order_by(_newest_first)
    .limit(MAX_PER_PERSON)
)
_CREATED_SINCE = select(func.count()).where(
    _same_flow, _columns.create_calls > 0, _columns.created_at > bindparam("since")
)
_SUBMITTED = select(func.count()).where(_same_flow, _columns.submitted_at.is_not(None))
_DUE = (
    select(_columns.id, _columns.next_poll_at)
    .where(_columns.next_poll_at <= bindparam("now"))
    .limit(bindparam("most"))
)
_LONGEST_DUE = _DUE.order_by(_columns.next_poll_at, _columns.id)
_AWAITED = _DUE.where(IS_AWAITED).order_by(_columns.next_poll_at.desc(), _columns.id.desc())
_UNFINISHED = (
    select(_columns.id)
    .where(IS_ACTIVE, _columns.id > bindparam("after"))
    .order_by(_columns.id)
    .limit(bindparam("most"))
)
_PUT_OFF = (
    update(onboardings)
    .where(_this, _columns.next_poll_at <= bindparam("planned"))
    .values(next_poll_at=bindparam("until"))
)
_BRING_FORWARD = (
    update(onboardings)
    .where(_this, or_(_columns.next_poll_at.is_(None), _columns.next_poll_at > bindparam("latest")))
    .values(next_poll_at=bindparam("latest"))
)
_CONSENT = select(consents).where(
    consents.c.onboarding_id == bindparam("this"), consents.c.version == bindparam("shown")
)


@dataclass(frozen=True)
class OnboardingSummary:
    """An onboarding as operators see it; `status` may be one that only a newer version knows."""

    id: str
    site: str
    flow: str
    status: str
    updated_at: datetime


class Onboardings(SealingRepository):
    def add(self, onboarding: Onboarding) -> None:
        """Insert. Raises AlreadyExists, on leaving `writing`, if the person has an active one."""
        self._connection.execute(_ADD, self._values(onboarding))

    def save(self, onboarding: Onboarding, *, was: int) -> None:
        """Update the row. Raises LostUpdate unless the stored version is still `was`."""
        values = {**self._values(onboarding), "this": onboarding.id, "was": was}
        for name in _FIXED:
            del values[name]
        values["change_number"] = None  # numbered anew after the commit
        if self._connection.execute(_SAVE, values).rowcount != 1:
            raise LostUpdate(onboarding.id)

    def ids_of_person(self, person_id: str) -> list[str]:
        """Return the ids of all onboardings of a person, in ascending order."""
        query = select(_columns.id).where(_columns.person_id == person_id).order_by(_columns.id)
        return list(self._connection.scalars(query))

    def newest_shown_by_gateway(self, limit: int) -> list[str]:
        """Return the newest onboardings that the gateway waits to decide or has decided."""
        query = (
            select(_columns.id)
            .where(_columns.status.in_(sorted(FINAL | UNDECIDED)))
            .order_by(_newest_first)
            .limit(limit)
        )
        return list(self._connection.scalars(query))

    def schedule_poll(
        self,
        onboarding_id: str,
        next_poll_at: datetime | None,
        reason: PollReason,
        poll_count: int,
    ) -> None:
        """Set the next poll; keeps the version, since users see no difference."""
        values = {
            "this": onboarding_id,
            "next_poll_at": next_poll_at,
            "poll_reason": reason,
            "poll_count": poll_count,
        }
        self._connection.execute(_PLAN, values)

    def postpone_poll(self, onboarding_id: str, planned: datetime, until: datetime | None) -> bool:
        """Postpone a poll that was due at `planned` or earlier to `until` (None: no poll).

        Returns False, and changes nothing, when it was scheduled for later meanwhile. Decrypts
        nothing, so polls of rows that no key of DATA_KEYS opens can be postponed too.
        """
        values = {"this": onboarding_id, "planned": planned, "until": until}
        return self._connection.execute(_PUT_OFF, values).rowcount == 1

    def poll_by(self, onboarding_id: str, latest: datetime) -> None:
        """Bring the next poll forward to `latest` unless it comes before."""
        self._connection.execute(_BRING_FORWARD, {"this": onboarding_id, "latest": latest})

    def site_of(self, onboarding_id: str, *, for_update: bool = False) -> str | None:
        """Return the site of the onboarding without decrypting anything."""
        site = select(_columns.site).where(_columns.id == onboarding_id)
        return self._connection.scalar(site.with_for_update() if for_update else site)

    def get(self, onboarding_id: str, *, for_update: bool = False) -> Onboarding | None:
        return self._one(_GET_FOR_UPDATE if for_update else _GET, this=onboarding_id)

    def statuses_of(self, onboarding_ids: Collection[str]) -> dict[str, Onboarding]:
        """Return these onboardings by id, with their encrypted fields empty.

        Leaves out ids that do not exist and rows that cannot be read, such as those with a status
        of a newer version.
        """
        found = {}
        for batch in batched(onboarding_ids):
            for row in self._connection.execute(_STATUSES, {"these": batch}):
                with suppress(ValueError, KeyError):
                    found[row.id] = self._onboarding(row)
        return found

    def of_person(self, person_id: str) -> list[Onboarding]:
        """Return the newest onboardings of a person, newest first."""
        rows = self._connection.execute(_OF_PERSON, {"person": person_id})
        return [self._onboarding(row) for row in rows]

    def active(self, person_id: str, flow: str) -> Onboarding | None:
        return self._one(_ACTIVE, person=person_id, same_flow=flow)

    def latest(self, person_id: str, flow: str) -> Onboarding | None:
        """Return the active onboarding, else the newest verified one, else the newest one."""
        return self._one(_LATEST, person=person_id, same_flow=flow)

    def verified(self, person_id: str, flow: str) -> Onboarding | None:
        """Return the newest verified onboarding."""
        return self._one(_VERIFIED, person=person_id, same_flow=flow)

    def count_created_since(self, person_id: str, flow: str, since: datetime) -> int:
        """Count the processes that the gateway was asked to create for this person."""
        values = {"person": person_id, "same_flow": flow, "since": since}
        return self._connection.scalar(_CREATED_SINCE, values) or 0

    def count_submitted(self, person_id: str, flow: str) -> int:
        """Count the processes of which this person completed the capture."""
        values = {"person": person_id, "same_flow": flow}
        return self._connection.scalar(_SUBMITTED, values) or 0

    def due(self, now: datetime, limit: int) -> list[tuple[str, datetime]]:
        """Return ids of onboardings whose next poll is due, with the scheduled time.

        Alternates between those for which a user waits, latest first, and all others, longest due
        first: no waiting user waits for a backlog, and no poll waits forever. A caller that has
        polls in flight raises `limit` by their number, because they are among the results.
        """
        values = {"now": now, "most": limit}
        awaited, longest = (
            [(row.id, row.next_poll_at) for row in self._connection.execute(query, values)]
            for query in (_AWAITED, _LONGEST_DUE)
        )
        in_turn = chain.from_iterable(zip_longest(awaited, longest))
        return list(dict.fromkeys(each for each in in_turn if each is not None))[:limit]

    def listed(
        self, *, site: str | None, status: str | None, limit: int
    ) -> list[OnboardingSummary]:
        """Return onboardings, newest first, without decrypting anything."""
        query = _LISTED.limit(limit)
        if site:
            query = query.where(_columns.site == site)
        if status:
            query = query.where(_columns.status == status)
        return [OnboardingSummary(*row) for row in self._connection.execute(query)]

    def unfinished(self, after: str = "", limit: int = 500) -> list[str]:
        """Return ids of active onboardings in ascending order, starting after `after`."""
        return list(self._connection.scalars(_UNFINISHED, {"after": after, "most": limit}))

    def add_consent(self, onboarding_id: str, consent: Consent) -> bool:
        """Store the first consent to this version; return whether this one was the first."""
        return insert_if_absent(
            self._connection,
            consents,
            onboarding_id=onboarding_id,
            version=consent.version,
            locale=consent.locale,
            agreed_at=consent.agreed_at,
        )

    def consent(self, onboarding_id: str, version: str) -> Consent | None:
        """Return the consent to this version, if there is one."""
        values = {"this": onboarding_id, "shown": version}
        row = self._connection.execute(_CONSENT, values).one_or_none()
        return Consent(row.version, row.locale, row.agreed_at) if row else None

    def has_consent(self, onboarding_id: str, version: str) -> bool:
        return self.consent(onboarding_id, version) is not None

    def _one(self, query: Select[Any], **values: object) -> Onboarding | None:
        row = self._connection.execute(query, values).one_or_none()
        return self._onboarding(row) if row else None

    def _values(self, onboarding: Onboarding) -> dict[str, Any]:
        values: dict[str, Any] = {name: getattr(onboarding, name) for name in _FIELDS}
        values["status"] = str(onboarding.status)
        values["reasons"] = [
            {"code": str(r.code), "retry_allowed": r.retry_allowed} for r in onboarding.reasons
        ]
        for name in _SEALED:
            values[name] = self._seal(values[name])
        return values

    def _onboarding(self, row: Any) -> Onboarding:
        values = {name: getattr(row, name) for name in _FIELDS}
        values["status"] = Status(row.status)
        values["mode"] = Mode(row.mode)
        values["poll_reason"] = PollReason(row.poll_reason) if row.poll_reason else None
        values["reasons"] = tuple(
            Reason(ReasonCode(r["code"]), r["retry_allowed"]) for r in row.reasons
        )
        for name in _SEALED:
            values[name] = self._open(values[name])
        return Onboarding(**values)
