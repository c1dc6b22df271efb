"""present: the page of an onboarding for its owner, and nothing for anybody else."""

import pytest

from tests.unit.journey.fakes import HOSTED
from tests.unit.journey.house import House, unknown_id
from tests.unit.journey.test_admit import token
from webapp.domain.errors import NotFound
from webapp.domain.onboarding import Status


@pytest.fixture
def adas(house: House, ada) -> str:
    return house.begin(ada)


def test_ada_sees_her_frame_with_exactly_the_camera(house, ada, adas):
    page = house.present.show(ada, adas)
    assert (page.kind, page.hosted_url, page.hosted_origin, page.allow) == (
        "frame",
        f"{HOSTED}/o/{adas}",
        HOSTED,
        f"camera {HOSTED}",
    )
    assert page.onboarding_token == "token-of-it"


def test_a_flow_in_redirect_mode_with_a_microphone_says_so(house, ada):
    page = house.present.show(ada, house.begin(ada, "redirect"))
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
def test_every_other_status_has_its_page_without_the_address(house, ada, adas, status, kind):
    house.put(adas, status=status)
    page = house.present.show(ada, adas)
    assert page.kind == kind
    assert (page.hosted_url, page.onboarding_token, page.hosted_origin) == (None, None, None)


def answers_for(house: House, visitor, onboarding_id: str) -> list[tuple[type, str]]:
    """What somebody gets at each door that takes an id."""
    doors = [
        lambda: house.present.show(visitor, onboarding_id),
        lambda: house.result.status(visitor, onboarding_id),
        lambda: next(house.result.follow(visitor, onboarding_id, 1)),
    ]
    answers = []
    for door in doors:
        with pytest.raises(NotFound) as told:
            door()
        answers.append((type(told.value), str(told.value)))
    return answers


def test_ben_gets_the_same_answer_for_adas_onboarding_as_for_none(house, ben, adas):
    before = house.row(adas)
    assert answers_for(house, ben, adas) == answers_for(house, ben, unknown_id())
    assert house.row(adas) == before


def test_somebody_with_adas_subject_at_another_site_is_not_ada(house, adas):
    namesake = house.admit.by_handoff(token(iss="bank"), None)
    assert namesake.person.subject == "ada"
    assert answers_for(house, namesake, adas) == answers_for(house, namesake, unknown_id())


def test_ben_begins_his_own_and_never_goes_on_with_adas(house, ben, adas):
    bens = house.begin(ben)
    assert bens != adas
    assert [view.id for view in house.present.home(ben).onboardings] == [bens]


def test_home_says_the_one_thing_to_do(house, ada):
    assert house.present.home(ada).action == "start"
    found = house.begin(ada)
    assert house.present.home(ada).action == "continue"
    for status, action in [
        (Status.SUBMITTED, "see"),
        (Status.VERIFIED, "see"),
        (Status.EXPIRED, "retry"),
    ]:
        house.put(found, status=status)
        assert house.present.home(ada).action == action


def test_a_waiting_page_has_the_gateway_asked_and_a_reload_not_more_often(house, ada, adas):
    house.put(adas, status=Status.SUBMITTED, next_poll_at=None)
    house.present.show(ada, adas)
    assert house.run_due() == 1
    house.present.show(ada, adas)
    assert house.run_due() == 0
    assert house.row(adas).poll_count == 1


def test_after_the_quick_reads_are_over_a_new_look_starts_them_again(house, ada, adas):
    house.put(adas, status=Status.IN_REVIEW, poll_reason="waiting", poll_count=9)
    house.present.show(ada, adas)
    assert house.run_due() == 1


def test_no_secret_is_shown_by_accident(house, ada, adas):
    shown = repr(house.present.show(ada, adas)) + repr(ada)
    for secret in (f"{HOSTED}/o/", "token-of-it", ada.session_id):
        assert secret not in shown
