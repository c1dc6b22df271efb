"""start: one process at the gateway, whatever is clicked how often and whatever gets lost."""

import re
from dataclasses import replace

import pytest

from tests.unit.journey.fakes import HOSTED, away
from tests.unit.journey.house import PUBLIC_URL, House
from tests.unit.store.rows import in_threads
from webapp.domain.errors import GatewayForbidden, GatewayUnavailable, NotFound
from webapp.domain.onboarding import Status
from webapp.domain.reasons import ReasonCode
from webapp.gateway.errors import Conflict as GatewayConflict
from webapp.gateway.errors import (
    CredentialsRefused,
    Forbidden,
    Refused,
    Unauthorised,
    Unavailable,
    WrongProcess,
)
from webapp.journey.create_process import CREATE_LEASE
from webapp.journey.new_onboarding import MAX_PROCESSES_PER_DAY

PLAIN_400 = Refused("create: answered 400", status=400)


def codes(house: House, onboarding_id: str) -> list[ReasonCode]:
    return [reason.code for reason in house.row(onboarding_id).reasons]


def test_a_click_makes_the_row_and_then_the_process_of_the_same_id(house, ada):
    found = house.begin(ada)
    assert house.gateway.calls == [("create", found)]
    row = house.row(found)
    assert (row.status, row.hosted_url, row.onboarding_token) == (
        Status.STARTED,
        f"{HOSTED}/o/{found}",
        "token-of-it",
    )
    assert house.events(found) == ["created", "create_called", "started"]


def test_the_row_is_there_before_the_gateway_is_called(house, ada):
    seen = []
    house.gateway.during["create"] = lambda id_: seen.append(house.row(id_).status)
    house.begin(ada)
    assert seen == [Status.CREATED]


def test_the_gateway_is_told_where_to_send_ada_back_and_nothing_of_her_name(house, ada):
    found = house.begin(ada)
    (request,) = house.gateway.requests
    reference = request.redirect_url.removeprefix(f"{PUBLIC_URL}/return/")
    assert house.references.read(reference) == found
    assert request.extra_data["site"] == "shop"
    # A hash may spell anything by chance: it is told by its form, all else by what it holds.
    rest = {name: text for name, text in request.extra_data.items() if name != "subject"}
    assert "ada" not in str(rest).casefold()
    assert re.fullmatch("[0-9a-f]{64}", request.extra_data["subject"])


def test_ada_is_the_same_hash_each_time_and_ben_another(house, ada, ben):
    house.begin(ada)
    house.begin(ada, "redirect")
    house.begin(ben)
    first, again, other = (r.extra_data["subject"] for r in house.gateway.requests)
    assert first == again != other


def test_an_unknown_flow_is_not_found(house, ada):
    with pytest.raises(NotFound):
        house.begin(ada, "no such flow")
    assert house.rows(ada) == []


def test_eight_clicks_at_once_make_one_process(house, ada):
    answers = in_threads(8, lambda: house.begin(ada))
    assert len(set(answers)) == 1, answers
    assert house.gateway.count("create") == 1
    assert len(house.rows(ada)) == 1


def test_a_second_click_while_create_is_under_way_calls_nobody(house, ada):
    def click_again(id_: str) -> None:
        del house.gateway.during["create"]
        assert house.begin(ada) == id_
        assert house.present.show(ada, id_).kind == "preparing"

    house.gateway.during["create"] = click_again
    house.begin(ada)
    assert house.gateway.count("create") == 1


def test_after_a_crash_between_row_and_answer_the_next_click_goes_on(house, ada):
    house.gateway.trouble["create"].append(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        house.begin(ada)
    (crashed,) = house.rows(ada)
    assert crashed.status is Status.CREATED

    assert house.begin(ada) == crashed.id  # somebody may still be at it
    assert house.gateway.count("create") == 1
    house.clock.turn(seconds=CREATE_LEASE.total_seconds() + 1)
    assert house.begin(ada) == crashed.id
    assert house.status(crashed.id) is Status.STARTED


@pytest.mark.parametrize("calls_before", [0, 1])
def test_a_call_that_took_too_long_spoils_nothing_for_the_one_that_took_over(
    house, ada, calls_before
):
    """It is refused, for the gateway has this id now, before the other's answer is kept."""
    if calls_before:
        house.gateway.trouble["create"].append(away(maybe_sent=False))
        with pytest.raises(GatewayUnavailable):
            house.begin(ada)
    late = house.start._opening._keep

    def overtaken(id_: str) -> None:
        del house.gateway.during["create"]
        house.clock.turn(seconds=CREATE_LEASE.total_seconds() + 1)
        house.start._opening._keep = lambda *answer: unkept.extend(answer) or id_
        assert house.begin(ada) == id_

    unkept = []
    house.gateway.during["create"] = overtaken
    id_ = house.begin(ada)
    assert house.status(id_) is Status.CREATED
    assert late(*unkept) == id_
    assert (house.status(id_), len(house.gateway.processes)) == (Status.STARTED, 1)
    assert "gateway_refused" not in house.events(id_)
    assert "create_unanswered" not in house.events(id_)[-3:]


def test_a_crash_after_the_gateway_has_answered_ends_in_a_new_process(house, ada):
    """The address is lost: the repeat gets 400, no other call gives it back."""
    house.gateway.during["create"] = lambda _: None
    first = house.begin(ada)
    house.put(first, status=Status.CREATED, hosted_url=None, create_called_at=house.clock())
    house.clock.turn(seconds=CREATE_LEASE.total_seconds() + 1)
    second = house.begin(ada)
    assert second != first
    assert house.status(second) is Status.STARTED
    assert (house.status(first), codes(house, first)) == (Status.CANCELED, [ReasonCode.REPLACED])


def test_a_lost_answer_is_asked_for_once_more_under_the_same_id_and_then_replaced(house, ada):
    house.gateway.lost["create"] = 1
    found = house.begin(ada)
    creates = [id_ for call, id_ in house.gateway.calls if call == "create"]
    lost = creates[0]
    assert creates == [lost, lost, found]
    assert ("delete", lost) in house.gateway.calls
    retired, new = house.row(lost), house.row(found)
    assert (retired.status, retired.replaced_by) == (Status.CANCELED, found)
    assert (new.status, new.previous_id, new.attempt) == (Status.STARTED, lost, 1)
    assert list(house.gateway.processes) == [found]


def test_a_replaced_row_takes_its_consent_along(house, ada):
    house.gateway.lost["create"] = 1
    found = house.begin(ada, "agreed", "2026-01")
    assert house.status(found) is Status.STARTED
    assert "consent_given" not in house.events(found)
    assert "consent_carried_over" in house.events(found)


def test_a_carried_over_consent_keeps_its_language_and_time(house, ada):
    first = house.begin(ada, "agreed", "2026-01")
    house.put(first, status=Status.INTERRUPTED, interruptions=2)
    house.clock.turn(hours=5)
    second = house.start.begin(ada, "agreed", None, "es")
    with house.database.reading() as work:
        given, carried = (work.onboardings.consent(each, "2026-01") for each in (first, second))
    assert second != first
    assert given == carried
    assert given.locale == "en"


def test_breaking_off_again_and_again_does_not_open_processes_without_end(house, ada):
    for _ in range(30):
        house.back(house.begin(ada), "connectionError")
        house.clock.turn(minutes=5)
    assert house.gateway.count("create") == MAX_PROCESSES_PER_DAY


def test_what_was_captured_is_not_thrown_away_by_an_error_in_the_address(house, ada):
    found = house.begin(ada)
    house.back(found)
    for _ in range(3):
        house.back(found, "connectionError")
        assert house.begin(ada) == found
    assert house.status(found) is Status.SUBMITTED
    assert house.gateway.count("delete") == 0


def test_ada_may_not_choose_another_flow_than_the_one_she_was_sent_for(house, ada):
    sent = replace(ada, flow="agreed", flow_is_given=True)
    with pytest.raises(NotFound):
        house.begin(sent, "default")
    assert house.begin(sent, "agreed")


def test_a_click_that_lost_against_another_leads_to_the_row_that_took_its_place(house, ada):
    house.gateway.trouble["create"].extend([away(), away()])
    with pytest.raises(GatewayUnavailable):
        house.begin(ada)
    first = house.rows(ada)[0].id
    house.gateway.processes[first] = None
    quicker = []

    def click_again(_id: str) -> None:
        del house.gateway.during["create"]
        house.put(first, create_called_at=None)
        quicker.append(house.begin(ada))

    house.gateway.during["create"] = click_again
    assert house.begin(ada) == quicker[0] != first


def test_a_repeat_that_succeeds_keeps_the_id(house, ada):
    house.gateway.trouble["create"].append(away())
    found = house.begin(ada)
    assert house.gateway.calls == [("create", found)] * 2
    assert house.status(found) is Status.STARTED


def test_a_request_that_never_left_is_not_repeated_at_once(house, ada):
    house.gateway.trouble["create"].append(away(maybe_sent=False))
    with pytest.raises(GatewayUnavailable):
        house.begin(ada)
    assert house.gateway.count("create") == 1


def test_while_the_gateway_is_unreachable_nothing_is_lost(house, ada):
    house.gateway.trouble["create"].extend([away(), away(), away()])
    with pytest.raises(GatewayUnavailable):
        house.begin(ada)
    (row,) = house.rows(ada)
    assert (row.status, row.create_called_at) == (Status.CREATED, None)
    with pytest.raises(GatewayUnavailable):
        house.begin(ada)
    assert house.begin(ada) == row.id
    assert house.status(row.id) is Status.STARTED


def test_the_gateways_wish_when_to_come_back_is_passed_on(house, ada):
    problem = Unavailable("busy", retry_after_seconds=42, maybe_sent=False)
    house.gateway.trouble["create"].append(problem)
    with pytest.raises(GatewayUnavailable) as told:
        house.begin(ada)
    assert told.value.retry_after_seconds == 42


@pytest.mark.parametrize(
    ("problem", "becomes"),
    [
        (Forbidden("403"), GatewayForbidden),
        (Unauthorised("401"), GatewayUnavailable),
        (CredentialsRefused("401"), GatewayUnavailable),
        (WrongProcess("another"), GatewayUnavailable),
        (GatewayConflict("409"), GatewayUnavailable),
    ],
)
def test_every_other_trouble_leaves_the_row_free_for_the_same_click(house, ada, problem, becomes):
    house.gateway.trouble["create"].append(problem)
    with pytest.raises(becomes):
        house.begin(ada)
    (row,) = house.rows(ada)
    assert house.begin(ada) == row.id
    assert house.status(row.id) is Status.STARTED


def test_a_plain_400_ends_the_row_with_its_reason(house, ada):
    house.gateway.trouble["create"].append(PLAIN_400)
    found = house.begin(ada)
    assert (house.status(found), codes(house, found)) == (
        Status.CANCELED,
        [ReasonCode.GATEWAY_REFUSED],
    )
    assert house.gateway.count("create") == 1
    assert house.row(found).next_poll_at is None


def test_after_a_refusal_ada_may_try_again(house, ada):
    house.gateway.trouble["create"].append(PLAIN_400)
    refused = house.begin(ada)
    house.clock.turn(seconds=1)
    found = house.begin(ada)
    assert found != refused
    assert house.status(found) is Status.STARTED


def test_without_consent_there_is_a_row_and_no_call(house, ada):
    found = house.begin(ada, "agreed")
    assert house.status(found) is Status.CREATED
    assert house.present.show(ada, found).kind == "consent"
    assert house.gateway.calls == []


@pytest.mark.parametrize("version", ["2025-01", "", "yes"])
def test_consent_to_other_words_is_none(house, ada, version):
    house.begin(ada, "agreed", version)
    assert house.gateway.calls == []


def test_consent_is_kept_with_version_language_and_time(house, ada):
    found = house.begin(ada, "agreed")
    assert house.begin(ada, "agreed", "2026-01") == found
    assert house.status(found) is Status.STARTED
    (line,) = [line for line in house.timeline(found) if line.event == "consent_given"]
    assert (line.at, dict(line.detail)) == (house.clock(), {"version": "2026-01", "locale": "en"})


def test_consent_given_by_eight_clicks_at_once_is_given_once(house, ada):
    answers = in_threads(8, lambda: house.begin(ada, "agreed", "2026-01"))
    assert len(set(answers)) == 1, answers
    assert house.events(answers[0]).count("consent_given") == 1
    assert house.gateway.count("create") == 1
