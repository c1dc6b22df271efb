"""The transition table against a handwritten copy, and properties of every order of events."""

from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.onboarding import FINAL, Status
from webapp.domain.states import (
    after_answer,
    after_return,
    agrees,
    contradicts,
    may_become,
    meaning,
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
ANSWERED = {Status.DECIDING, Status.IN_REVIEW, Status.VERIFIED, Status.REJECTED}

statuses = st.sampled_from(Status)
words = st.one_of(
    st.sampled_from([*SPELLED, "VIDEO_AVAILABLE", "verified", " NOT_VERIFIED "]),
    st.none(),
    st.text(max_size=12),
)
answers = words.map(lambda word: ("answer", word))
returns = st.booleans().map(lambda failed: ("return", failed))
event_lists = st.lists(st.one_of(answers, returns), max_size=12)


def oracle() -> set[tuple[Status, Status]]:
    _head, *lines = ORACLE.strip().splitlines()
    rows = [line.split() for line in lines]
    return {
        (Status(was), Status(target))
        for was, *marks in rows
        for (target, *_), mark in zip(rows, marks, strict=True)
        if mark == "x"
    }


def walk(start: Status, events: list[tuple[str, object]]) -> list[Status]:
    path = [start]
    for kind, event in events:
        if kind == "answer":
            path.append(after_answer(path[-1], event))
        else:
            path.append(after_return(path[-1], failed=bool(event)))
    return path


def test_may_become_equals_the_handwritten_table():
    known = {(was, then) for was in Status for then in Status if may_become(was, then)}
    assert known == oracle()


@given(statuses, words)
def test_after_answer_moves_only_where_the_table_allows(current, word):
    then = after_answer(current, word)
    wanted = SPELLED.get((word or "").strip().upper())
    expected = wanted if (current, wanted) in oracle() else current
    assert then is expected


@given(statuses, event_lists)
def test_no_event_leads_out_of_a_final_status(start, events):
    path = walk(start, events)
    for was, then in pairwise(path):
        if was in FINAL or was is Status.ERASED:
            assert then is was


@given(statuses, event_lists)
def test_after_return_never_overwrites_an_answer(start, events):
    path = walk(start, events)
    for (kind, _), (was, then) in zip(events, pairwise(path), strict=True):
        if kind == "return" and was in ANSWERED | {Status.EXPIRED, Status.CANCELED, Status.ERASED}:
            assert then is was


@given(statuses, st.booleans())
def test_after_return_never_decides(start, failed):
    assert after_return(start, failed=failed) in {start, Status.SUBMITTED, Status.INTERRUPTED}


@given(
    st.sampled_from(["VERIFIED", "NOT_VERIFIED"]),
    st.lists(
        st.sampled_from(["PENDING_VALIDATION", "PENDING_VERIFICATION", "VIDEO_AVAILABLE", "?"]),
        max_size=4,
    ),
    st.lists(st.booleans(), max_size=3),
    st.randoms(),
)
def test_events_in_any_order_and_repetition_end_in_the_same_status(verdict, others, hints, chance):
    events = [("answer", word) for word in [verdict, verdict, *others, *others]]
    events += [("return", failed) for failed in hints]
    chance.shuffle(events)
    assert walk(Status.STARTED, events)[-1] is SPELLED[verdict]


def test_after_answer_with_an_opposite_verdict_keeps_the_first():
    for first, second in permutations(["VERIFIED", "NOT_VERIFIED"]):
        path = walk(Status.SUBMITTED, [("answer", first), ("answer", second)])
        assert path[-1] is SPELLED[first]
        assert contradicts(path[-1], second)


@given(statuses, words)
def test_contradicts_only_in_a_final_status(current, word):
    other_verdict = meaning(word) in FINAL and meaning(word) is not current
    assert contradicts(current, word) == (current in FINAL and other_verdict)


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


@pytest.mark.parametrize("ours", [Status.EXPIRED, Status.CANCELED])
@pytest.mark.parametrize("word", SPELLED)
def test_after_answer_replaces_expired_and_canceled(ours, word):
    assert after_answer(ours, word) is SPELLED[word]


@pytest.mark.parametrize(
    ("notice", "answer"),
    [
        ("VERIFIED", "VERIFIED"),
        ("PENDING_VERIFICATION", "VERIFIED"),
        ("PENDING", "PENDING_VERIFICATION"),
        ("PENDING_VALIDATION", "PENDING_VERIFICATION"),
        ("PENDING_VALIDATION", "NOT_VERIFIED"),
        ("VIDEO_AVAILABLE", None),
        ("A_WORD_OF_NEXT_YEAR", None),
    ],
)
def test_agrees_with_an_answer_at_least_as_far(notice, answer):
    assert agrees(notice, answer)


@pytest.mark.parametrize(
    ("notice", "answer"),
    [
        ("VERIFIED", None),
        ("VERIFIED", "VIDEO_AVAILABLE"),
        ("VERIFIED", "PENDING_VERIFICATION"),
        ("VERIFIED", "NOT_VERIFIED"),
        ("NOT_VERIFIED", "VERIFIED"),
        ("PENDING_VERIFICATION", "PENDING_VALIDATION"),
    ],
)
def test_agrees_not_with_an_earlier_or_opposite_answer(notice, answer):
    assert not agrees(notice, answer)


@given(st.sampled_from(list(SPELLED)), words)
def test_agrees_only_with_statuses_the_notice_can_lead_to(notice, answer):
    said, answered = SPELLED[notice], meaning(answer)
    follows = answered is said or (said, answered) in oracle()
    assert agrees(notice, answer) == (answered is not None and follows)
