"""present: the page of an onboarding for its owner, and nothing for anybody else."""

import pytest

from tests.unit.journey.fakes import HOSTED
from tests.unit.journey.harness import JourneyHarness, unknown_id
from tests.unit.journey.test_admit import token
from webapp.domain.errors import NotFound
from webapp.domain.onboarding import Status


@pytest.fixture
def adas(harness: JourneyHarness, ada) -> str:
    return harness.begin(ada)


def test_ada_sees_her_frame_with_exactly_the_camera(harness, ada, adas):
    page = harness.present.show(ada, adas)
    assert (page.kind, page.hosted_url, page.hosted_origin, page.allow) == (
        "frame",
        f"{HOSTED}/o/{adas}",
        HOSTED,
        f"camera {HOSTED}",
    )
    assert page.onboarding_token == "token-of-it"


def test_a_flow_in_redirect_mode_with_a_microphone_says_so(harness, ada):
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
def test_every_other_status_has_its_page_without_the_address(harness, ada, adas, status, kind):
    harness.put(adas, status=status)
    page = harness.present.show(ada, adas)
    assert page.kind == kind
    assert (page.hosted_url, page.onboarding_token, page.hosted_origin) == (None, None, None)


def answers_for(harness: JourneyHarness, visitor, onboarding_id: str) -> list[tuple[type, str]]:
    """What somebody gets at each door that takes an id."""
    doors = [
        lambda: harness.present.show(visitor, onboarding_id),
        lambda: harness.result.status(visitor, onboarding_id),
        lambda: next(harness.result.follow(visitor, onboarding_id, 1)),
    ]
    answers = []
    for door in doors:
        with pytest.raises(NotFound) as told:
            door()
        answers.append((type(told.value), str(told.value)))
    return answers


def test_ben_gets_the_same_answer_for_adas_onboarding_as_for_none(harness, ben, adas):
    before = harness.row(adas)
    assert answers_for(harness, ben, adas) == answers_for(harness, ben, unknown_id())
    assert harness.row(adas) == before


def test_somebody_with_adas_subject_at_another_site_is_not_ada(harness, adas):
    namesake = harness.admit.by_handoff(token(iss="bank"), None)
    assert namesake.person.subject == "ada"
    assert answers_for(harness, namesake, adas) == answers_for(harness, namesake, unknown_id())


def test_ben_begins_his_own_and_never_goes_on_with_adas(harness, ben, adas):
    bens = harness.begin(ben)
    assert bens != adas
    assert [view.id for view in harness.present.home(ben).onboardings] == [bens]


def test_home_says_the_one_thing_to_do(harness, ada):
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


def test_a_waiting_page_has_the_gateway_asked_and_a_reload_not_more_often(harness, ada, adas):
    harness.put(adas, status=Status.SUBMITTED, next_poll_at=None)
    harness.present.show(ada, adas)
    assert harness.run_due() == 1
    harness.present.show(ada, adas)
    assert harness.run_due() == 0
    assert harness.row(adas).poll_count == 1


def test_after_the_quick_reads_are_over_a_new_look_starts_them_again(harness, ada, adas):
    harness.put(adas, status=Status.IN_REVIEW, poll_reason="waiting", poll_count=9)
    harness.present.show(ada, adas)
    assert harness.run_due() == 1


def test_no_secret_is_shown_by_accident(harness, ada, adas):
    shown = repr(harness.present.show(ada, adas)) + repr(ada)
    for secret in (f"{HOSTED}/o/", "token-of-it", ada.session_id):
        assert secret not in shown
