"""Each transition sets its fields, counts the version up, and leaves all other fields."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.domain.samples import NOW, sample_onboarding
from webapp.domain import transitions
from webapp.domain.onboarding import Onboarding, Status
from webapp.domain.reasons import ReasonCode, reason
from webapp.domain.schedule import PollReason
from webapp.domain.transitions import PollPlan, Verdict

EARLIER = NOW - timedelta(minutes=1)
IN_CALL = {"status": Status.CREATED, "create_calls": 1, "create_called_at": EARLIER}
PROCESS = {"hosted_url": "https://g.example/o", "onboarding_token": "t", "started_at": NOW}
POLL = PollPlan(NOW, PollReason.NOTICE)
PLANNED = {"next_poll_at": EARLIER, "poll_reason": PollReason.WAITING, "poll_count": 3}

Transition = Callable[[Onboarding], Onboarding]


def canceled(code: ReasonCode, **more: Any) -> dict[str, Any]:
    return {"status": Status.CANCELED, "reasons": (reason(code),), **more}


CASES: dict[str, tuple[dict[str, Any], Transition, dict[str, Any]]] = {
    "claim_create_call": (
        {"create_calls": 1},
        lambda row: transitions.claim_create_call(row, NOW),
        {"create_calls": 2, "create_called_at": NOW},
    ),
    "release_create_call": (
        IN_CALL,
        lambda row: transitions.release_create_call(row, NOW),
        {"create_called_at": None},
    ),
    "mark_started with a poll": (
        IN_CALL,
        lambda row: transitions.mark_started(row, NOW, "https://g.example/o", "t", POLL),
        {
            **PROCESS,
            "status": Status.STARTED,
            "create_called_at": None,
            "next_poll_at": NOW,
            "poll_reason": PollReason.NOTICE,
        },
    ),
    "mark_started after a notice moved it": (
        {**PLANNED, **IN_CALL, "status": Status.VERIFIED},
        lambda row: transitions.mark_started(row, NOW, "https://g.example/o", "t", None),
        {**PROCESS, "create_called_at": None},
    ),
    "cancel_as_refused": (
        {**IN_CALL, **PLANNED},
        lambda row: transitions.cancel_as_refused(row, NOW),
        canceled(ReasonCode.GATEWAY_REFUSED, create_called_at=None, next_poll_at=None),
    ),
    "cancel_as_lost": (
        PLANNED,
        lambda row: transitions.cancel_as_lost(row, NOW),
        canceled(ReasonCode.GATEWAY_LOST),
    ),
    "cancel_as_replaced": (
        PLANNED,
        lambda row: transitions.cancel_as_replaced(row, NOW),
        canceled(ReasonCode.REPLACED, next_poll_at=None),
    ),
    "link_replacement": (
        {},
        lambda row: transitions.link_replacement(row, NOW, "other"),
        {"replaced_by": "other"},
    ),
    "reopen_unfinished": (
        {"status": Status.SUBMITTED, "submitted_at": EARLIER},
        lambda row: transitions.reopen_unfinished(row, NOW),
        {"status": Status.STARTED, "submitted_at": None},
    ),
    "offer_again": (
        {"status": Status.INTERRUPTED, "reasons": (reason(ReasonCode.TIMED_OUT),)},
        lambda row: transitions.offer_again(row, NOW),
        {"status": Status.STARTED, "reasons": ()},
    ),
    "mark_interrupted": (
        {"interruptions": 1},
        lambda row: transitions.mark_interrupted(row, NOW, ReasonCode.TIMED_OUT),
        {
            "status": Status.INTERRUPTED,
            "interruptions": 2,
            "reasons": (reason(ReasonCode.TIMED_OUT),),
        },
    ),
    "mark_submitted": (
        {"reasons": (reason(ReasonCode.TIMED_OUT),)},
        lambda row: transitions.mark_submitted(row, NOW),
        {"status": Status.SUBMITTED, "submitted_at": NOW, "reasons": ()},
    ),
    "mark_submitted again": (
        {"status": Status.INTERRUPTED, "submitted_at": EARLIER},
        lambda row: transitions.mark_submitted(row, NOW),
        {"status": Status.SUBMITTED},
    ),
    "record_gateway_status": (
        {},
        lambda row: transitions.record_gateway_status(row, NOW, "WORD"),
        {"gateway_status": "WORD"},
    ),
    "expire": (
        {},
        lambda row: transitions.expire(row, NOW, None),
        {"status": Status.EXPIRED},
    ),
    "mark_undecided as deciding": (
        {"reasons": (reason(ReasonCode.TIMED_OUT),)},
        lambda row: transitions.mark_undecided(row, NOW, Status.DECIDING, "WORD"),
        {
            "status": Status.DECIDING,
            "gateway_status": "WORD",
            "deciding_at": NOW,
            "submitted_at": NOW,
            "reasons": (),
        },
    ),
    "mark_undecided as in review": (
        {"status": Status.DECIDING, "deciding_at": EARLIER, "submitted_at": EARLIER},
        lambda row: transitions.mark_undecided(row, NOW, Status.IN_REVIEW, "WORD"),
        {"status": Status.IN_REVIEW, "gateway_status": "WORD"},
    ),
    "record_verdict": (
        {},
        lambda row: transitions.record_verdict(
            row,
            NOW,
            Status.REJECTED,
            "WORD",
            Verdict(EARLIER, "olga", "blurred", (reason(ReasonCode.OTHER),)),
        ),
        {
            "status": Status.REJECTED,
            "gateway_status": "WORD",
            "submitted_at": NOW,
            "decided_at": EARLIER,
            "decided_by": "olga",
            "rejection_reason": "blurred",
            "reasons": (reason(ReasonCode.OTHER),),
        },
    ),
}


@pytest.mark.parametrize(("before", "transition", "changes"), CASES.values(), ids=CASES)
def test_transition_changes_exactly_its_fields_and_the_version(before, transition, changes):
    row = sample_onboarding(**before)
    assert transition(row) == replace(row, **{"version": 2, "updated_at": NOW, **changes})


def test_count_unanswered_poll_without_an_answer_counts_and_keeps_the_first_time():
    once = transitions.count_unanswered_poll(sample_onboarding(), EARLIER, answered=False)
    twice = transitions.count_unanswered_poll(once, NOW, answered=False)
    assert (twice.unanswered_polls, twice.unanswered_since, twice.version) == (2, EARLIER, 1)


def test_count_unanswered_poll_after_an_answer_resets_the_count():
    row = sample_onboarding(unanswered_polls=2, unanswered_since=EARLIER)
    after = transitions.count_unanswered_poll(row, NOW, answered=True)
    assert (after.unanswered_polls, after.unanswered_since, after.version) == (0, None, 1)
