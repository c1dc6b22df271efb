"""start: a replaced onboarding is verified late, and every later start leads to it."""

from typing import Any

import pytest

from tests.unit.journey.harness import JourneyHarness
from webapp.domain.onboarding import Status
from webapp.gateway.errors import RequestRefused
from webapp.journey.views import Visitor

INTERRUPTED = {"status": Status.INTERRUPTED, "interruptions": 2}
CREATED: dict[str, Any] = {"status": Status.CREATED, "hosted_url": None, "onboarding_token": None}


def replaced(harness: JourneyHarness, ada: Visitor) -> tuple[str, str]:
    first = harness.begin(ada)
    harness.put(first, **INTERRUPTED)
    return first, harness.begin(ada)


def verified_meanwhile(harness: JourneyHarness, onboarding: str, call: str) -> None:
    """Verify it during the next call of this kind."""

    def meanwhile(_: str) -> None:
        del harness.gateway.during_call[call]
        harness.poll_answered(onboarding, "VERIFIED")

    harness.gateway.during_call[call] = meanwhile


@pytest.mark.parametrize(
    "stands",
    [
        {"status": Status.STARTED},
        INTERRUPTED,
        {**CREATED, "create_calls": 1},
        {**CREATED, "create_calls": 0},
    ],
    ids=["started", "interrupted", "its address is lost", "not sent yet"],
)
def test_begin_with_a_verified_one_replaces_what_awaits_the_user(harness, ada, stands):
    first, second = replaced(harness, ada)
    harness.poll_answered(first, "VERIFIED")
    harness.put(second, **stands)
    harness.gateway.calls.clear()
    assert harness.begin(ada) == first
    assert (harness.status(first), harness.status(second)) == (Status.VERIFIED, Status.CANCELED)
    assert harness.row(second).replaced_by == first
    deleted = [("delete", second)] if stands.get("create_calls", 1) else []
    assert harness.gateway.calls == deleted
    assert harness.begin(ada) == first
    assert harness.start.prepare(ada, "default", "en") == first


def test_begin_with_verified_during_the_poll_of_a_rejected_one_returns_the_verified(harness, ada):
    first, second = replaced(harness, ada)
    harness.set_gateway_word(second, "NOT_VERIFIED")
    verified_meanwhile(harness, first, "read")
    assert harness.begin(ada) == first
    assert (harness.status(first), harness.status(second)) == (Status.VERIFIED, Status.REJECTED)
    assert len(harness.rows(ada)) == 2


def test_begin_with_verified_during_the_poll_before_a_replacement_returns_it(harness, ada):
    first, second = replaced(harness, ada)
    harness.put(second, **INTERRUPTED)
    verified_meanwhile(harness, first, "read")
    creates = harness.gateway.count("create")
    assert harness.begin(ada) == first
    assert harness.gateway.count("create") == creates
    assert harness.status(second) is Status.CANCELED


def test_begin_with_verified_during_a_refused_create_returns_the_verified(harness, ada):
    first, second = replaced(harness, ada)
    harness.put(second, **INTERRUPTED)
    verified_meanwhile(harness, first, "create")
    harness.gateway.errors["create"].append(RequestRefused("create: answered 400", status=400))
    assert harness.begin(ada) == first
    assert [row.status for row in harness.rows(ada)].count(Status.CANCELED) == 2


@pytest.mark.parametrize("here", [True, False], ids=["here", "elsewhere"])
def test_begin_overtaken_by_another_request_returns_the_same_onboarding(harness, ada, here):
    first, second = replaced(harness, ada)
    harness.poll_answered(first, "VERIFIED")
    decide = harness.start._decide_and_store

    def overtaken(*arguments: Any) -> Any:
        harness.start._decide_and_store = decide  # type: ignore[method-assign]
        assert harness.begin(ada) == first
        return decide(*arguments)

    harness.start._decide_and_store = overtaken  # type: ignore[method-assign]
    led = harness.begin(ada) if here else harness.start.prepare(ada, "default", "en")
    assert led == first
    assert harness.row(second).replaced_by == first
