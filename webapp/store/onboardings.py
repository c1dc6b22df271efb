"""Onboardings: rows in, `domain.Onboarding` out.

Statements stand here once, with names for what changes: composing one anew for each call
costs more than running it.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import chain, zip_longest
from typing import Any

from sqlalchemy import Connection, and_, bindparam, case, func, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from webapp.domain.onboarding import Consent, Onboarding, Status
from webapp.domain.reasons import Reason, ReasonCode
from webapp.store.batches import batched
from webapp.store.column_types import Cipher
from webapp.store.errors import LostUpdate
from webapp.store.prepared import Prepared
from webapp.store.schema import IS_ACTIVE, IS_AWAITED, consents, onboardings

_SEALED = ("hosted_url", "onboarding_token", "decided_by", "rejection_reason")
_FIELDS = tuple(field.name for field in fields(Onboarding))
#: Set once: what is not written again needs no index brought up to date.
_FIXED = ("id", "person_id", "site", "flow", "created_at")
#: More of one person's onboardings than this are not shown.
MAX_PER_PERSON = 50

_columns = onboardings.c
_this = _columns.id == bindparam("this")
_same_flow = and_(
    _columns.person_id == bindparam("person"), _columns.flow == bindparam("same_flow")
)
_verified = _columns.status == str(Status.VERIFIED)
_newest_first = _columns.created_at.desc()

_STANDING = select(
    *(literal(None).label(name) if name in _SEALED else _columns[name] for name in _FIELDS)
).where(_columns.id.in_(bindparam("these", expanding=True)))
_LISTED = select(
    _columns.id, _columns.site, _columns.flow, _columns.status, _columns.updated_at
).order_by(_newest_first)
_GET = Prepared(select(onboardings).where(_this))
_GET_FOR_UPDATE = Prepared(select(onboardings).where(_this).with_for_update())
_ADD = Prepared(insert(onboardings))
_SAVE = Prepared(update(onboardings).where(_this, _columns.version == bindparam("was")))
_PLAN = update(onboardings).where(_this)
_ACTIVE = Prepared(select(onboardings).where(_same_flow, IS_ACTIVE))
_LATEST = Prepared(
    select(onboardings)
    .where(_same_flow)
    .order_by(case((IS_ACTIVE, 0), (_verified, 1), else_=2), _newest_first)
    .limit(1)
)
_VERIFIED = Prepared(
    select(onboardings).where(_same_flow, _verified).order_by(_newest_first).limit(1)
)
_OF_PERSON = (
    select(onboardings)
    .where(_columns.person_id == bindparam("person"))
    .order_by(_newest_first)
    .limit(MAX_PER_PERSON)
)
_OPENED_SINCE = select(func.count()).where(
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
_CONSENT = select(consents).where(
    consents.c.onboarding_id == bindparam("this"), consents.c.version == bindparam("shown")
)
# Of several at once the first is kept, and knows it.
_AGREE = {
    dialect.dialect.name: Prepared(
        dialect.insert(consents)
        .on_conflict_do_nothing(index_elements=["onboarding_id", "version"])
        .returning(consents.c.id)
    )
    for dialect in (sqlite, postgresql)
}


@dataclass(frozen=True)
class OnboardingSummary:
    """An onboarding for operators; `status` is the stored word, which a newer version may have
    written."""

    id: str
    site: str
    flow: str
    status: str
    updated_at: datetime


class Onboardings:
    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def add(self, onboarding: Onboarding) -> None:
        """Raises AlreadyExists (at the end of the work) when the person has an active one."""
        _ADD.change(self._connection, self._values(onboarding))

    def save(self, onboarding: Onboarding, *, was: int) -> None:
        """Write it if version `was` is still the stored one; raises LostUpdate otherwise."""
        values = {**self._values(onboarding), "this": onboarding.id, "was": was}
        for name in _FIXED:
            del values[name]
        if _SAVE.change(self._connection, values) != 1:
            raise LostUpdate(onboarding.id)

    def plan(
        self, onboarding_id: str, next_poll_at: datetime | None, cause: str, poll_count: int
    ) -> None:
        """Set the clock of the next read; no version change, for nobody sees it."""
        values = {
            "this": onboarding_id,
            "next_poll_at": next_poll_at,
            "poll_reason": cause,
            "poll_count": poll_count,
        }
        self._connection.execute(_PLAN, values)

    def put_off(self, onboarding_id: str, planned: datetime, until: datetime | None) -> bool:
        """Plan a read for `until` (None: for never) that was due at `planned` or before; whether
        it was still so. Who has planned one for later is not overruled.

        Opens no sealed column, so a row that none of DATA_KEYS opens can be put off too.
        """
        values = {"this": onboarding_id, "planned": planned, "until": until}
        return self._connection.execute(_PUT_OFF, values).rowcount == 1

    def site_of(self, onboarding_id: str, *, for_update: bool = False) -> str | None:
        """The site alone, without opening anything."""
        site = select(_columns.site).where(_columns.id == onboarding_id)
        return self._connection.scalar(site.with_for_update() if for_update else site)

    def get(self, onboarding_id: str, *, for_update: bool = False) -> Onboarding | None:
        return self._one(_GET_FOR_UPDATE if for_update else _GET, this=onboarding_id)

    def standing(self, onboarding_ids: Collection[str]) -> dict[str, Onboarding]:
        """Where these stand, by id; those that are gone are left out. Opens no sealed column.

        One that cannot be read, such as a status of a newer version, counts as gone: it must
        not stand in the way of the others.
        """
        found = {}
        for some in batched(onboarding_ids):
            for row in self._connection.execute(_STANDING, {"these": some}):
                with suppress(ValueError, KeyError):
                    found[row.id] = self._onboarding(row)
        return found

    def of_person(self, person_id: str) -> list[Onboarding]:
        """The newest ones, newest first."""
        rows = self._connection.execute(_OF_PERSON, {"person": person_id})
        return [self._onboarding(row) for row in rows]

    def active(self, person_id: str, flow: str) -> Onboarding | None:
        return self._one(_ACTIVE, person=person_id, same_flow=flow)

    def latest(self, person_id: str, flow: str) -> Onboarding | None:
        """The active one; else the newest one that ended well; else the newest one."""
        return self._one(_LATEST, person=person_id, same_flow=flow)

    def verified(self, person_id: str, flow: str) -> Onboarding | None:
        """The newest one that ended well."""
        return self._one(_VERIFIED, person=person_id, same_flow=flow)

    def opened_since(self, person_id: str, flow: str, since: datetime) -> int:
        """How many processes have been asked of the gateway for this person."""
        values = {"person": person_id, "same_flow": flow, "since": since}
        return self._connection.scalar(_OPENED_SINCE, values) or 0

    def submitted_count(self, person_id: str, flow: str) -> int:
        """How many processes this person has gone through to the end of the capture."""
        values = {"person": person_id, "same_flow": flow}
        return self._connection.scalar(_SUBMITTED, values) or 0

    def due(self, now: datetime, limit: int) -> list[tuple[str, datetime]]:
        """Onboardings whose next read is due: id and planned time.

        In turn one that somebody is waiting for, who came last first, and one of all, the longest
        due first: so nobody who is here now waits for a backlog, and nothing waits for ever.
        Who has rows in hand already asks for as many more, so that those never hide the rest.
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
        """Newest first. Opens no sealed column, so that no row stands in the way of others."""
        query = _LISTED.limit(limit)
        if site:
            query = query.where(_columns.site == site)
        if status:
            query = query.where(_columns.status == status)
        return [OnboardingSummary(*row) for row in self._connection.execute(query)]

    def unfinished(self, after: str = "", limit: int = 500) -> list[str]:
        """Ids of those that are active, in their order, beginning `after` one."""
        return list(self._connection.scalars(_UNFINISHED, {"after": after, "most": limit}))

    def agree(self, onboarding_id: str, consent: Consent) -> bool:
        """Keep the first consent to this version; whether this was it, of several at once too."""
        values = {
            "onboarding_id": onboarding_id,
            "version": consent.version,
            "locale": consent.locale,
            "agreed_at": consent.agreed_at,
        }
        return _AGREE[self._connection.dialect.name].row(self._connection, values) is not None

    def consent(self, onboarding_id: str, version: str) -> Consent | None:
        """What was agreed to, in which language and when."""
        values = {"this": onboarding_id, "shown": version}
        row = self._connection.execute(_CONSENT, values).one_or_none()
        return Consent(row.version, row.locale, row.agreed_at) if row else None

    def agreed(self, onboarding_id: str, version: str) -> bool:
        return self.consent(onboarding_id, version) is not None

    def _one(self, query: Prepared, **values: object) -> Onboarding | None:
        row = query.row(self._connection, values)
        return self._onboarding(row) if row else None

    def _values(self, onboarding: Onboarding) -> dict[str, Any]:
        values: dict[str, Any] = {name: getattr(onboarding, name) for name in _FIELDS}
        values["status"] = str(onboarding.status)
        values["reasons"] = [
            {"code": str(r.code), "retry_allowed": r.retry_allowed} for r in onboarding.reasons
        ]
        for name in _SEALED:
            values[name] = self._cipher.seal(values[name]) if values[name] else None
        return values

    def _onboarding(self, row: Any) -> Onboarding:
        values = {name: getattr(row, name) for name in _FIELDS}
        values["status"] = Status(row.status)
        values["reasons"] = tuple(
            Reason(ReasonCode(r["code"]), r["retry_allowed"]) for r in row.reasons
        )
        for name in _SEALED:
            values[name] = self._cipher.open(values[name]) if values[name] else None
        return Onboarding(**values)
