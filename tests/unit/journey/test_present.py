"""present: the page of an onboarding for its owner, and NotFound for other users."""

import pytest

from tests.unit.journey.fakes import HOSTED
from tests.unit.journey.harness import JourneyHarness, unknown_id
from tests.unit.journey.test_admit import token
from webapp.domain.errors import NotFound
from webapp.domain.onboarding import Status


@pytest.fixture
def adas(harness: JourneyHarness, ada) -> str:
    return harness.begin(ada)


def test_show_in_iframe_mode_allows_exactly_the_camera(harness, ada, adas):
    page = harness.present.show(ada, adas)
    assert (page.kind, page.hosted_url, page.hosted_origin, page.allow) == (
        "frame",
        f"{HOSTED}/o/{adas}",
        HOSTED,
        f"camera {HOSTED}",
    )
    assert page.onboarding_token == "token-of-it"


def test_show_in_redirect_mode_with_microphone_allows_both(harness, ada):
    page = harness.present.show(ada, harness.begin(ada, "redirect"))
    assert (page.kind, page.allow) == ("redirect", f"camera {HOSTED}; microphone {HOSTED}")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (Status.CREATED, "consent"),
        (Status.INTERRUPTED, "result"),
        (Status.SUBMITTED, "waiting"),
        (Status.DECIDING, "waiting"),
        (Status.IN_REVIEW, "waiting"),
        (Status.VERIFIED, "result"),
        (Status.REJECTED, "result"),
        (Status.EXPIRED, "result"),
        (Status.CANCELED, "result"),
    ],
)
def test_show_in_other_statuses_hides_address_and_token(harness, ada, adas, status, kind):
    harness.put(adas, status=status)
    page = harness.present.show(ada, adas)
    assert page.kind == kind
    assert (page.hosted_url, page.onboarding_token, page.hosted_origin) == (None, None, None)


def answers_for(harness: JourneyHarness, visitor, onboarding_id: str) -> list[tuple[type, str]]:
    """The errors of each step that takes an id."""
    steps = [
        lambda: harness.present.show(visitor, onboarding_id),
        lambda: harness.result.status(visitor, onboarding_id),
        lambda: harness.links.create_for_owner(visitor, onboarding_id),
    ]
    answers = []
    for step in steps:
        with pytest.raises(NotFound) as raised:
            step()
        answers.append((type(raised.value), str(raised.value)))
    return answers


def test_steps_called_by_ben_for_ada_answer_as_for_an_unknown_id(harness, ben, adas):
    before = harness.row(adas)
    assert answers_for(harness, ben, adas) == answers_for(harness, ben, unknown_id())
    assert harness.row(adas) == before


def test_steps_called_with_adas_subject_at_another_site_raise_not_found(harness, adas):
    namesake = harness.admit.by_handoff(token(iss="bank"), None)
    assert namesake.person.subject == "ada"
    assert answers_for(harness, namesake, adas) == answers_for(harness, namesake, unknown_id())


def test_begin_by_ben_never_continues_adas_onboarding(harness, ben, adas):
    bens = harness.begin(ben)
    assert bens != adas
    assert [view.id for view in harness.present.home(ben).onboardings] == [bens]


def test_home_names_the_next_action(harness, ada):
    assert harness.present.home(ada).action == "start"
    found = harness.begin(ada)
    assert harness.present.home(ada).action == "continue"
    for status, action in [
        (Status.SUBMITTED, "see"),
        (Status.VERIFIED, "see"),
        (Status.EXPIRED, "retry"),
    ]:
        harness.put(found, status=status)
        assert harness.present.home(ada).action == action


def test_show_of_a_waiting_page_polls_once_despite_a_reload(harness, ada, adas):
    harness.put(adas, status=Status.SUBMITTED, next_poll_at=None)
    harness.present.show(ada, adas)
    assert harness.run_due() == 1
    harness.present.show(ada, adas)
    assert harness.run_due() == 0
    assert harness.row(adas).poll_count == 1


def test_show_of_a_waiting_page_restarts_the_quick_schedule(harness, ada, adas):
    harness.put(adas, status=Status.IN_REVIEW, poll_reason="waiting", poll_count=9)
    harness.present.show(ada, adas)
    assert harness.run_due() == 1


def test_repr_of_page_and_visitor_hides_secrets(harness, ada, adas):
    shown = repr(harness.present.show(ada, adas)) + repr(ada)
    for secret in (f"{HOSTED}/o/", "token-of-it", ada.session_id):
        assert secret not in shown
