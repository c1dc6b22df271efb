"""start: a new onboarding has one process, despite parallel requests, crashes and lost answers."""

import re
from dataclasses import replace

import pytest

from tests.unit.journey.fakes import HOSTED, away
from tests.unit.journey.harness import PUBLIC_URL, JourneyHarness
from tests.unit.store.rows import in_threads
from webapp.domain.errors import GatewayForbidden, GatewayUnavailable, NotFound
from webapp.domain.onboarding import Status
from webapp.domain.reasons import ReasonCode, reason
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
from webapp.journey.start import MAX_PROCESSES_PER_DAY


def codes(harness: JourneyHarness, onboarding_id: str) -> list[ReasonCode]:
    return [each.code for each in harness.row(onboarding_id).reasons]


def test_begin_stores_the_row_and_creates_the_process_with_its_id(harness, ada):
    seen = []
    harness.gateway.during_call["create"] = lambda id_: seen.append(harness.status(id_))
    found = harness.begin(ada)
    assert seen == [Status.CREATED]
    assert harness.gateway.calls == [("create", found)]
    row = harness.row(found)
    assert (row.status, row.hosted_url) == (Status.STARTED, f"{HOSTED}/o/{found}")
    assert row.onboarding_token == "token-of-it"
    assert harness.events(found) == ["created", "create_called", "started"]


def test_begin_sends_the_return_url_and_no_personal_data(harness, ada, ben):
    found = harness.begin(ada)
    (request,) = harness.gateway.requests
    reference = request.redirect_url.removeprefix(f"{PUBLIC_URL}/return/")
    assert harness.references.verify(reference) == found
    assert request.extra_data["site"] == "shop"
    # A hash may contain any letters by chance, so it is compared by its form.
    rest = {name: text for name, text in request.extra_data.items() if name != "subject"}
    assert "ada" not in str(rest).casefold()
    assert re.fullmatch("[0-9a-f]{64}", request.extra_data["subject"])
    harness.begin(ada, "redirect")
    harness.begin(ben)
    first, again, other = (each.extra_data["subject"] for each in harness.gateway.requests)
    assert first == again != other


def test_begin_with_an_unknown_flow_raises_not_found(harness, ada):
    with pytest.raises(NotFound):
        harness.begin(ada, "no such flow")
    assert harness.rows(ada) == []


def test_begin_during_a_create_call_makes_no_second_call(harness, ada):
    def click_again(id_: str) -> None:
        del harness.gateway.during_call["create"]
        assert harness.begin(ada) == id_
        assert harness.present.show(ada, id_).kind == "preparing"

    harness.gateway.during_call["create"] = click_again
    harness.begin(ada)
    assert harness.gateway.count("create") == 1


@pytest.mark.parametrize("reached_the_gateway", [False, True])
def test_begin_after_a_crash_during_create_calls_again_after_the_lease(
    harness, ada, reached_the_gateway
):
    harness.gateway.errors["create"].append(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        harness.begin(ada)
    (crashed,) = harness.rows(ada)
    assert crashed.status is Status.CREATED

    assert harness.begin(ada) == crashed.id  # the call may still be in flight
    assert harness.gateway.count("create") == 1
    harness.clock.advance(seconds=CREATE_LEASE.total_seconds() + 1)
    if reached_the_gateway:  # the repeated create gets 400, and no other call returns the address
        harness.gateway.processes[crashed.id] = None
    found = harness.begin(ada)
    assert (found != crashed.id) == reached_the_gateway
    assert harness.status(found) is Status.STARTED
    assert codes(harness, crashed.id) == ([ReasonCode.REPLACED] if reached_the_gateway else [])


@pytest.mark.parametrize("calls_before", [0, 1])
def test_create_call_that_outlives_its_lease_leaves_the_newer_call_alone(
    harness, ada, calls_before
):
    """The gateway refuses the late call, since the id exists, before the newer answer is stored."""
    if calls_before:
        harness.gateway.errors["create"].append(away(maybe_sent=False))
        with pytest.raises(GatewayUnavailable):
            harness.begin(ada)
    create_process, unkept = harness.start._create_process, []
    store = create_process._store_process

    def overtaken(id_: str) -> None:
        del harness.gateway.during_call["create"]
        harness.clock.advance(seconds=CREATE_LEASE.total_seconds() + 1)
        create_process._store_process = lambda *answer: unkept.extend(answer) or id_
        assert harness.begin(ada) == id_

    harness.gateway.during_call["create"] = overtaken
    id_ = harness.begin(ada)
    assert harness.status(id_) is Status.CREATED
    assert store(*unkept) == id_
    assert (harness.status(id_), len(harness.gateway.processes)) == (Status.STARTED, 1)
    assert "gateway_refused" not in harness.events(id_)
    assert "create_unanswered" not in harness.events(id_)[-3:]


def test_begin_with_a_lost_answer_repeats_once_and_then_replaces(harness, ada):
    harness.gateway.lost_answers["create"] = 1
    found = harness.begin(ada)
    creates = [id_ for call, id_ in harness.gateway.calls if call == "create"]
    lost = creates[0]
    assert creates == [lost, lost, found]
    assert ("delete", lost) in harness.gateway.calls
    retired, new = harness.row(lost), harness.row(found)
    assert (retired.status, retired.replaced_by) == (Status.CANCELED, found)
    assert (new.status, new.previous_id, new.attempt) == (Status.STARTED, lost, 1)
    assert list(harness.gateway.processes) == [found]


def test_begin_that_replaces_keeps_language_and_time_of_the_consent(harness, ada):
    first = harness.begin(ada, "agreed", "2026-01")
    harness.put(first, status=Status.INTERRUPTED, interruptions=2)
    harness.clock.advance(hours=5)
    second = harness.start.begin(ada, "agreed", None, "es")
    assert second != first
    with harness.database.reading() as work:
        given, carried = (work.onboardings.consent(each, "2026-01") for each in (first, second))
    assert given == carried
    assert given.locale == "en"
    assert "consent_given" not in harness.events(second)
    assert "consent_carried_over" in harness.events(second)


def test_begin_after_many_interruptions_creates_10_processes_a_day(harness, ada):
    for _ in range(30):
        harness.back(harness.begin(ada), "connectionError")
        harness.clock.advance(minutes=5)
    assert harness.gateway.count("create") == MAX_PROCESSES_PER_DAY


def test_begin_after_a_late_error_parameter_keeps_it_submitted(harness, ada):
    found = harness.begin(ada)
    harness.back(found)
    for _ in range(3):
        harness.back(found, "connectionError")
        assert harness.begin(ada) == found
    assert harness.status(found) is Status.SUBMITTED
    assert harness.gateway.count("delete") == 0


def test_begin_with_another_flow_than_the_host_chose_raises_not_found(harness, ada):
    sent = replace(ada, flow="agreed", flow_is_given=True)
    with pytest.raises(NotFound):
        harness.begin(sent, "default")
    assert harness.begin(sent, "agreed")


def test_begin_overtaken_during_create_returns_the_replacement(harness, ada):
    harness.gateway.errors["create"].extend([away(), away()])
    with pytest.raises(GatewayUnavailable):
        harness.begin(ada)
    first = harness.rows(ada)[0].id
    harness.gateway.processes[first] = None
    quicker = []

    def click_again(_id: str) -> None:
        del harness.gateway.during_call["create"]
        harness.put(first, create_called_at=None)
        quicker.append(harness.begin(ada))

    harness.gateway.during_call["create"] = click_again
    assert harness.begin(ada) == quicker[0] != first


def test_begin_with_a_timeout_repeats_the_create_with_the_same_id(harness, ada):
    harness.gateway.errors["create"].append(away())
    found = harness.begin(ada)
    assert harness.gateway.calls == [("create", found)] * 2
    assert harness.status(found) is Status.STARTED


def test_begin_while_the_gateway_is_unavailable_releases_the_claim(harness, ada):
    harness.gateway.errors["create"].extend([away(), away(), away()])
    with pytest.raises(GatewayUnavailable):
        harness.begin(ada)
    (row,) = harness.rows(ada)
    assert (row.status, row.create_called_at) == (Status.CREATED, None)
    with pytest.raises(GatewayUnavailable):
        harness.begin(ada)
    assert harness.begin(ada) == row.id
    assert harness.status(row.id) is Status.STARTED


def test_begin_with_an_unsent_create_does_not_repeat_it_and_passes_retry_after_on(harness, ada):
    problem = Unavailable("busy", retry_after_seconds=42, maybe_sent=False)
    harness.gateway.errors["create"].append(problem)
    with pytest.raises(GatewayUnavailable) as raised:
        harness.begin(ada)
    assert raised.value.retry_after_seconds == 42
    assert harness.gateway.count("create") == 1


@pytest.mark.parametrize(
    ("problem", "becomes"),
    [
        (Forbidden("403"), GatewayForbidden),
        (CredentialsRefused("401"), GatewayUnavailable),
        (ProcessMismatch("another"), GatewayUnavailable),
        (StateConflict("409"), GatewayUnavailable),
        (Unauthorized("401"), GatewayUnavailable),
    ],
)
def test_begin_after_any_other_gateway_error_may_be_repeated(harness, ada, problem, becomes):
    harness.gateway.errors["create"].append(problem)
    with pytest.raises(becomes):
        harness.begin(ada)
    (row,) = harness.rows(ada)
    assert harness.begin(ada) == row.id
    assert harness.status(row.id) is Status.STARTED


def test_begin_with_a_400_cancels_as_gateway_refused_and_the_next_creates_a_new_one(harness, ada):
    harness.gateway.errors["create"].append(RequestRefused("create: answered 400", status=400))
    refused = harness.begin(ada)
    assert harness.gateway.count("create") == 1
    row, view = harness.row(refused), harness.result.status(ada, refused)
    assert (row.status, row.next_poll_at, view.next) == (Status.CANCELED, None, "retry")
    assert view.reasons == row.reasons == (reason(ReasonCode.GATEWAY_REFUSED),)
    harness.clock.advance(seconds=1)
    found = harness.begin(ada)
    assert found != refused
    assert harness.status(found) is Status.STARTED


@pytest.mark.parametrize("version", [None, "", "2025-01"])
def test_begin_without_consent_to_the_version_makes_no_call(harness, ada, version):
    found = harness.begin(ada, "agreed", version)
    assert harness.status(found) is Status.CREATED
    assert harness.present.show(ada, found).kind == "consent"
    assert harness.gateway.calls == []


def test_begin_with_consent_stores_version_language_and_time(harness, ada):
    found = harness.begin(ada, "agreed")
    assert harness.begin(ada, "agreed", "2026-01") == found
    assert harness.status(found) is Status.STARTED
    (line,) = [line for line in harness.timeline(found) if line.event == "consent_given"]
    assert (line.at, dict(line.detail)) == (harness.clock(), {"version": "2026-01", "locale": "en"})


def test_begin_with_consent_in_eight_threads_records_it_once_and_creates_one_process(harness, ada):
    answers = in_threads(8, lambda: harness.begin(ada, "agreed", "2026-01"))
    assert len(set(answers)) == 1, answers
    assert harness.events(answers[0]).count("consent_given") == 1
    assert harness.gateway.count("create") == len(harness.rows(ada)) == 1
