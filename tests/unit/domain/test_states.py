"""The transition table against a handwritten copy, and the status after events in any order."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.onboarding import Status
from webapp.domain.states import (
    after_answer,
    after_return,
    agrees,
    contradicts,
    may_become,
    newer_word,
)

# Written by hand: a row per status, an x for each status that may follow.
ORACLE = """
to:         cr st in su de re ve rj ex ca er
created     .  x  .  .  x  x  x  x  x  x  x
started     .  .  x  x  x  x  x  x  x  x  x
interrupted .  x  .  x  x  x  x  x  x  x  x
submitted   .  x  .  .  x  x  x  x  x  x  x
deciding    .  .  .  .  .  x  x  x  x  x  x
in_review   .  .  .  .  .  .  x  x  x  x  x
verified    .  .  .  .  .  .  .  .  .  .  x
rejected    .  .  .  .  .  .  .  .  .  .  x
expired     .  .  .  .  x  x  x  x  .  .  x
canceled    .  .  .  .  x  x  x  x  .  .  x
erased      .  .  .  .  .  .  .  .  .  .  .
"""
SPELLED = {
    "PENDING_VALIDATION": Status.DECIDING,
    "PENDING_VERIFICATION": Status.IN_REVIEW,
    "PENDING": Status.IN_REVIEW,
    "VERIFIED": Status.VERIFIED,
    "NOT_VERIFIED": Status.REJECTED,
}
#: Words that lead to no status.
MEANINGLESS = [None, "", "VIDEO_AVAILABLE", "A_WORD_OF_NEXT_YEAR"]
WORDS = [*SPELLED, "verified", " NOT_VERIFIED ", *MEANINGLESS]


def oracle() -> set[tuple[Status, Status]]:
    _head, *lines = ORACLE.strip().splitlines()
    rows = [line.split() for line in lines]
    return {
        (Status(was), Status(target))
        for was, *marks in rows
        for (target, *_), mark in zip(rows, marks, strict=True)
        if mark == "x"
    }


def test_may_become_equals_the_handwritten_table():
    known = {(was, then) for was in Status for then in Status if may_become(was, then)}
    assert known == oracle()


@pytest.mark.parametrize("current", Status)
def test_after_answer_moves_only_where_the_table_allows(current):
    for word in WORDS:
        wanted = SPELLED.get((word or "").strip().upper())
        expected = wanted if (current, wanted) in oracle() else current
        assert after_answer(current, word) is expected, word


@pytest.mark.parametrize("current", Status)
def test_after_return_moves_only_what_awaits_the_user_at_the_gateway(current):
    moves = current in (Status.STARTED, Status.INTERRUPTED)
    assert after_return(current, failed=True) is (Status.INTERRUPTED if moves else current)
    assert after_return(current, failed=False) is (Status.SUBMITTED if moves else current)


@given(
    st.sampled_from(["VERIFIED", "NOT_VERIFIED"]),
    st.lists(st.sampled_from(["PENDING_VALIDATION", "PENDING_VERIFICATION", "?"]), max_size=4),
    st.lists(st.booleans(), max_size=3),
    st.randoms(),
)
def test_events_in_any_order_and_repetition_end_in_the_same_status(verdict, others, hints, chance):
    events = [verdict, verdict, *others, *others, *hints]
    chance.shuffle(events)
    status = Status.STARTED
    for event in events:
        if isinstance(event, bool):
            status = after_return(status, failed=event)
        else:
            status = after_answer(status, event)
    assert status is SPELLED[verdict]


@pytest.mark.parametrize("current", Status)
def test_contradicts_only_with_the_opposite_verdict_of_a_final_status(current):
    opposite = {Status.VERIFIED: Status.REJECTED, Status.REJECTED: Status.VERIFIED}.get(current)
    for word in WORDS:
        reported = SPELLED.get((word or "").strip().upper(), "none")
        assert contradicts(current, word) == (reported is opposite), word


@pytest.mark.parametrize("notice", SPELLED)
def test_agrees_only_with_statuses_the_notice_can_lead_to(notice):
    for answer in WORDS:
        pair = SPELLED[notice], SPELLED.get((answer or "").strip().upper())
        assert agrees(notice, answer) == (pair[0] is pair[1] or pair in oracle()), answer


def test_agrees_of_a_meaningless_notice_with_any_answer():
    for notice, answer in product(["VIDEO_AVAILABLE", "A_WORD_OF_NEXT_YEAR"], WORDS):
        assert agrees(notice, answer)


@pytest.mark.parametrize(
    ("known", "word", "kept"),
    [
        (None, "PENDING_VALIDATION", "PENDING_VALIDATION"),
        ("PENDING_VALIDATION", "PENDING_VERIFICATION", "PENDING_VERIFICATION"),
        ("VERIFIED", "PENDING_VERIFICATION", "VERIFIED"),
        ("PENDING_VERIFICATION", "PENDING_VALIDATION", "PENDING_VERIFICATION"),
        ("VERIFIED", "NOT_VERIFIED", "NOT_VERIFIED"),
        ("VERIFIED", "NEW_WORD", "NEW_WORD"),
        ("VERIFIED", None, "VERIFIED"),
    ],
)
def test_newer_word_keeps_the_word_closer_to_a_verdict(known, word, kept):
    assert newer_word(known, word) == kept
