"""start: going on with what is there, trying again, and what is over."""

import pytest

from tests.unit.journey.fakes import away
from webapp.domain.errors import GatewayUnavailable
from webapp.domain.onboarding import Status
from webapp.domain.reasons import ReasonCode, reason
from webapp.gateway.errors import (
    Refused,
)

PLAIN_400 = Refused("create: answered 400", status=400)


def test_before_an_address_is_offered_again_the_gateway_is_asked(house, ada):
    found = house.begin(ada)
    house.gateway.calls.clear()
    assert house.begin(ada) == found
    assert house.gateway.calls == [("read", found)]


def test_an_address_that_is_already_decided_is_not_offered_again(house, ada):
    found = house.begin(ada)
    house.said(found, "VERIFIED")
    assert house.begin(ada) == found
    assert house.status(found) is Status.VERIFIED
    assert house.present.show(ada, found).kind == "result"


def test_an_address_that_cannot_be_asked_about_is_kept_and_nothing_is_created(house, ada):
    found = house.begin(ada)
    house.gateway.trouble["read"].append(away())
    with pytest.raises(GatewayUnavailable):
        house.begin(ada)
    assert house.status(found) is Status.STARTED
    assert house.gateway.count("create") == 1


def test_verified_is_never_begun_again(house, ada):
    found = house.begin(ada)
    house.said(found, "VERIFIED")
    house.progress.read(found)
    house.clock.turn(days=400)
    assert house.begin(ada) == found
    assert house.gateway.count("create") == 1


def test_verified_is_never_begun_again_even_if_a_later_one_expired(house, ada):
    """A late verdict moved an old one on, while the one after it was never finished."""
    first = house.begin(ada)
    house.put(first, status=Status.CANCELED)
    house.clock.turn(hours=1)
    second = house.begin(ada)
    house.put(second, status=Status.EXPIRED)
    house.said(first, "VERIFIED")
    house.progress.read(first)
    assert house.begin(ada) == first
    assert house.gateway.count("create") == 2


def test_a_rejected_one_may_be_tried_again_until_the_attempts_are_used_up(house, ada):
    for attempt in (1, 2, 3):
        found = house.begin(ada)
        assert house.row(found).attempt == attempt
        house.said(found, "NOT_VERIFIED")
        house.progress.read(found)
        house.clock.turn(minutes=1)
    assert house.begin(ada) == found
    assert house.status(found) is Status.REJECTED
    assert house.gateway.count("create") == 3


def test_a_reason_that_leaves_no_hope_ends_it_for_good(house, ada):
    found = house.begin(ada)
    house.said(found, "NOT_VERIFIED", rejectionReason="minor")
    house.progress.read(found)
    assert house.begin(ada) == found
    assert house.gateway.count("create") == 1


def test_whoever_came_back_before_being_done_is_offered_the_same_address_again(house, ada):
    found = house.begin(ada)
    house.back(found)
    assert house.status(found) is Status.SUBMITTED
    assert house.begin(ada, unfinished=True) == found
    assert house.status(found) is Status.STARTED
    assert house.row(found).submitted_at is None
    assert house.gateway.count("create") == 1


def test_who_says_unfinished_is_believed_less_than_the_gateway(house, ada):
    found = house.begin(ada)
    house.back(found)
    house.said(found, "PENDING_VERIFICATION")
    assert house.begin(ada, unfinished=True) == found
    assert house.status(found) is Status.IN_REVIEW


def test_an_interrupted_one_is_offered_once_more_and_then_replaced(house, ada):
    first = house.begin(ada)
    house.back(first, "permissionError")
    assert house.status(first) is Status.INTERRUPTED
    assert house.begin(ada) == first
    assert (house.status(first), house.row(first).reasons) == (Status.STARTED, ())

    house.back(first, "timeoutError")
    second = house.begin(ada)
    assert second != first
    assert (house.status(first), house.row(first).replaced_by) == (Status.CANCELED, second)
    assert (house.status(second), house.row(second).attempt) == (Status.STARTED, 1)


def test_a_click_that_finds_it_rejected_leads_to_that_result(house, ada):
    first = house.begin(ada)
    house.said(first, "NOT_VERIFIED")
    assert house.begin(ada) == first
    assert house.status(first) is Status.REJECTED


def test_interruptions_cost_no_attempt(house, ada):
    for _ in range(4):
        found = house.begin(ada)
        house.back(found, "connectionError")
        house.clock.turn(minutes=1)
    assert house.row(found).attempt == 1


def test_two_clicks_at_once_on_an_interrupted_one_make_one_new_process(house, ada):
    first = house.begin(ada)
    house.put(first, status=Status.INTERRUPTED, interruptions=2)
    quicker = []

    def click_again(_id: str) -> None:
        del house.gateway.during["read"]
        quicker.append(house.begin(ada))

    house.gateway.during["read"] = click_again
    assert house.begin(ada) == quicker[0] != first
    assert house.gateway.count("create") == 2


def test_a_replaced_process_that_cannot_be_deleted_stands_in_nobodys_way(house, ada):
    first = house.begin(ada)
    house.put(first, status=Status.INTERRUPTED, interruptions=2)
    house.gateway.trouble["delete"].append(away())
    assert house.status(house.begin(ada)) is Status.STARTED


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.DECIDING, Status.IN_REVIEW])
def test_while_somebody_else_is_at_work_a_click_only_leads_there(house, ada, status):
    found = house.begin(ada)
    house.put(found, status=status)
    assert house.begin(ada) == found
    assert house.gateway.count("create") == 1


def test_a_row_left_on_the_consent_page_beyond_its_time_expires(house, ada):
    found = house.begin(ada, "agreed")
    house.clock.turn(hours=48)
    house.run_due()
    assert house.status(found) is Status.EXPIRED
    later = house.begin(ada, "agreed", "2026-01")
    assert later != found
    assert house.row(later).expires_at > house.clock()


def test_an_expired_row_is_not_opened_even_before_the_jobs_have_seen_it(house, ada):
    old = house.begin(ada, "agreed")
    house.clock.turn(hours=49)
    new = house.begin(ada, "agreed", "2026-01")
    assert (house.status(old), house.status(new)) == (Status.EXPIRED, Status.STARTED)
    assert house.row(new).expires_at > house.clock()
    assert house.gateway.count("create") == 1


def test_reasons_of_an_ended_row_come_with_what_to_do(house, ada):
    house.gateway.trouble["create"].append(PLAIN_400)
    found = house.begin(ada)
    view = house.result.status(ada, found)
    assert (view.next, view.reasons) == ("retry", (reason(ReasonCode.GATEWAY_REFUSED),))


def test_what_has_been_replaced_and_goes_on_after_all_is_where_the_next_click_leads(house, ada):
    first = house.begin(ada)
    house.put(first, status=Status.INTERRUPTED, interruptions=2)
    house.gateway.trouble["delete"].append(away())
    second = house.begin(ada)
    house.said(second, "NOT_VERIFIED")
    house.progress.read(second)
    house.said(first, "PENDING_VERIFICATION")
    house.progress.read(first)
    assert house.status(first) is Status.IN_REVIEW
    assert house.begin(ada) == first


def test_who_is_done_in_another_tab_while_the_gateway_is_asked_is_not_sent_back(house, ada):
    found = house.begin(ada)
    house.gateway.during["read"] = house.back
    assert house.begin(ada) == found
    assert house.status(found) is Status.SUBMITTED
