"""An onboarding and its person say nothing of themselves in a log."""

from datetime import UTC, datetime, timedelta

import pytest

from webapp.domain.onboarding import Onboarding, Person, Status

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def adas() -> Onboarding:
    return Onboarding(
        id="5f0c2a9e-7b1d-4c36-9a52-0d8e6f3b1c77",
        person_id="p",
        site="shop",
        flow="default",
        status=Status.STARTED,
        attempt=1,
        mode="iframe",
        locale="en",
        livemode=False,
        created_at=NOW,
        updated_at=NOW,
        expires_at=NOW + timedelta(hours=48),
        hosted_url="https://gateway.example/marker",
        onboarding_token="marker",
    )


def test_the_representation_shows_neither_address_nor_token(adas):
    assert "marker" not in repr(adas)


def test_a_person_is_shown_by_id_and_site_only():
    shown = repr(Person("p", "shop", "subject-marker", "name-marker"))
    assert "marker" not in shown


def test_a_change_counts_the_version_on_and_leaves_the_old_one_as_it_was(adas):
    later = NOW + timedelta(seconds=1)
    changed = adas.changed(later, status=Status.SUBMITTED)
    assert (changed.version, changed.updated_at, changed.status) == (2, later, Status.SUBMITTED)
    assert (adas.version, adas.status) == (1, Status.STARTED)


@pytest.mark.parametrize("status", [Status.VERIFIED, Status.REJECTED])
def test_a_verdict_is_final_and_no_longer_active(adas, status):
    decided = adas.changed(NOW, status=status)
    assert decided.final
    assert not decided.active
