"""Evidence and data whose onboarding is erased between the gateway's answer and ours."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask

from tests.unit.web.api.conftest import Api, key_of
from tests.unit.web.api.evidence_onboarding import (
    ADDRESSES,
    ID,
    Evidence,
    add_onboarding,
    api,
    evidence,
    gateway,
    gateway_url,
    get,
    views,
)
from webapp.domain.erasures import Erasure, ErasureState
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.local_erasure import LocalErasure

__all__ = ["api", "evidence", "gateway", "gateway_url"]


@pytest.fixture
def erase(app: Flask) -> Callable[[], None]:
    """Return a function that erases the onboarding here, as a confirmed attempt does."""
    wired = app.extensions["wired"]
    settings, now = wired.settings, datetime.now(UTC)
    deps = JourneyDependencies(
        wired.database,
        wired.clock,
        settings.sites,
        settings.reconcile_after,
        settings.livemode,
        settings.public_url,
    )
    local = LocalErasure(deps)

    def erase() -> None:
        with deps.changing_status() as work:
            row = deps.lock_with_person(work, ID)
            assert row is not None
            erasure = Erasure(
                str(uuid.uuid4()), ID, "shop", "host", ErasureState.CONFIRMED, now, now
            )
            work.erasures.add(local.delete(work, row, erasure))

    return erase


def events(app: Flask) -> list[tuple[str, dict[str, object]]]:
    with app.extensions["wired"].database.reading() as work:
        return [(each.event, dict(each.detail)) for each in work.timeline.of(ID)]


def test_file_of_an_onboarding_erased_while_it_is_opened_is_not_sent(
    app: Flask, api: Api, evidence: Evidence, erase: Callable[[], None]
) -> None:
    add_onboarding(app)
    evidence.before_answer = erase
    answer = get(api, "image")
    assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")
    assert views(app) == []


def test_data_of_an_onboarding_erased_while_it_is_read_is_not_returned(
    app: Flask, evidence: Evidence, erase: Callable[[], None]
) -> None:
    add_onboarding(app)
    evidence.data |= {"document": {"name": "ADA"}}
    evidence.before_answer = erase
    answer = Api(app, key_of("data")).get(f"/onboardings/{ID}/data")
    assert (answer.status_code, answer.get_json()["code"]) == (404, "data_absent")
    assert events(app)[-1][0] == "erased"


def test_erasure_keeps_who_has_seen_evidence_and_nothing_about_the_file(
    app: Flask, api: Api, evidence: Evidence, erase: Callable[[], None]
) -> None:
    add_onboarding(app)
    assert get(api, "image").status_code == 200
    sent = api.get(f"/onboardings/{ID}/{ADDRESSES['image']}", buffered=False)
    erase()
    assert sent.data
    sent.close()
    for view in views(app):
        assert (bool(view.viewer), view.is_complete) == (True, True)
        assert view.ended_at is not None
        assert (view.item.type, view.sha256, view.size, view.part) == (None, None, 0, None)
    names = {name for _event, detail in events(app) for name in detail}
    assert not names & {"sha256", "size"}
