"""start: going on with what is there, trying again, and what is over."""

import pytest

from tests.unit.journey.fakes import away
from webapp.domain.errors import GatewayUnavailable
from webapp.domain.onboarding import Status
from webapp.domain.reasons import ReasonCode, reason
from webapp.gateway.errors import (
    RequestRefused,
)

PLAIN_400 = RequestRefused("create: answered 400", status=400)


def test_before_an_address_is_offered_again_the_gateway_is_asked(harness, ada):
    found = harness.begin(ada)
    harness.gateway.calls.clear()
    assert harness.begin(ada) == found
    assert harness.gateway.calls == [("read", found)]


def test_an_address_that_is_already_decided_is_not_offered_again(harness, ada):
    found = harness.begin(ada)
    harness.said(found, "VERIFIED")
    assert harness.begin(ada) == found
    assert harness.status(found) is Status.VERIFIED
    assert harness.present.show(ada, found).kind == "result"


def test_an_address_that_cannot_be_asked_about_is_kept_and_nothing_is_created(harness, ada):
    found = harness.begin(ada)
    harness.gateway.trouble["read"].append(away())
    with pytest.raises(GatewayUnavailable):
        harness.begin(ada)
    assert harness.status(found) is Status.STARTED
    assert harness.gateway.count("create") == 1


def test_verified_is_never_begun_again(harness, ada):
    found = harness.begin(ada)
    harness.said(found, "VERIFIED")
    harness.gateway_poll.poll(found)
    harness.clock.advance(days=400)
    assert harness.begin(ada) == found
    assert harness.gateway.count("create") == 1


def test_verified_is_never_begun_again_even_if_a_later_one_expired(harness, ada):
    """A late verdict moved an old one on, while the one after it was never finished."""
    first = harness.begin(ada)
    harness.put(first, status=Status.CANCELED)
    harness.clock.advance(hours=1)
    second = harness.begin(ada)
    harness.put(second, status=Status.EXPIRED)
    harness.said(first, "VERIFIED")
    harness.gateway_poll.poll(first)
    assert harness.begin(ada) == first
    assert harness.gateway.count("create") == 2


def test_a_rejected_one_may_be_tried_again_until_the_attempts_are_used_up(harness, ada):
    for attempt in (1, 2, 3):
        found = harness.begin(ada)
        assert harness.row(found).attempt == attempt
        harness.said(found, "NOT_VERIFIED")
        harness.gateway_poll.poll(found)
        harness.clock.advance(minutes=1)
    assert harness.begin(ada) == found
    assert harness.status(found) is Status.REJECTED
    assert harness.gateway.count("create") == 3


def test_a_reason_that_leaves_no_hope_ends_it_for_good(harness, ada):
    found = harness.begin(ada)
    harness.said(found, "NOT_VERIFIED", rejectionReason="minor")
    harness.gateway_poll.poll(found)
    assert harness.begin(ada) == found
    assert harness.gateway.count("create") == 1


def test_whoever_came_back_before_being_done_is_offered_the_same_address_again(harness, ada):
    found = harness.begin(ada)
    harness.back(found)
    assert harness.status(found) is Status.SUBMITTED
    assert harness.begin(ada, unfinished=True) == found
    assert harness.status(found) is Status.STARTED
    assert harness.row(found).submitted_at is None
    assert harness.gateway.count("create") == 1


def test_who_says_unfinished_is_believed_less_than_the_gateway(harness, ada):
    found = harness.begin(ada)
    harness.back(found)
    harness.said(found, "PENDING_VERIFICATION")
    assert harness.begin(ada, unfinished=True) == found
    assert harness.status(found) is Status.IN_REVIEW


def test_an_interrupted_one_is_offered_once_more_and_then_replaced(harness, ada):
    first = harness.begin(ada)
    harness.back(first, "permissionError")
    assert harness.status(first) is Status.INTERRUPTED
    assert harness.begin(ada) == first
    assert (harness.status(first), harness.row(first).reasons) == (Status.STARTED, ())

    harness.back(first, "timeoutError")
    second = harness.begin(ada)
    assert second != first
    assert (harness.status(first), harness.row(first).replaced_by) == (Status.CANCELED, second)
    assert (harness.status(second), harness.row(second).attempt) == (Status.STARTED, 1)


def test_a_click_that_finds_it_rejected_leads_to_that_result(harness, ada):
    first = harness.begin(ada)
    harness.said(first, "NOT_VERIFIED")
    assert harness.begin(ada) == first
    assert harness.status(first) is Status.REJECTED


def test_interruptions_cost_no_attempt(harness, ada):
    for _ in range(4):
        found = harness.begin(ada)
        harness.back(found, "connectionError")
        harness.clock.advance(minutes=1)
    assert harness.row(found).attempt == 1


def test_two_clicks_at_once_on_an_interrupted_one_make_one_new_process(harness, ada):
    first = harness.begin(ada)
    harness.put(first, status=Status.INTERRUPTED, interruptions=2)
    quicker = []

    def click_again(_id: str) -> None:
        del harness.gateway.during["read"]
        quicker.append(harness.begin(ada))

    harness.gateway.during["read"] = click_again
    assert harness.begin(ada) == quicker[0] != first
    assert harness.gateway.count("create") == 2


def test_a_replaced_process_that_cannot_be_deleted_stands_in_nobodys_way(harness, ada):
    first = harness.begin(ada)
    harness.put(first, status=Status.INTERRUPTED, interruptions=2)
    harness.gateway.trouble["delete"].append(away())
    assert harness.status(harness.begin(ada)) is Status.STARTED


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.DECIDING, Status.IN_REVIEW])
def test_while_somebody_else_is_at_work_a_click_only_leads_there(harness, ada, status):
    found = harness.begin(ada)
    harness.put(found, status=status)
    assert harness.begin(ada) == found
    assert harness.gateway.count("create") == 1


def test_a_row_left_on_the_consent_page_beyond_its_time_expires(harness, ada):
    found = harness.begin(ada, "agreed")
    harness.clock.advance(hours=48)
    harness.run_due()
    assert harness.status(found) is Status.EXPIRED
    later = harness.begin(ada, "agreed", "2026-01")
    assert later != found
    assert harness.row(later).expires_at > harness.clock()


def test_an_expired_row_is_not_opened_even_before_the_jobs_have_seen_it(harness, ada):
    old = harness.begin(ada, "agreed")
    harness.clock.advance(hours=49)
    new = harness.begin(ada, "agreed", "2026-01")
    assert (harness.status(old), harness.status(new)) == (Status.EXPIRED, Status.STARTED)
    assert harness.row(new).expires_at > harness.clock()
    assert harness.gateway.count("create") == 1


def test_reasons_of_an_ended_row_come_with_what_to_do(harness, ada):
    harness.gateway.trouble["create"].append(PLAIN_400)
    found = harness.begin(ada)
    view = harness.result.status(ada, found)
    assert (view.next, view.reasons) == ("retry", (reason(ReasonCode.GATEWAY_REFUSED),))


def test_what_has_been_replaced_and_goes_on_after_all_is_where_the_next_click_leads(harness, ada):
    first = harness.begin(ada)
    harness.put(first, status=Status.INTERRUPTED, interruptions=2)
    harness.gateway.trouble["delete"].append(away())
    second = harness.begin(ada)
    harness.said(second, "NOT_VERIFIED")
    harness.gateway_poll.poll(second)
    harness.said(first, "PENDING_VERIFICATION")
    harness.gateway_poll.poll(first)
    assert harness.status(first) is Status.IN_REVIEW
    assert harness.begin(ada) == first


def test_who_is_done_in_another_tab_while_the_gateway_is_asked_is_not_sent_back(harness, ada):
    found = harness.begin(ada)
    harness.gateway.during["read"] = harness.back
    assert harness.begin(ada) == found
    assert harness.status(found) is Status.SUBMITTED
