"""Record who is sent which evidence: a row before the first byte, completed after the last one."""

from __future__ import annotations

import logging
import re
import uuid
from dataclasses import replace
from datetime import timedelta

from webapp.domain.actors import Actor
from webapp.domain.errors import NotFound
from webapp.domain.evidence import ChecksumOutcome, EvidenceItem, EvidenceView
from webapp.domain.onboarding import Onboarding
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.evidence_source import EVIDENCE_FORBIDDEN
from webapp.store.errors import StoreError
from webapp.store.unit_of_work import UnitOfWork

#: The alarm of a report that is not the one of its checksum; its detail is the onboarding's id.
CHECKSUM_DIFFERS = "pdf_checksum_differs"
#: How long it stays after the last difference, unless the same report matches.
_ALARM_LIFE = timedelta(hours=24)
#: Other types stay off the timeline: the gateway may name them by anything.
_PLAIN_TYPE = re.compile(r"[a-z][a-z_]{0,39}")
_log = logging.getLogger(__name__)


class EvidenceLog:
    """`account`: see `ReportChecksum`."""

    def __init__(self, deps: JourneyDependencies, account: str) -> None:
        self._deps = deps
        self._account = account

    def begin(
        self,
        row: Onboarding,
        item: EvidenceItem,
        viewer: str,
        *,
        part: str | None = None,
        checksum: ChecksumOutcome | None = None,
        algorithm: str | None = None,
    ) -> EvidenceView:
        """Store the view, and for a report how it compares. A mismatch ends the view, unsent.

        Raises NotFound for an onboarding that was erased meanwhile, NotWritable.
        """
        now = self._deps.clock()
        refused = checksum is ChecksumOutcome.MISMATCH
        view = EvidenceView(
            id=str(uuid.uuid4()),
            onboarding_id=row.id,
            actor=Actor.HOST,
            viewer=viewer,
            item=item,
            part=part,
            checksum=checksum,
            began_at=now,
            ended_at=now if refused else None,
        )
        with self._deps.database.writing() as work:
            if self._deps.lock_unless_erased(work, row.id) is None:
                raise NotFound("no such onboarding")
            work.evidence_views.add(view)
            self._record_checksum(work, row, checksum, algorithm)
            work.alarms.clear(EVIDENCE_FORBIDDEN)
        return view

    def end(self, row: Onboarding, view: EvidenceView) -> None:
        """Store how it ended, and an event; of a file that was erased meanwhile only the time.

        What cannot be stored is logged: the file is sent.
        """
        try:
            with self._deps.database.writing() as work:
                if self._deps.lock_unless_erased(work, row.id) is None:
                    work.evidence_views.end(replace(view, sha256=None, size=0))
                    return
                if work.evidence_views.end(view):
                    self._record_view(work, row, view)
        except StoreError as cause:
            extra = {"onboarding": row.id, "error": type(cause).__name__}
            _log.error("evidence_view_not_completed", extra=extra)

    def ended(
        self, view: EvidenceView, *, sha256: str, size: int, is_complete: bool
    ) -> EvidenceView:
        """Return the view as it has ended now."""
        now = self._deps.clock()
        return replace(view, ended_at=now, sha256=sha256, size=size, is_complete=is_complete)

    def _record_view(self, work: UnitOfWork, row: Onboarding, view: EvidenceView) -> None:
        type_ = view.item.type
        self._deps.record_event(
            work,
            row,
            "evidence_viewed",
            actor=view.actor,
            kind=str(view.item.kind),
            type=type_ if type_ is None or _PLAIN_TYPE.fullmatch(type_) else "other",
            sha256=view.sha256,
            size=view.size,
            complete=view.is_complete,
            checksum=str(view.checksum) if view.checksum else None,
        )

    def _record_checksum(
        self,
        work: UnitOfWork,
        row: Onboarding,
        outcome: ChecksumOutcome | None,
        algorithm: str | None,
    ) -> None:
        now = self._deps.clock()
        if outcome is ChecksumOutcome.MISMATCH:
            _log.error(CHECKSUM_DIFFERS, extra={"onboarding": row.id, "algorithm": algorithm})
            work.alarms.raise_alarm(CHECKSUM_DIFFERS, now, row.id)
            self._deps.record_event(
                work, row, CHECKSUM_DIFFERS, actor=Actor.GATEWAY, algorithm=algorithm
            )
        if outcome is ChecksumOutcome.MATCH and algorithm is not None:
            work.checksum_matches.add(self._account, algorithm, now)
            before = now - _ALARM_LIFE
            work.alarms.clear(CHECKSUM_DIFFERS, last_raised_before=before, about=row.id)
