"""present: the page of an onboarding for its owner, and NotFound for other users."""

import pytest

from tests.unit.journey.fakes import HOSTED
from tests.unit.journey.harness import JourneyHarness, unknown_id
from tests.unit.journey.test_admit import token
from webapp.domain.errors import NotFound
from webapp.domain.onboarding import AWAITING_RESULT, Status


def test_show_in_iframe_mode_allows_exactly_the_camera(harness, ada, adas):
    page = harness.present.show(ada, adas)
    assert (page.kind, page.allow) == ("frame", f"camera {HOSTED}")
    assert (page.hosted_url, page.hosted_origin) == (f"{HOSTED}/o/{adas}", HOSTED)
    assert page.onboarding_token == "token-of-it"


def test_show_in_redirect_mode_with_microphone_allows_both(harness, ada):
    page = harness.present.show(ada, harness.begin(ada, "redirect"))
    assert (page.kind, page.allow) == ("redirect", f"camera {HOSTED}; microphone {HOSTED}")


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.STARTED, Status.ERASED}))
def test_show_in_other_statuses_hides_address_and_token(harness, ada, adas, status):
    harness.put(adas, status=status)
    page = harness.present.show(ada, adas)
    ended = "waiting" if status in AWAITING_RESULT else "result"
    assert page.kind == ("consent" if status is Status.CREATED else ended)
    assert (page.hosted_url, page.onboarding_token, page.hosted_origin) == (None, None, None)


def answers_for(harness: JourneyHarness, visitor, onboarding_id: str) -> list[str]:
    """The errors of each step that takes an id."""
    answers = []
    for step in harness.present.show, harness.result.status, harness.links.create_for_owner:
        with pytest.raises(NotFound) as raised:
            step(visitor, onboarding_id)
        answers.append(f"{type(raised.value)} {raised.value}")
    return answers


def test_steps_called_by_another_person_answer_as_for_an_unknown_id(harness, ben, adas):
    namesake = harness.admit.by_handoff(token(iss="bank"), None)
    assert namesake.person.subject == "ada"
    before = harness.row(adas)
    for other in (ben, namesake):
        assert answers_for(harness, other, adas) == answers_for(harness, other, unknown_id())
    assert harness.row(adas) == before


def test_home_names_the_next_action(harness, ada):
    assert harness.present.home(ada).action == "start"
    found = harness.begin(ada)
    actions = {"started": "continue", "submitted": "see", "verified": "see", "expired": "retry"}
    for status, action in actions.items():
        harness.put(found, status=Status(status))
        assert harness.present.home(ada).action == action


def test_show_of_a_waiting_page_polls_once_despite_a_reload(harness, ada, adas):
    harness.put(adas, status=Status.IN_REVIEW, poll_reason="waiting", poll_count=9)
    harness.present.show(ada, adas)
    assert harness.run_due() == 1
    harness.present.show(ada, adas)
    assert harness.run_due() == 0
    assert harness.row(adas).poll_count == 1, "the page restarts the quick schedule"


def test_repr_of_page_and_visitor_hides_secrets(harness, ada, adas):
    shown = repr(harness.present.show(ada, adas)) + repr(ada)
    for secret in (f"{HOSTED}/o/", "token-of-it", ada.session_id):
        assert secret not in shown
