"""Reading of onboardings by a host site's API call."""

from datetime import timedelta

import pytest

from tests.support.change_numbers import number_changes
from tests.unit.journey.harness import BANK, SHOP, JourneyHarness
from tests.unit.journey.test_api_create import create, wanted
from webapp.domain.errors import NotFound
from webapp.domain.onboarding import Status
from webapp.domain.onboarding_inputs import OnboardingInputs


def listed(harness: JourneyHarness, after=None, limit=100, site=SHOP, **more):
    number_changes(harness.database)
    return harness.host_api.read.page(site, after=after, limit=limit, **more)


def ids(page) -> list[str]:
    return [each.id for each in page.data]


@pytest.fixture
def three(harness: JourneyHarness) -> list[str]:
    made = []
    for subject in ("ada", "ben", "cyd"):
        given = wanted(subject, inputs=OnboardingInputs(metadata={"of": subject}))
        made.append(create(harness, given)[0].id)
        harness.clock.advance(minutes=1)
    return made


def test_page_lists_in_the_order_of_change_and_continues_at_its_position(harness, three):
    first = listed(harness, limit=2)
    assert ids(first) == three[:2]
    assert [each.metadata for each in first.data] == [{"of": "ada"}, {"of": "ben"}]
    assert ids(listed(harness, first.position)) == three[2:]


def test_page_after_the_last_position_has_what_changed_since(harness, three):
    everything = listed(harness)
    assert listed(harness, everything.position).position is None
    harness.host_api.change.cancel(SHOP, three[0])
    assert ids(listed(harness, everything.position)) == three[:1]


def test_page_leaves_a_change_out_until_it_is_numbered(harness, three):
    position = listed(harness).position
    harness.host_api.change.cancel(SHOP, three[2])
    assert not harness.host_api.read.page(SHOP, after=position, limit=9).data
    assert ids(listed(harness, position)) == three[2:]


def test_page_after_a_time_has_all_later_changes(harness, three):
    time = harness.clock() - timedelta(minutes=2)
    assert ids(listed(harness, time)) == three[1:]
    assert not ids(listed(harness, harness.clock() + timedelta(days=1)))
    assert ids(listed(harness, harness.clock() - timedelta(days=999))) == three


def test_page_after_a_future_time_returns_no_earlier_change_once_it_is_continued(harness, three):
    harness.put(three[0])
    assert ids(listed(harness, harness.clock())) == three[:1]


def test_page_by_subject_and_status(harness, three):
    assert ids(listed(harness, subject="ben")) == three[1:2]
    assert not ids(listed(harness, subject="nobody"))
    harness.put(three[2], status=Status.VERIFIED)
    assert ids(listed(harness, status=Status.VERIFIED)) == three[2:]


def test_page_of_another_site_is_empty(harness, three):
    assert not ids(listed(harness, site=BANK))
    assert not ids(listed(harness, site=BANK, subject="ada"))


def test_onboarding_and_timeline_of_another_site_raise_not_found(harness, three):
    for step in (harness.host_api.read.onboarding, harness.host_api.read.timeline):
        step(SHOP, three[0])
        with pytest.raises(NotFound):
            step(BANK, three[0])


def test_timeline_shows_words_only(harness, adas):
    harness.back(adas, "E_CAMERA")
    events = harness.host_api.read.timeline(SHOP, adas)
    assert [each.event for each in events][:3] == ["created", "create_called", "started"]
    assert {name for each in events for name in each.detail} <= {"status", "error"}


def test_subject_is_verified_once_any_onboarding_is(harness, ada, adas):
    assert harness.host_api.read.subject(SHOP, "ada").status is Status.STARTED
    harness.poll_answered(adas, "VERIFIED")
    harness.clock.advance(days=1)
    create(harness)
    found = harness.host_api.read.subject(SHOP, "ada")
    assert (found.status, found.onboarding) == (Status.VERIFIED, adas)
    assert found.verified_at == harness.row(adas).decided_at


def test_subject_without_an_onboarding_raises_not_found(harness, ada):
    for site, subject, flow in ((SHOP, "ada", None), (SHOP, "nobody", None), (BANK, "ada", None)):
        with pytest.raises(NotFound):
            harness.host_api.read.subject(site, subject, flow)
    harness.begin(ada)
    with pytest.raises(NotFound):
        harness.host_api.read.subject(SHOP, "ada", "agreed")
