"""Read the signed results that messages have announced: what the API shows stays the same text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from webapp.domain.onboarding import Onboarding
from webapp.store.unit_of_work import UnitOfWork


def announced_results(work: UnitOfWork, rows: Sequence[Onboarding]) -> Mapping[str, str]:
    """Return by onboarding id the signed result of the message about its last change of status.

    None for an onboarding whose message states another status than its row.
    """
    bodies = work.messages.status_bodies([row.id for row in rows])
    found = {}
    for row in rows:
        data = json.loads(bodies[row.id])["data"] if row.id in bodies else {}
        if data.get("status") == row.status:
            found[row.id] = data["result"]
    return found
