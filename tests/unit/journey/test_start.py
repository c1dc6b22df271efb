"""start: one process at the gateway, whatever is clicked how often and whatever gets lost."""

import re
from dataclasses import replace

import pytest

from tests.unit.journey.fakes import HOSTED, away
from tests.unit.journey.harness import PUBLIC_URL, JourneyHarness
from tests.unit.store.rows import in_threads
from webapp.domain.errors import GatewayForbidden, GatewayUnavailable, NotFound
from webapp.domain.onboarding import Status
from webapp.domain.reasons import ReasonCode
from webapp.gateway.errors import (
    CredentialsRefused,
    Forbidden,
    ProcessMismatch,
    RequestRefused,
    StateConflict,
    Unauthorized,
    Unavailable,
)
from webapp.journey.create_process import CREATE_LEASE
from webapp.journey.new_onboarding import MAX_PROCESSES_PER_DAY

PLAIN_400 = RequestRefused("create: answered 400", status=400)


def codes(harness: JourneyHarness, onboarding_id: str) -> list[ReasonCode]:
    return [reason.code for reason in harness.row(onboarding_id).reasons]


def test_a_click_makes_the_row_and_then_the_process_of_the_same_id(harness, ada):
    found = harness.begin(ada)
    assert harness.gateway.calls == [("create", found)]
    row = harness.row(found)
    assert (row.status, row.hosted_url, row.onboarding_token) == (
        Status.STARTED,
        f"{HOSTED}/o/{found}",
        "token-of-it",
    )
    assert harness.events(found) == ["created", "create_called", "started"]


def test_the_row_is_there_before_the_gateway_is_called(harness, ada):
    seen = []
    harness.gateway.during["create"] = lambda id_: seen.append(harness.row(id_).status)
    harness.begin(ada)
    assert seen == [Status.CREATED]


def test_the_gateway_is_told_where_to_send_ada_back_and_nothing_of_her_name(harness, ada):
    found = harness.begin(ada)
    (request,) = harness.gateway.requests
    reference = request.redirect_url.removeprefix(f"{PUBLIC_URL}/return/")
    assert harness.references.read(reference) == found
    assert request.extra_data["site"] == "shop"
    # A hash may spell anything by chance: it is told by its form, all else by what it holds.
    rest = {name: text for name, text in request.extra_data.items() if name != "subject"}
    assert "ada" not in str(rest).casefold()
    assert re.fullmatch("[0-9a-f]{64}", request.extra_data["subject"])


def test_ada_is_the_same_hash_each_time_and_ben_another(harness, ada, ben):
    harness.begin(ada)
    harness.begin(ada, "redirect")
    harness.begin(ben)
    first, again, other = (r.extra_data["subject"] for r in harness.gateway.requests)
    assert first == again != other


def test_an_unknown_flow_is_not_found(harness, ada):
    with pytest.raises(NotFound):
        harness.begin(ada, "no such flow")
    assert harness.rows(ada) == []


def test_eight_clicks_at_once_make_one_process(harness, ada):
    answers = in_threads(8, lambda: harness.begin(ada))
    assert len(set(answers)) == 1, answers
    assert harness.gateway.count("create") == 1
    assert len(harness.rows(ada)) == 1


def test_a_second_click_while_create_is_under_way_calls_nobody(harness, ada):
    def click_again(id_: str) -> None:
        del harness.gateway.during["create"]
        assert harness.begin(ada) == id_
        assert harness.present.show(ada, id_).kind == "preparing"

    harness.gateway.during["create"] = click_again
    harness.begin(ada)
    assert harness.gateway.count("create") == 1


def test_after_a_crash_between_row_and_answer_the_next_click_goes_on(harness, ada):
    harness.gateway.trouble["create"].append(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        harness.begin(ada)
    (crashed,) = harness.rows(ada)
    assert crashed.status is Status.CREATED

    assert harness.begin(ada) == crashed.id  # somebody may still be at it
    assert harness.gateway.count("create") == 1
    harness.clock.advance(seconds=CREATE_LEASE.total_seconds() + 1)
    assert harness.begin(ada) == crashed.id
    assert harness.status(crashed.id) is Status.STARTED


@pytest.mark.parametrize("calls_before", [0, 1])
def test_a_call_that_took_too_long_spoils_nothing_for_the_one_that_took_over(
    harness, ada, calls_before
):
    """It is refused, for the gateway has this id now, before the other's answer is kept."""
    if calls_before:
        harness.gateway.trouble["create"].append(away(maybe_sent=False))
        with pytest.raises(GatewayUnavailable):
            harness.begin(ada)
    late = harness.start._create_process._keep

    def overtaken(id_: str) -> None:
        del harness.gateway.during["create"]
        harness.clock.advance(seconds=CREATE_LEASE.total_seconds() + 1)
        harness.start._create_process._keep = lambda *answer: unkept.extend(answer) or id_
        assert harness.begin(ada) == id_

    unkept = []
    harness.gateway.during["create"] = overtaken
    id_ = harness.begin(ada)
    assert harness.status(id_) is Status.CREATED
    assert late(*unkept) == id_
    assert (harness.status(id_), len(harness.gateway.processes)) == (Status.STARTED, 1)
    assert "gateway_refused" not in harness.events(id_)
    assert "create_unanswered" not in harness.events(id_)[-3:]


def test_a_crash_after_the_gateway_has_answered_ends_in_a_new_process(harness, ada):
    """The address is lost: the repeat gets 400, no other call gives it back."""
    harness.gateway.during["create"] = lambda _: None
    first = harness.begin(ada)
    harness.put(first, status=Status.CREATED, hosted_url=None, create_called_at=harness.clock())
    harness.clock.advance(seconds=CREATE_LEASE.total_seconds() + 1)
    second = harness.begin(ada)
    assert second != first
    assert harness.status(second) is Status.STARTED
    assert (harness.status(first), codes(harness, first)) == (
        Status.CANCELED,
        [ReasonCode.REPLACED],
    )


def test_a_lost_answer_is_asked_for_once_more_under_the_same_id_and_then_replaced(harness, ada):
    harness.gateway.lost["create"] = 1
    found = harness.begin(ada)
    creates = [id_ for call, id_ in harness.gateway.calls if call == "create"]
    lost = creates[0]
    assert creates == [lost, lost, found]
    assert ("delete", lost) in harness.gateway.calls
    retired, new = harness.row(lost), harness.row(found)
    assert (retired.status, retired.replaced_by) == (Status.CANCELED, found)
    assert (new.status, new.previous_id, new.attempt) == (Status.STARTED, lost, 1)
    assert list(harness.gateway.processes) == [found]


def test_a_replaced_row_takes_its_consent_along(harness, ada):
    harness.gateway.lost["create"] = 1
    found = harness.begin(ada, "agreed", "2026-01")
    assert harness.status(found) is Status.STARTED
    assert "consent_given" not in harness.events(found)
    assert "consent_carried_over" in harness.events(found)


def test_a_carried_over_consent_keeps_its_language_and_time(harness, ada):
    first = harness.begin(ada, "agreed", "2026-01")
    harness.put(first, status=Status.INTERRUPTED, interruptions=2)
    harness.clock.advance(hours=5)
    second = harness.start.begin(ada, "agreed", None, "es")
    with harness.database.reading() as work:
        given, carried = (work.onboardings.consent(each, "2026-01") for each in (first, second))
    assert second != first
    assert given == carried
    assert given.locale == "en"


def test_breaking_off_again_and_again_does_not_open_processes_without_end(harness, ada):
    for _ in range(30):
        harness.back(harness.begin(ada), "connectionError")
        harness.clock.advance(minutes=5)
    assert harness.gateway.count("create") == MAX_PROCESSES_PER_DAY


def test_what_was_captured_is_not_thrown_away_by_an_error_in_the_address(harness, ada):
    found = harness.begin(ada)
    harness.back(found)
    for _ in range(3):
        harness.back(found, "connectionError")
        assert harness.begin(ada) == found
    assert harness.status(found) is Status.SUBMITTED
    assert harness.gateway.count("delete") == 0


def test_ada_may_not_choose_another_flow_than_the_one_she_was_sent_for(harness, ada):
    sent = replace(ada, flow="agreed", flow_is_given=True)
    with pytest.raises(NotFound):
        harness.begin(sent, "default")
    assert harness.begin(sent, "agreed")


def test_a_click_that_lost_against_another_leads_to_the_row_that_took_its_place(harness, ada):
    harness.gateway.trouble["create"].extend([away(), away()])
    with pytest.raises(GatewayUnavailable):
        harness.begin(ada)
    first = harness.rows(ada)[0].id
    harness.gateway.processes[first] = None
    quicker = []

    def click_again(_id: str) -> None:
        del harness.gateway.during["create"]
        harness.put(first, create_called_at=None)
        quicker.append(harness.begin(ada))

    harness.gateway.during["create"] = click_again
    assert harness.begin(ada) == quicker[0] != first


def test_a_repeat_that_succeeds_keeps_the_id(harness, ada):
    harness.gateway.trouble["create"].append(away())
    found = harness.begin(ada)
    assert harness.gateway.calls == [("create", found)] * 2
    assert harness.status(found) is Status.STARTED


def test_a_request_that_never_left_is_not_repeated_at_once(harness, ada):
    harness.gateway.trouble["create"].append(away(maybe_sent=False))
    with pytest.raises(GatewayUnavailable):
        harness.begin(ada)
    assert harness.gateway.count("create") == 1


def test_while_the_gateway_is_unreachable_nothing_is_lost(harness, ada):
    harness.gateway.trouble["create"].extend([away(), away(), away()])
    with pytest.raises(GatewayUnavailable):
        harness.begin(ada)
    (row,) = harness.rows(ada)
    assert (row.status, row.create_called_at) == (Status.CREATED, None)
    with pytest.raises(GatewayUnavailable):
        harness.begin(ada)
    assert harness.begin(ada) == row.id
    assert harness.status(row.id) is Status.STARTED


def test_the_gateways_wish_when_to_come_back_is_passed_on(harness, ada):
    problem = Unavailable("busy", retry_after_seconds=42, maybe_sent=False)
    harness.gateway.trouble["create"].append(problem)
    with pytest.raises(GatewayUnavailable) as told:
        harness.begin(ada)
    assert told.value.retry_after_seconds == 42


@pytest.mark.parametrize(
    ("problem", "becomes"),
    [
        (Forbidden("403"), GatewayForbidden),
        (Unauthorized("401"), GatewayUnavailable),
        (CredentialsRefused("401"), GatewayUnavailable),
        (ProcessMismatch("another"), GatewayUnavailable),
        (StateConflict("409"), GatewayUnavailable),
    ],
)
def test_every_other_trouble_leaves_the_row_free_for_the_same_click(harness, ada, problem, becomes):
    harness.gateway.trouble["create"].append(problem)
    with pytest.raises(becomes):
        harness.begin(ada)
    (row,) = harness.rows(ada)
    assert harness.begin(ada) == row.id
    assert harness.status(row.id) is Status.STARTED


def test_a_plain_400_ends_the_row_with_its_reason(harness, ada):
    harness.gateway.trouble["create"].append(PLAIN_400)
    found = harness.begin(ada)
    assert (harness.status(found), codes(harness, found)) == (
        Status.CANCELED,
        [ReasonCode.GATEWAY_REFUSED],
    )
    assert harness.gateway.count("create") == 1
    assert harness.row(found).next_poll_at is None


def test_after_a_refusal_ada_may_try_again(harness, ada):
    harness.gateway.trouble["create"].append(PLAIN_400)
    refused = harness.begin(ada)
    harness.clock.advance(seconds=1)
    found = harness.begin(ada)
    assert found != refused
    assert harness.status(found) is Status.STARTED


def test_without_consent_there_is_a_row_and_no_call(harness, ada):
    found = harness.begin(ada, "agreed")
    assert harness.status(found) is Status.CREATED
    assert harness.present.show(ada, found).kind == "consent"
    assert harness.gateway.calls == []


@pytest.mark.parametrize("version", ["2025-01", "", "yes"])
def test_consent_to_other_words_is_none(harness, ada, version):
    harness.begin(ada, "agreed", version)
    assert harness.gateway.calls == []


def test_consent_is_kept_with_version_language_and_time(harness, ada):
    found = harness.begin(ada, "agreed")
    assert harness.begin(ada, "agreed", "2026-01") == found
    assert harness.status(found) is Status.STARTED
    (line,) = [line for line in harness.timeline(found) if line.event == "consent_given"]
    assert (line.at, dict(line.detail)) == (harness.clock(), {"version": "2026-01", "locale": "en"})


def test_consent_given_by_eight_clicks_at_once_is_given_once(harness, ada):
    answers = in_threads(8, lambda: harness.begin(ada, "agreed", "2026-01"))
    assert len(set(answers)) == 1, answers
    assert harness.events(answers[0]).count("consent_given") == 1
    assert harness.gateway.count("create") == 1
