"""The decision on a start: every status, request and fact, without a database."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from tests.unit.domain.samples import NOW, sample_onboarding
from webapp.config.sites import Flow, Site
from webapp.domain.onboarding import ACTIVE, AWAITING_USER, Onboarding, Person, Status
from webapp.domain.reasons import ReasonCode, reason
from webapp.journey.decide_start import (
    StartAction,
    StartFacts,
    StartProgress,
    StartRequest,
    decide_start,
)
from webapp.journey.views import Visitor

ADA = Visitor(
    session_id="s",
    person=Person("p", "shop", "ada"),
    site=Site(id="shop", name="Example Shop", flows={"default": Flow()}),
    flow="default",
    via="oidc",
    expires_at=NOW + timedelta(hours=1),
)
ID = sample_onboarding().id
ENDED = [Status.REJECTED, Status.EXPIRED, Status.CANCELED]
WITHOUT_ACTION = [each for each in Status if each not in {*AWAITING_USER, *ENDED}]


def decide(latest: Onboarding | None, **given: Any) -> StartAction:
    """The action; `given` overrides facts, progress, and the fields of request and flow."""
    facts = StartFacts(
        is_verified=lambda: given.get("is_verified", False),
        has_consent=lambda: given.get("has_consent", False),
        attempts_used=lambda: given.get("attempts_used", 0),
        has_reached_limit=lambda: given.get("has_reached_limit", False),
    )
    request = StartRequest(
        ADA,
        Flow(consent_version=given.get("consent_version")),
        given.get("consent"),
        "en",
        unfinished=given.get("unfinished", False),
        prepare_only=given.get("prepare_only", False),
    )
    progress = StartProgress(given.get("checked_id"), given.get("lost_id"))
    return decide_start(latest, request, facts, progress, given.get("now", NOW))


def test_decide_start_without_an_onboarding_creates_one():
    for unfinished, prepare_only in product([True, False], repeat=2):
        found = decide(None, unfinished=unfinished, prepare_only=prepare_only)
        assert found is StartAction.CREATE


@pytest.mark.parametrize(
    ("status", "first", "after_poll"),
    [
        (Status.CREATED, StartAction.CLAIM, StartAction.CLAIM),
        (Status.STARTED, StartAction.POLL, StartAction.CONTINUE),
        (Status.INTERRUPTED, StartAction.POLL, StartAction.OFFER_AGAIN),
        *[(ended, StartAction.CREATE, StartAction.CONTINUE) for ended in ENDED],
        *[(other, StartAction.CONTINUE, StartAction.CONTINUE) for other in WITHOUT_ACTION],
    ],
)
def test_decide_start_in_each_status_before_and_after_the_poll(status, first, after_poll):
    latest = sample_onboarding(status=status)
    assert decide(latest) is first
    assert decide(latest, checked_id=ID) is after_poll


@pytest.mark.parametrize("status", Status)
def test_decide_start_with_a_verified_one_replaces_what_awaits_the_user(status):
    action = decide(sample_onboarding(status=status), is_verified=True)
    assert (action is StartAction.REPLACE) == (status in AWAITING_USER)


@pytest.mark.parametrize("status", ACTIVE)
def test_decide_start_after_a_lost_address_replaces_what_awaits_the_user(status):
    action = decide(sample_onboarding(status=status), checked_id=ID, lost_id=ID)
    expected = StartAction.REPLACE if status in AWAITING_USER else StartAction.CONTINUE
    assert action is expected


@pytest.mark.parametrize("status", ACTIVE)
def test_decide_start_to_prepare_only_continues_with_the_active_one(status):
    assert decide(sample_onboarding(status=status), prepare_only=True) is StartAction.CONTINUE


@pytest.mark.parametrize("status", ACTIVE)
@pytest.mark.parametrize("late_by", [0, 1])
def test_decide_start_after_the_expiry_polls_what_awaits_the_user_once(status, late_by):
    latest = sample_onboarding(status=status)
    now = latest.expires_at + timedelta(seconds=late_by)
    expected = StartAction.EXPIRE if status in AWAITING_USER else StartAction.CONTINUE
    assert decide(latest, now=now) is expected
    if status in (Status.CREATED, Status.STARTED):
        assert decide(latest, now=now, checked_id="another") is StartAction.CONTINUE


@pytest.mark.parametrize(
    ("given", "action"),
    [
        ({"consent": None}, StartAction.CONTINUE),
        ({"consent": "2025-01"}, StartAction.CONTINUE),
        ({"consent": "2026-01"}, StartAction.CLAIM),
        ({"consent": None, "has_consent": True}, StartAction.CLAIM),
    ],
)
def test_decide_start_of_a_flow_with_consent_claims_only_after_consent(given, action):
    latest = sample_onboarding(status=Status.CREATED)
    assert decide(latest, consent_version="2026-01", **given) is action


def test_decide_start_of_an_unfinished_submission_polls_and_then_reopens_it():
    latest = sample_onboarding(status=Status.SUBMITTED)
    assert decide(latest, unfinished=True) is StartAction.POLL
    assert decide(latest, unfinished=True, checked_id=ID) is StartAction.REOPEN


@pytest.mark.parametrize(
    ("interruptions", "has_reached_limit", "action"),
    [
        (1, False, StartAction.OFFER_AGAIN),
        (2, False, StartAction.REPLACE),
        (2, True, StartAction.OFFER_AGAIN),
    ],
)
def test_decide_start_of_an_interrupted_one_replaces_it_the_second_time_within_the_limit(
    interruptions, has_reached_limit, action
):
    latest = sample_onboarding(status=Status.INTERRUPTED, interruptions=interruptions)
    given = {"checked_id": ID, "has_reached_limit": has_reached_limit}
    assert decide(latest, **given) is action


@pytest.mark.parametrize("status", ENDED)
@pytest.mark.parametrize(
    ("given", "action"),
    [
        ({"attempts_used": 2}, StartAction.CREATE),
        ({"attempts_used": 3}, StartAction.CONTINUE),
        ({"attempts_used": 4}, StartAction.CONTINUE),
        ({"has_reached_limit": True}, StartAction.CONTINUE),
        ({"checked_id": "another"}, StartAction.CREATE),
    ],
)
def test_decide_start_after_the_end_creates_one_within_attempts_and_daily_limit(
    status, given, action
):
    assert decide(sample_onboarding(status=status), **given) is action


def test_decide_start_after_a_reason_without_retry_continues_with_the_ended_one():
    ended = sample_onboarding(status=Status.REJECTED, reasons=(reason(ReasonCode.UNDERAGE),))
    assert decide(ended) is StartAction.CONTINUE
