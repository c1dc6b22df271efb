"""An onboarding that made room for another is verified after all: that is where a click leads."""

from typing import Any

import pytest

from tests.unit.journey.harness import JourneyHarness
from tests.unit.store.rows import in_threads
from webapp.domain.onboarding import Status
from webapp.journey.views import Visitor

INTERRUPTED = {"status": Status.INTERRUPTED, "interruptions": 2}
CREATED: dict[str, Any] = {"status": Status.CREATED, "hosted_url": None, "onboarding_token": None}


def replaced(harness: JourneyHarness, ada: Visitor) -> tuple[str, str]:
    first = harness.begin(ada)
    harness.put(first, **INTERRUPTED)
    return first, harness.begin(ada)


def verified(harness: JourneyHarness, onboarding: str) -> None:
    harness.said(onboarding, "VERIFIED")
    harness.gateway_poll.poll(onboarding)


def verified_meanwhile(harness: JourneyHarness, onboarding: str, call: str) -> None:
    """In the middle of the next call of this kind."""

    def meanwhile(_: str) -> None:
        del harness.gateway.during[call]
        verified(harness, onboarding)

    harness.gateway.during[call] = meanwhile


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
def test_what_is_still_the_users_to_do_is_not_needed_any_more(
    harness: JourneyHarness, ada: Visitor, stands: dict[str, Any]
) -> None:
    first, second = replaced(harness, ada)
    verified(harness, first)
    harness.put(second, **stands)
    harness.gateway.calls.clear()
    assert harness.begin(ada) == first
    assert (harness.status(first), harness.status(second)) == (Status.VERIFIED, Status.CANCELED)
    assert harness.row(second).replaced_by == first
    deleted = [("delete", second)] if stands.get("create_calls", 1) else []
    assert harness.gateway.calls == deleted
    assert harness.begin(ada) == first


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.DECIDING, Status.IN_REVIEW])
def test_what_is_under_way_already_is_waited_for(
    harness: JourneyHarness, ada: Visitor, status: Status
) -> None:
    first, second = replaced(harness, ada)
    verified(harness, first)
    harness.put(second, status=status)
    assert harness.begin(ada) == second
    assert harness.status(second) is status


def test_elsewhere_too(harness: JourneyHarness, ada: Visitor) -> None:
    first, _second = replaced(harness, ada)
    verified(harness, first)
    assert harness.start.prepare(ada, "default", "en") == first


def test_meanwhile_the_newer_one_is_rejected(harness: JourneyHarness, ada: Visitor) -> None:
    first, second = replaced(harness, ada)
    harness.said(second, "NOT_VERIFIED")
    verified_meanwhile(harness, first, "read")
    assert harness.begin(ada) == first
    assert (harness.status(first), harness.status(second)) == (Status.VERIFIED, Status.REJECTED)
    assert len(harness.rows(ada)) == 2


def test_meanwhile_the_newer_one_has_to_be_replaced(harness: JourneyHarness, ada: Visitor) -> None:
    first, second = replaced(harness, ada)
    harness.put(second, **INTERRUPTED)
    verified_meanwhile(harness, first, "read")
    creates = harness.gateway.count("create")
    assert harness.begin(ada) == first
    assert harness.gateway.count("create") == creates
    assert harness.status(second) is Status.CANCELED


def test_meanwhile_the_newest_one_is_refused(harness: JourneyHarness, ada: Visitor) -> None:
    first, second = replaced(harness, ada)
    harness.put(second, **INTERRUPTED)
    verified_meanwhile(harness, first, "create")
    harness.gateway.trouble["create"].append(RequestRefused("create: answered 400", status=400))
    assert harness.begin(ada) == first
    assert [row.status for row in harness.rows(ada)].count(Status.CANCELED) == 2


def test_two_clicks_that_find_it_needless_lead_to_the_same(
    harness: JourneyHarness, ada: Visitor
) -> None:
    first, second = replaced(harness, ada)
    verified(harness, first)
    assert set(in_threads(4, lambda: harness.begin(ada))) == {first}
    assert harness.status(second) is Status.CANCELED


@pytest.mark.parametrize("here", [True, False], ids=["here", "elsewhere"])
def test_a_click_that_another_has_overtaken_leads_there_too(
    harness: JourneyHarness, ada: Visitor, here: bool
) -> None:
    first, second = replaced(harness, ada)
    verified(harness, first)
    overtaken = harness.start._replace

    def slower(*what: Any) -> Any:
        harness.start._replace = overtaken  # type: ignore[method-assign]
        assert harness.begin(ada) == first
        return overtaken(*what)

    harness.start._replace = slower  # type: ignore[method-assign]
    led = harness.begin(ada) if here else harness.start.prepare(ada, "default", "en")
    assert led == first
    assert harness.row(second).replaced_by == first
