"""Onboardings: rows in, `domain.Onboarding` out."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Row

from webapp.domain.onboarding import ACTIVE, Consent, Onboarding, Status
from webapp.domain.reasons import Reason, ReasonCode
from webapp.store.errors import LostUpdate
from webapp.store.schema import consents, onboardings
from webapp.store.types import Cipher

_SEALED = ("hosted_url", "onboarding_token", "decided_by", "rejection_reason")
_FIELDS = tuple(field.name for field in fields(Onboarding))


class Onboardings:
    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def add(self, onboarding: Onboarding) -> None:
        """Raises AlreadyThere (at the end of the work) when the person has an active one."""
        self._connection.execute(insert(onboardings).values(**self._values(onboarding)))

    def save(self, onboarding: Onboarding, *, was: int) -> None:
        """Write it if version `was` is still the stored one; raises LostUpdate otherwise."""
        done = self._connection.execute(
            update(onboardings)
            .where(onboardings.c.id == onboarding.id, onboardings.c.version == was)
            .values(**self._values(onboarding))
        )
        if done.rowcount != 1:
            raise LostUpdate(onboarding.id)

    def plan(self, onboarding_id: str, look_at: datetime | None, cause: str, looks: int) -> None:
        """Set the clock of the next read; no version change, for nobody sees it."""
        self._connection.execute(
            update(onboardings)
            .where(onboardings.c.id == onboarding_id)
            .values(look_at=look_at, look_cause=cause, looks=looks)
        )

    def put_off(self, onboarding_id: str, now: datetime, until: datetime) -> bool:
        """Plan a due read for `until`; whether it was still due.

        Opens no sealed column, so a row that none of DATA_KEYS opens can be put off too.
        """
        done = self._connection.execute(
            update(onboardings)
            .where(onboardings.c.id == onboarding_id, onboardings.c.look_at <= now)
            .values(look_at=until, looks=onboardings.c.looks + 1)
        )
        return done.rowcount == 1

    def site_of(self, onboarding_id: str) -> str | None:
        """The site alone, without opening anything."""
        return self._connection.scalar(
            select(onboardings.c.site).where(onboardings.c.id == onboarding_id)
        )

    def get(self, onboarding_id: str, *, for_update: bool = False) -> Onboarding | None:
        query = select(onboardings).where(onboardings.c.id == onboarding_id)
        row = self._connection.execute(
            query.with_for_update() if for_update else query
        ).one_or_none()
        return self._onboarding(row) if row else None

    def of_person(self, person_id: str, flow: str | None = None) -> list[Onboarding]:
        """Newest first."""
        query = select(onboardings).where(onboardings.c.person_id == person_id)
        if flow is not None:
            query = query.where(onboardings.c.flow == flow)
        rows = self._connection.execute(query.order_by(onboardings.c.created_at.desc()).limit(50))
        return [self._onboarding(row) for row in rows]

    def active(self, person_id: str, flow: str) -> Onboarding | None:
        row = self._connection.execute(
            select(onboardings).where(
                onboardings.c.person_id == person_id,
                onboardings.c.flow == flow,
                onboardings.c.status.in_(sorted(ACTIVE)),
            )
        ).one_or_none()
        return self._onboarding(row) if row else None

    def verified(self, person_id: str, flow: str) -> Onboarding | None:
        """The newest one that ended well."""
        row = self._connection.execute(
            select(onboardings)
            .where(
                onboardings.c.person_id == person_id,
                onboardings.c.flow == flow,
                onboardings.c.status == str(Status.VERIFIED),
            )
            .order_by(onboardings.c.created_at.desc())
            .limit(1)
        ).one_or_none()
        return self._onboarding(row) if row else None

    def opened_since(self, person_id: str, flow: str, since: datetime) -> int:
        """How many processes have been asked of the gateway for this person."""
        return (
            self._connection.scalar(
                select(func.count())
                .select_from(onboardings)
                .where(
                    onboardings.c.person_id == person_id,
                    onboardings.c.flow == flow,
                    onboardings.c.create_calls > 0,
                    onboardings.c.created_at > since,
                )
            )
            or 0
        )

    def submitted_count(self, person_id: str, flow: str) -> int:
        """How many processes this person has gone through to the end of the capture."""
        return (
            self._connection.scalar(
                select(func.count())
                .select_from(onboardings)
                .where(
                    onboardings.c.person_id == person_id,
                    onboardings.c.flow == flow,
                    onboardings.c.submitted_at.is_not(None),
                )
            )
            or 0
        )

    def due(self, now: datetime, limit: int) -> list[tuple[str, datetime]]:
        """Onboardings whose next read is due, the longest waiting first: id and planned time.

        Who has rows in hand already asks for as many more, so that those never hide the rest.
        """
        rows = self._connection.execute(
            select(onboardings.c.id, onboardings.c.look_at)
            .where(onboardings.c.look_at <= now)
            .order_by(onboardings.c.look_at, onboardings.c.id)
            .limit(limit)
        )
        return [(row.id, row.look_at) for row in rows]

    def listed(self, *, site: str | None, status: str | None, limit: int) -> list[Onboarding]:
        """Newest first, for operators."""
        query = select(onboardings).order_by(onboardings.c.created_at.desc()).limit(limit)
        if site:
            query = query.where(onboardings.c.site == site)
        if status:
            query = query.where(onboardings.c.status == status)
        return [self._onboarding(row) for row in self._connection.execute(query)]

    def unfinished(self) -> list[str]:
        """Ids of all that are active, oldest first."""
        return list(
            self._connection.scalars(
                select(onboardings.c.id)
                .where(onboardings.c.status.in_(sorted(ACTIVE)))
                .order_by(onboardings.c.created_at)
            )
        )

    def agree(self, onboarding_id: str, consent: Consent) -> bool:
        """Keep the first consent to this version; whether this was it, of several at once too."""
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        kept = self._connection.scalar(
            dialect.insert(consents)
            .values(
                onboarding_id=onboarding_id,
                version=consent.version,
                locale=consent.locale,
                agreed_at=consent.agreed_at,
            )
            .on_conflict_do_nothing(index_elements=["onboarding_id", "version"])
            .returning(consents.c.id)
        )
        return kept is not None

    def consent(self, onboarding_id: str, version: str) -> Consent | None:
        """What was agreed to, in which language and when."""
        row = self._connection.execute(
            select(consents).where(
                consents.c.onboarding_id == onboarding_id, consents.c.version == version
            )
        ).one_or_none()
        return Consent(row.version, row.locale, row.agreed_at) if row else None

    def agreed(self, onboarding_id: str, version: str) -> bool:
        found = self._connection.scalar(
            select(consents.c.id).where(
                consents.c.onboarding_id == onboarding_id, consents.c.version == version
            )
        )
        return found is not None

    def _values(self, onboarding: Onboarding) -> dict[str, Any]:
        values: dict[str, Any] = {name: getattr(onboarding, name) for name in _FIELDS}
        values["status"] = str(onboarding.status)
        values["reasons"] = [
            {"code": str(r.code), "retry_allowed": r.retry_allowed} for r in onboarding.reasons
        ]
        for name in _SEALED:
            values[name] = self._cipher.seal(values[name]) if values[name] else None
        return values

    def _onboarding(self, row: Row[Any]) -> Onboarding:
        values = {name: getattr(row, name) for name in _FIELDS}
        values["status"] = Status(row.status)
        values["reasons"] = tuple(
            Reason(ReasonCode(r["code"]), r["retry_allowed"]) for r in row.reasons
        )
        for name in _SEALED:
            values[name] = self._cipher.open(values[name]) if values[name] else None
        return Onboarding(**values)
