"""Each transition sets its fields, counts the version up, and leaves all other fields."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.domain.samples import NOW, sample_onboarding
from webapp.domain import transitions
from webapp.domain.onboarding import Status
from webapp.domain.reasons import ReasonCode, reason
from webapp.domain.schedule import PollReason
from webapp.domain.transitions import PollPlan, Verdict

EARLIER = NOW - timedelta(minutes=1)
IN_CALL = {"status": Status.CREATED, "create_calls": 1, "create_called_at": EARLIER}
PROCESS = {
    "hosted_url": "https://g.example/o",
    "onboarding_token": "t",
    "started_at": NOW,
    "create_called_at": None,
}
ANSWERED = {"gateway_status": "WORD", "submitted_at": NOW}
TIMED_OUT = (reason(ReasonCode.TIMED_OUT),)
VERDICT: dict[str, Any] = {
    "decided_at": EARLIER,
    "decided_by": "olga",
    "rejection_reason": "blurred",
    "reasons": (reason(ReasonCode.OTHER),),
}
PLANNED = {"next_poll_at": EARLIER, "poll_reason": PollReason.WAITING, "poll_count": 3}


def canceled(code: ReasonCode, **more: Any) -> dict[str, Any]:
    return {"status": Status.CANCELED, "reasons": (reason(code),), **more}


#: Fields that a reviewer sees: a change of them makes a decision on the older version invalid.
CASE_FIELDS = {"status", "gateway_status", "reasons"}
#: The transition, its arguments after the time, the fields before, and the changed fields.
#: Transitions that change the case version and no field.
CASE_ONLY = ("record_decision", "record_facts")
CASES: list[tuple[str, tuple[Any, ...], dict[str, Any], dict[str, Any]]] = [
    ("record_decision", (), {}, {}),
    ("record_facts", (), {}, {}),
    ("claim_create_call", (), {"create_calls": 1}, {"create_calls": 2, "create_called_at": NOW}),
    ("release_create_call", (), IN_CALL, {"create_called_at": None}),
    (
        "mark_started",
        ("https://g.example/o", "t", PollPlan(NOW, PollReason.NOTICE)),
        IN_CALL,
        {**PROCESS, "status": Status.STARTED, "next_poll_at": NOW, "poll_reason": "notice"},
    ),
    (  # after a notice moved it
        "mark_started",
        ("https://g.example/o", "t", None),
        {**PLANNED, **IN_CALL, "status": Status.VERIFIED},
        PROCESS,
    ),
    (
        "cancel_as_refused",
        (),
        {**IN_CALL, **PLANNED},
        canceled(ReasonCode.GATEWAY_REFUSED, create_called_at=None, next_poll_at=None),
    ),
    ("cancel_as_lost", (), PLANNED, canceled(ReasonCode.GATEWAY_LOST)),
    ("cancel_as_replaced", (), PLANNED, canceled(ReasonCode.REPLACED, next_poll_at=None)),
    ("link_replacement", ("other",), {}, {"replaced_by": "other"}),
    (
        "reopen_unfinished",
        (),
        {"status": Status.SUBMITTED, "submitted_at": EARLIER},
        {"status": Status.STARTED, "submitted_at": None},
    ),
    (
        "offer_again",
        (),
        {"status": Status.INTERRUPTED, "reasons": TIMED_OUT},
        {"status": Status.STARTED, "reasons": ()},
    ),
    (
        "mark_interrupted",
        (ReasonCode.TIMED_OUT,),
        {"interruptions": 1},
        {"status": Status.INTERRUPTED, "interruptions": 2, "reasons": TIMED_OUT},
    ),
    (
        "mark_submitted",
        (),
        {"reasons": TIMED_OUT},
        {"status": Status.SUBMITTED, "submitted_at": NOW, "reasons": ()},
    ),
    (
        "mark_submitted",
        (),
        {"status": Status.INTERRUPTED, "submitted_at": EARLIER},
        {"status": Status.SUBMITTED},
    ),
    ("record_gateway_status", ("WORD",), {}, {"gateway_status": "WORD"}),
    ("expire", (None,), {}, {"status": Status.EXPIRED}),
    (
        "mark_undecided",
        (Status.DECIDING, "WORD"),
        {"reasons": TIMED_OUT},
        {**ANSWERED, "status": Status.DECIDING, "deciding_at": NOW, "reasons": ()},
    ),
    (
        "mark_undecided",
        (Status.IN_REVIEW, "WORD"),
        {"status": Status.DECIDING, "deciding_at": EARLIER, "submitted_at": EARLIER},
        {"status": Status.IN_REVIEW, "gateway_status": "WORD"},
    ),
    (
        "record_verdict",
        (Status.REJECTED, "WORD", Verdict(**VERDICT)),
        {},
        {**ANSWERED, "status": Status.REJECTED, **VERDICT},
    ),
]


@pytest.mark.parametrize(("transition", "arguments", "before", "changes"), CASES)
def test_transition_changes_exactly_its_fields_and_the_version(
    transition, arguments, before, changes
):
    row = sample_onboarding(**before)
    after = getattr(transitions, transition)(row, NOW, *arguments)
    case_version = 2 if changes.keys() & CASE_FIELDS or transition in CASE_ONLY else 1
    moved = {"version": 2, "case_version": case_version, "updated_at": NOW}
    assert after == replace(row, **{**moved, **changes})


def test_count_unanswered_poll_without_an_answer_counts_and_keeps_the_first_time():
    once = transitions.count_unanswered_poll(sample_onboarding(), EARLIER, answered=False)
    twice = transitions.count_unanswered_poll(once, NOW, answered=False)
    assert (twice.unanswered_polls, twice.unanswered_since, twice.version) == (2, EARLIER, 1)


def test_count_unanswered_poll_after_an_answer_resets_the_count():
    row = sample_onboarding(unanswered_polls=2, unanswered_since=EARLIER)
    after = transitions.count_unanswered_poll(row, NOW, answered=True)
    assert (after.unanswered_polls, after.unanswered_since, after.version) == (0, None, 1)
