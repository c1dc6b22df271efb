"""Requests erasures, carries them out, and describes their outcome."""

import json
from typing import Any

from tests.unit.journey.harness import SHOP, JourneyHarness
from webapp.domain.actors import Actor
from webapp.domain.erasures import Erasure
from webapp.journey.erase import Erase


def requested(erase: Erase, onboarding_id: str) -> Erasure:
    return erase.onboarding(onboarding_id, actor=Actor.HOST, site=SHOP)


def carried_out(harness: JourneyHarness, erase: Erase, onboarding_id: str) -> Erasure:
    """Request the erasure and make the polls that are due."""
    erasure = requested(erase, onboarding_id)
    harness.run_due()
    return erase.get(erasure.id)


def outcome(erasure: Erasure) -> tuple[str, str | None]:
    return str(erasure.state), str(erasure.problem) if erasure.problem else None


def statuses(erasure: Erasure) -> list[int | None]:
    evidence = erasure.evidence
    assert evidence is not None
    answers = (evidence.read_before, evidence.delete, evidence.read_after, evidence.other_process)
    return [each.http_status if each else None for each in answers]


def messages(harness: JourneyHarness, onboarding_id: str) -> list[dict[str, Any]]:
    with harness.database.reading() as work:
        return [json.loads(each.body) for each in work.messages.of(onboarding_id)]
