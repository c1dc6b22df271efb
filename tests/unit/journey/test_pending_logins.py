"""Logins between the browser's requests: encryption, purpose, age and single use."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.unit.journey.harness import JourneyHarness
from webapp.journey.pending_logins import OPEN_LOGIN_LIFE, PendingLogins

LIFE = timedelta(minutes=5)


@pytest.fixture
def logins(harness: JourneyHarness) -> PendingLogins:
    return PendingLogins(harness.deps)


def test_sealed_login_is_opened_for_its_purpose_only(logins: PendingLogins) -> None:
    sealed = logins.seal("open", {"subject": "ada lovelace"}, LIFE)
    assert "ada lovelace" not in sealed
    assert logins.open("open", sealed) == {"subject": "ada lovelace"}
    assert logins.open("confirmation", sealed) is None


def test_sealed_login_is_opened_until_its_end(
    harness: JourneyHarness, logins: PendingLogins
) -> None:
    sealed = logins.seal("open", {}, LIFE)
    harness.clock.moment += LIFE
    assert logins.open("open", sealed) == {}
    harness.clock.moment += timedelta(seconds=1)
    assert logins.open("open", sealed) is None


@pytest.mark.parametrize("text", ["", "x.y.z", "ñ", "gAAAAA"])
def test_text_that_was_not_sealed_here_is_not_opened(logins: PendingLogins, text: str) -> None:
    assert logins.open("open", text) is None


def test_state_is_used_once_until_the_login_has_ended(
    harness: JourneyHarness, logins: PendingLogins
) -> None:
    other_node = PendingLogins(harness.deps)
    assert logins.use_state("one")
    assert not other_node.use_state("one")
    assert other_node.use_state("two")
    harness.clock.moment += OPEN_LOGIN_LIFE
    harness.database.sweep(harness.clock())
    assert not logins.use_state("one")
