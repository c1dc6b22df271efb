"""Fixtures: a journey harness on SQLite and on PostgreSQL, with the visitors Ada and Ben."""
# ruff: noqa: F811 - a fixture is asked for by its name

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.databases import address, kind, migrated_postgres, migrated_sqlite, postgres  # noqa: F401 - fixtures
from tests.unit.journey.harness import JourneyHarness
from webapp.journey.erase import Erase
from webapp.journey.views import Visitor

FOLDER = Path(__file__).parent
#: Tests of steps that race or count in the database: on PostgreSQL in every run too. The others
#: send statements that the tests of `store` send there; on PostgreSQL they run nightly.
BOTH_IN_EVERY_RUN = {
    "test_adopt",
    "test_decision_sender",
    "test_erase",
    "test_erase_races",
    "test_erased_meanwhile",
    "test_erased_onboarding",
    "test_erasure_attempt",
    "test_gateway_poll_races",
    "test_idempotency",
    "test_links",
    "test_message_delivery",
    "test_notice_forwarding",
    "test_pending_logins",
    "test_session_and_link_caps",
    "test_shared_limits",
    "test_shared_token_cache",
    "test_start",
    "test_subscriptions",
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        kind = getattr(getattr(item, "callspec", None), "params", {}).get("kind")
        alike = item.path.parent == FOLDER and item.path.stem not in BOTH_IN_EVERY_RUN
        if kind == "postgresql" and alike:
            item.add_marker(pytest.mark.nightly)


@pytest.fixture
def harness(address: str) -> Iterator[JourneyHarness]:
    harness = JourneyHarness(address)
    yield harness
    harness.close()


@pytest.fixture
def ada(harness: JourneyHarness) -> Visitor:
    return harness.visitor("ada")


@pytest.fixture
def ben(harness: JourneyHarness) -> Visitor:
    return harness.visitor("ben")


@pytest.fixture
def adas(harness: JourneyHarness, ada: Visitor) -> str:
    """Return the id of Ada's started onboarding."""
    return harness.begin(ada)


@pytest.fixture
def erase(harness: JourneyHarness) -> Erase:
    return Erase(harness.deps)


@pytest.fixture
def verified(harness: JourneyHarness, adas: str) -> str:
    """Return Ada's verified onboarding."""
    harness.poll_answered(adas, "VERIFIED")
    return adas


@pytest.fixture
def other(harness: JourneyHarness, ben: Visitor) -> str:
    """Return Ben's verified onboarding, which the account can be compared with."""
    onboarding_id = harness.begin(ben)
    harness.poll_answered(onboarding_id, "VERIFIED")
    return onboarding_id
