"""links: previews, single use, expiry, and account switches."""

import pytest

from tests.unit.journey.harness import PUBLIC_URL, JourneyHarness
from tests.unit.store.rows import in_threads
from webapp.domain.errors import Conflict, LinkGone, NotFound
from webapp.domain.onboarding import Status


@pytest.fixture
def code(harness: JourneyHarness, ada, adas: str) -> str:
    return code_of(harness.links.create_for_owner(ada, adas).url)


def code_of(url: str) -> str:
    assert url.startswith(f"{PUBLIC_URL}/l/")
    return url.rpartition("/")[2]


def test_preview_repeated_does_not_use_the_link_up(harness, adas, code):
    for _ in range(3):
        preview = harness.links.preview(code)
        assert (preview.site.id, preview.display_name) == ("shop", "Ada")
    visitor, onboarding_id = harness.links.use(code, None)
    assert (visitor.person.subject, visitor.via, onboarding_id) == ("ada", "link", adas)
    assert harness.admit.find_visitor(visitor.session_id) == visitor


def test_use_in_16_threads_opens_one_session(harness, code):
    answers = in_threads(16, lambda: harness.links.use(code, None))
    assert sum(isinstance(answer, LinkGone) for answer in answers) == 15


def test_preview_and_use_of_an_unusable_link_raise_the_reason(harness, ada, adas, code):
    harness.links.use(code, None)
    late = code_of(harness.links.create_for_owner(ada, adas).url)
    harness.clock.advance(hours=24)
    for given, error in ((code, LinkGone), (late, LinkGone), ("guessed", NotFound)):
        with pytest.raises(error):
            harness.links.preview(given)
        with pytest.raises(error):
            harness.links.use(given, None)


def test_use_repeated_by_the_same_browser_keeps_the_session(harness, code):
    visitor, onboarding_id = harness.links.use(code, None)
    assert harness.links.use(code, visitor) == (visitor, onboarding_id)


def test_create_near_the_expiry_ends_with_the_onboarding(harness, ada, adas):
    harness.clock.advance(hours=47)
    assert harness.links.create_for_owner(ada, adas).expires_at == harness.row(adas).expires_at


def test_create_for_an_ended_onboarding_raises_conflict(harness, ada, adas):
    harness.put(adas, status=Status.VERIFIED)
    with pytest.raises(Conflict):
        harness.links.create_for_owner(ada, adas)


def test_link_has_the_same_number_where_it_is_made_and_opened(harness, ada, adas):
    numbers = set()
    for _ in range(5):
        link = harness.links.create_for_owner(ada, adas)
        assert harness.links.preview(code_of(link.url)).number == link.number
        assert 100 <= int(link.number) <= 999
        numbers.add(link.number)
    assert len(numbers) > 1


def test_link_to_the_full_screen_expires_after_15_minutes(harness, ada, adas):
    link = harness.links.create_for_owner(ada, adas, is_full_screen=True)
    assert harness.links.preview(code_of(link.url))
    harness.clock.advance(minutes=15)
    with pytest.raises(LinkGone):
        harness.links.preview(code_of(link.url))
