"""An onboarding that made room for another is verified after all: that is where a click leads."""

from typing import Any

import pytest

from tests.unit.journey.house import House
from tests.unit.store.rows import in_threads
from webapp.domain.onboarding import Status
from webapp.gateway.errors import Refused
from webapp.journey.views import Visitor

INTERRUPTED = {"status": Status.INTERRUPTED, "interruptions": 2}
CREATED: dict[str, Any] = {"status": Status.CREATED, "hosted_url": None, "onboarding_token": None}


def replaced(house: House, ada: Visitor) -> tuple[str, str]:
    first = house.begin(ada)
    house.put(first, **INTERRUPTED)
    return first, house.begin(ada)


def verified(house: House, onboarding: str) -> None:
    house.said(onboarding, "VERIFIED")
    house.progress.read(onboarding)


def verified_meanwhile(house: House, onboarding: str, call: str) -> None:
    """In the middle of the next call of this kind."""

    def meanwhile(_: str) -> None:
        del house.gateway.during[call]
        verified(house, onboarding)

    house.gateway.during[call] = meanwhile


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
    house: House, ada: Visitor, stands: dict[str, Any]
) -> None:
    first, second = replaced(house, ada)
    verified(house, first)
    house.put(second, **stands)
    house.gateway.calls.clear()
    assert house.begin(ada) == first
    assert (house.status(first), house.status(second)) == (Status.VERIFIED, Status.CANCELED)
    assert house.row(second).replaced_by == first
    deleted = [("delete", second)] if stands.get("create_calls", 1) else []
    assert house.gateway.calls == deleted
    assert house.begin(ada) == first


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.DECIDING, Status.IN_REVIEW])
def test_what_is_under_way_already_is_waited_for(
    house: House, ada: Visitor, status: Status
) -> None:
    first, second = replaced(house, ada)
    verified(house, first)
    house.put(second, status=status)
    assert house.begin(ada) == second
    assert house.status(second) is status


def test_elsewhere_too(house: House, ada: Visitor) -> None:
    first, _second = replaced(house, ada)
    verified(house, first)
    assert house.start.prepare(ada, "default", "en") == first


def test_meanwhile_the_newer_one_is_rejected(house: House, ada: Visitor) -> None:
    first, second = replaced(house, ada)
    house.said(second, "NOT_VERIFIED")
    verified_meanwhile(house, first, "read")
    assert house.begin(ada) == first
    assert (house.status(first), house.status(second)) == (Status.VERIFIED, Status.REJECTED)
    assert len(house.rows(ada)) == 2


def test_meanwhile_the_newer_one_has_to_be_replaced(house: House, ada: Visitor) -> None:
    first, second = replaced(house, ada)
    house.put(second, **INTERRUPTED)
    verified_meanwhile(house, first, "read")
    creates = house.gateway.count("create")
    assert house.begin(ada) == first
    assert house.gateway.count("create") == creates
    assert house.status(second) is Status.CANCELED


def test_meanwhile_the_newest_one_is_refused(house: House, ada: Visitor) -> None:
    first, second = replaced(house, ada)
    house.put(second, **INTERRUPTED)
    verified_meanwhile(house, first, "create")
    house.gateway.trouble["create"].append(Refused("create: answered 400", status=400))
    assert house.begin(ada) == first
    assert [row.status for row in house.rows(ada)].count(Status.CANCELED) == 2


def test_two_clicks_that_find_it_needless_lead_to_the_same(house: House, ada: Visitor) -> None:
    first, second = replaced(house, ada)
    verified(house, first)
    assert set(in_threads(4, lambda: house.begin(ada))) == {first}
    assert house.status(second) is Status.CANCELED


@pytest.mark.parametrize("here", [True, False], ids=["here", "elsewhere"])
def test_a_click_that_another_has_overtaken_leads_there_too(
    house: House, ada: Visitor, here: bool
) -> None:
    first, second = replaced(house, ada)
    verified(house, first)
    overtaken = house.start._replace

    def slower(*what: Any) -> Any:
        house.start._replace = overtaken  # type: ignore[method-assign]
        assert house.begin(ada) == first
        return overtaken(*what)

    house.start._replace = slower  # type: ignore[method-assign]
    led = house.begin(ada) if here else house.start.prepare(ada, "default", "en")
    assert led == first
    assert house.row(second).replaced_by == first
