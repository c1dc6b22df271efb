"""Store who has seen which evidence, as `domain.EvidenceView`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, insert, select, update

from webapp.domain.actors import Actor
from webapp.domain.evidence import ChecksumOutcome, Evidence, EvidenceItem, EvidenceView
from webapp.store.evidence_tables import evidence_views
from webapp.store.repository import SealingRepository

_columns = evidence_views.c
_ADD = insert(evidence_views)
_END = update(evidence_views).where(_columns.id == bindparam("this"))
_OF = (
    select(evidence_views)
    .where(_columns.onboarding_id == bindparam("onboarding"))
    .order_by(_columns.began_at, _columns.id)
)


class EvidenceViews(SealingRepository):
    def add(self, view: EvidenceView) -> None:
        """Insert a view that begins."""
        values = {
            "id": view.id,
            "onboarding_id": view.onboarding_id,
            "actor": str(view.actor),
            "viewer": self._seal(view.viewer),
            "kind": str(view.item.kind),
            "type": self._seal(view.item.type),
            "part": view.part,
            "checksum": str(view.checksum) if view.checksum else None,
            "began_at": view.began_at,
        }
        self._connection.execute(_ADD, {**values, **_end_values(view)})

    def end(self, view: EvidenceView) -> bool:
        """Store how it ended; return whether its beginning is stored."""
        values = {"this": view.id, **_end_values(view)}
        return self._connection.execute(_END, values).rowcount == 1

    def of(self, onboarding_id: str) -> list[EvidenceView]:
        """Return the views of an onboarding's evidence, oldest first."""
        rows = self._connection.execute(_OF, {"onboarding": onboarding_id})
        return [self._view(row) for row in rows]

    def _view(self, row: Any) -> EvidenceView:
        return EvidenceView(
            id=row.id,
            onboarding_id=row.onboarding_id,
            actor=Actor(row.actor),
            viewer=self._open(row.viewer) or "",
            item=EvidenceItem(Evidence(row.kind), self._open(row.type)),
            part=row.part,
            checksum=ChecksumOutcome(row.checksum) if row.checksum else None,
            began_at=row.began_at,
            ended_at=row.ended_at,
            sha256=row.sha256,
            size=row.size,
            is_complete=row.is_complete,
        )


def _end_values(view: EvidenceView) -> dict[str, Any]:
    return {
        "ended_at": view.ended_at,
        "sha256": view.sha256,
        "size": view.size,
        "is_complete": view.is_complete,
    }
