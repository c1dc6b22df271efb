"""What the pages say and offer, by what the journey hands them."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.unit.web.fakes import ADAS, NOW, SHOP, steps_of, view
from webapp.domain.onboarding import Status
from webapp.domain.reasons import ReasonCode, reason
from webapp.journey.views import Action, Home, Next, OnboardingView, Page, Visitor

EVERYTHING: list[tuple[Status, Next, Action]] = [
    (Status.CREATED, "continue", "continue"),
    (Status.STARTED, "continue", "continue"),
    (Status.INTERRUPTED, "continue", "continue"),
    (Status.SUBMITTED, "wait", "see"),
    (Status.DECIDING, "wait", "see"),
    (Status.IN_REVIEW, "wait", "see"),
    (Status.VERIFIED, "done", "see"),
    (Status.REJECTED, "retry", "retry"),
    (Status.REJECTED, "done", "see"),
    (Status.EXPIRED, "retry", "retry"),
    (Status.CANCELED, "done", "see"),
    (Status.ERASED, "done", "see"),
]


def home_with(
    app: Flask, current: OnboardingView, action: Action, *earlier: OnboardingView
) -> None:
    def home(visitor: Visitor) -> Home:
        known = [current, *earlier]
        return Home(visitor.person, SHOP, SHOP.flows["default"], known, current, action)

    steps_of(app).present.home = home


def onboardings_forms(page: str) -> int:
    main = page.partition("<main")[2].partition("</main>")[0]
    return len(re.findall(r'<form method="post" action="/onboardings">', main))


@pytest.mark.parametrize(("status", "next_", "action"), EVERYTHING)
def test_home_always_has_exactly_one_form_that_leads_on(
    app: Flask, ada: FlaskClient, status: Status, next_: Next, action: Action
) -> None:
    """Whatever the reason, and without one."""
    for code in (None, *ReasonCode):
        reasons = (reason(code),) if code else ()
        home_with(app, replace(view(ADAS, status), next=next_, reasons=reasons), action)
        page = ada.get("/").text
        assert onboardings_forms(page) == 1, code
        assert 'name="flow" value="default"' in page, code


@pytest.mark.parametrize(
    ("status", "next_", "told"),
    [
        (Status.VERIFIED, "done", ("Result", "Verified", "Decided on")),
        (Status.REJECTED, "done", ("Result", "Not verified", "Decided on")),
        (Status.IN_REVIEW, "wait", ("Where it stands", "In review", "Started on")),
    ],
)
def test_home_says_the_result_and_its_day(
    app: Flask, ada: FlaskClient, status: Status, next_: Next, told: tuple[str, ...]
) -> None:
    decided_at = NOW if next_ == "done" else None
    home_with(app, replace(view(ADAS, status), next=next_, decided_at=decided_at), "see")
    page = ada.get("/").text
    for words in (*told, "November 23, 2026"):
        assert words in page


def test_earlier_checks_of_one_day_are_told_apart_by_the_time(app: Flask, ada: FlaskClient) -> None:
    dates = [NOW.replace(hour=8), NOW.replace(hour=9), NOW.replace(day=3)]
    earlier = [
        replace(view(str(number), Status.EXPIRED), created_at=created_at)
        for number, created_at in enumerate(dates)
    ]
    home_with(app, view(ADAS), "continue", *earlier)
    page = ada.get("/").text
    assert page.count(" UTC") == 2


@pytest.mark.parametrize("agreed", [False, True])
def test_a_consent_on_record_is_not_asked_for_again(
    app: Flask, ada: FlaskClient, agreed: bool
) -> None:
    steps = steps_of(app)
    steps.kind = "consent"
    show = steps.show

    def shown(visitor: Visitor, onboarding_id: str) -> Page:
        return replace(show(visitor, onboarding_id), agreed=agreed)

    steps.present.show = shown
    page = ada.get(f"/onboardings/{ADAS}").text
    assert onboardings_forms(page) == 1
    assert ('name="consent"' in page) is not agreed
    assert ("Do you agree?" in page) is not agreed
    assert ("Nothing is lost" in page) is agreed
    if not agreed:
        assert page.index("What you agree to") < page.index('class="question"')


@pytest.mark.parametrize(
    ("status", "attempt", "told"),
    [
        (Status.REJECTED, 3, True),
        (Status.REJECTED, 2, False),
        (Status.CANCELED, 3, False),
    ],
)
def test_attempts_are_counted_only_where_they_are_the_reason(
    app: Flask, ada: FlaskClient, status: Status, attempt: int, told: bool
) -> None:
    steps = steps_of(app)
    steps.kind = "result"
    show = steps.show

    def shown(visitor: Visitor, onboarding_id: str) -> Page:
        page = show(visitor, onboarding_id)
        over = replace(view(onboarding_id, status), next="done", attempt=attempt)
        return replace(page, onboarding=over)

    steps.present.show = shown
    page = ada.get(f"/onboardings/{ADAS}").text
    assert ("Attempts used: 3 of 3." in page) is told
    assert "Example Shop can tell you how to go on." in page


def test_an_error_page_keeps_the_site_without_asking_who_it_is(
    app: Flask, ada: FlaskClient, stranger: FlaskClient
) -> None:
    def away(session_id: str) -> None:
        raise AssertionError("the database was asked")

    steps_of(app).admit.find_visitor = away
    page = ada.get("/nothing-here").text
    assert "/sites/shop/theme.css" in page
    assert "Example Shop" in page
    assert "Example Shop" not in stranger.get("/nothing-here").text


def test_a_refused_hand_off_leads_to_the_site_it_comes_from(
    app: Flask, stranger: FlaskClient
) -> None:
    page = stranger.get("/handoff?token=forged").text
    assert 'href="https://shop.example/"' in page
    assert 'href="/"' not in page


def test_a_refused_hand_off_of_nobody_known_is_explained(app: Flask, stranger: FlaskClient) -> None:
    steps_of(app).sites = {"shop": SHOP, "other": SHOP.model_copy(update={"id": "other"})}
    page = stranger.get("/handoff?token=forged").text
    assert "start from there again" in page
    assert "shop.example" not in page
