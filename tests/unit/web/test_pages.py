"""Content of pages by the views that the journey returns."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.unit.web.conftest import signed_in
from tests.unit.web.fakes import ADAS, NOW, SHOP, steps_of, view
from webapp.domain.onboarding import Status
from webapp.domain.reasons import ReasonCode, reason
from webapp.journey.views import Action, Home, Next, OnboardingView, Page, Visitor

STATES: list[tuple[Status, Next, Action]] = [
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


@pytest.mark.parametrize(("status", "next_", "action"), STATES)
def test_home_in_every_status_has_exactly_one_start_form(
    app: Flask, ada: FlaskClient, status: Status, next_: Next, action: Action
) -> None:
    """With each reason and without one."""
    for code in (None, *ReasonCode):
        reasons = (reason(code),) if code else ()
        home_with(app, replace(view(ADAS, status), next=next_, reasons=reasons), action)
        page = ada.get("/").text
        assert onboardings_forms(page) == 1, code
        assert 'name="flow" value="default"' in page, code


@pytest.mark.parametrize(
    ("status", "next_", "texts"),
    [
        (Status.VERIFIED, "done", ("Result", "Verified", "Decided on")),
        (Status.REJECTED, "done", ("Result", "Not verified", "Decided on")),
        (Status.IN_REVIEW, "wait", ("Status", "In review", "Started on")),
    ],
)
def test_home_shows_result_and_date(
    app: Flask, ada: FlaskClient, status: Status, next_: Next, texts: tuple[str, ...]
) -> None:
    decided_at = NOW if next_ == "done" else None
    home_with(app, replace(view(ADAS, status), next=next_, decided_at=decided_at), "see")
    page = ada.get("/").text
    for words in (*texts, "November 23, 2026"):
        assert words in page


def test_home_with_two_checks_of_one_day_shows_their_times(app: Flask, ada: FlaskClient) -> None:
    dates = [NOW.replace(hour=8), NOW.replace(hour=9), NOW.replace(day=3)]
    earlier = [
        replace(view(str(number), Status.EXPIRED), created_at=created_at)
        for number, created_at in enumerate(dates)
    ]
    home_with(app, view(ADAS), "continue", *earlier)
    page = ada.get("/").text
    assert page.count(" UTC") == 2


@pytest.mark.parametrize("agreed", [False, True])
def test_consent_page_with_consent_on_record_does_not_ask_again(
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
    ("status", "attempt", "texts"),
    [
        (Status.REJECTED, 3, True),
        (Status.REJECTED, 2, False),
        (Status.CANCELED, 3, False),
    ],
)
def test_result_page_counts_attempts_only_when_they_are_used_up(
    app: Flask, ada: FlaskClient, status: Status, attempt: int, texts: bool
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
    assert ("Attempts used: 3 of 3." in page) is texts
    assert "Example Shop can tell you what to do next." in page


def test_error_page_shows_the_site_without_a_session_read(
    app: Flask, ada: FlaskClient, anonymous: FlaskClient
) -> None:
    def fail(session_id: str) -> None:
        raise AssertionError("the database was read")

    steps_of(app).admit.find_visitor = fail
    page = ada.get("/nothing-here").text
    assert "/sites/shop/theme.css" in page
    assert "Example Shop" in page
    assert "Example Shop" not in anonymous.get("/nothing-here").text


def test_refused_handoff_links_to_its_site(app: Flask, anonymous: FlaskClient) -> None:
    page = anonymous.get("/handoff?token=forged").text
    assert 'href="https://shop.example/"' in page
    assert 'href="/"' not in page


def test_refused_handoff_of_an_unknown_site_has_no_link(app: Flask, anonymous: FlaskClient) -> None:
    steps_of(app).sites = {"shop": SHOP, "other": SHOP.model_copy(update={"id": "other"})}
    page = anonymous.get("/handoff?token=forged").text
    assert "start from there again" in page
    assert "shop.example" not in page


@pytest.mark.parametrize("livemode", [False, True])
def test_pages_test_mark_is_shown_in_test_mode_only(
    app: Flask, anonymous: FlaskClient, livemode: bool
) -> None:
    steps_of(app).livemode = livemode
    for client in (anonymous, signed_in(app, "adas-token")):
        assert ('class="test"' in client.get("/").text) is not livemode
