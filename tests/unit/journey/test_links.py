"""One-time links: looked at freely, used once, and by nobody in the place of somebody else."""

import pytest

from tests.unit.journey.harness import PUBLIC_URL, JourneyHarness, unknown_id
from tests.unit.store.rows import in_threads
from webapp.domain.errors import AnotherPersonSignedIn, Conflict, LinkGone, NotFound
from webapp.domain.onboarding import Status


@pytest.fixture
def adas(harness: JourneyHarness, ada) -> str:
    return harness.begin(ada)


@pytest.fixture
def code(harness: JourneyHarness, ada, adas: str) -> str:
    return code_of(harness.links.create_for_owner(ada, adas).url)


def code_of(url: str) -> str:
    assert url.startswith(f"{PUBLIC_URL}/l/")
    return url.rpartition("/")[2]


def test_looking_at_a_link_uses_nothing_up(harness, adas, code):
    for _ in range(3):
        look = harness.links.preview(code)
        assert (look.site.id, look.display_name) == ("shop", "Ada")
    visitor, onboarding_id = harness.links.use(code, None)
    assert (visitor.person.subject, visitor.via, onboarding_id) == ("ada", "link", adas)
    assert harness.admit.find_visitor(visitor.session_id) == visitor


def test_a_link_is_used_once(harness, code):
    harness.links.use(code, None)
    for door in (harness.links.preview, lambda c: harness.links.use(c, None)):
        with pytest.raises(LinkGone):
            door(code)


def test_of_16_threads_with_one_link_one_comes_in(harness, code):
    answers = in_threads(16, lambda: harness.links.use(code, None))
    assert sum(isinstance(answer, LinkGone) for answer in answers) == 15


def test_the_browser_that_came_by_the_link_just_goes_on(harness, code):
    visitor, onboarding_id = harness.links.use(code, None)
    assert harness.links.use(code, visitor) == (visitor, onboarding_id)


def test_adas_link_does_not_replace_bens_live_session(harness, ben, code):
    with pytest.raises(AnotherPersonSignedIn):
        harness.links.use(code, ben)
    assert harness.admit.find_visitor(ben.session_id) == ben
    visitor, _ = harness.links.use(code, ben, replace=True)  # nothing was used up by asking
    assert visitor.person.subject == "ada"
    assert harness.admit.find_visitor(ben.session_id) is None


def test_a_link_ends_after_a_day(harness, code):
    harness.clock.advance(hours=24)
    with pytest.raises(LinkGone):
        harness.links.use(code, None)


def test_a_link_never_outlives_its_onboarding(harness, ada, adas):
    harness.clock.advance(hours=47)
    assert harness.links.create_for_owner(ada, adas).expires_at == harness.row(adas).expires_at


def test_an_unknown_code_is_nobodys(harness):
    for door in (harness.links.preview, lambda c: harness.links.use(c, None)):
        with pytest.raises(NotFound):
            door("guessed")


def test_ben_cannot_make_a_link_to_adas_onboarding(harness, ben, adas):
    answers = []
    for id_ in (adas, unknown_id()):
        with pytest.raises(NotFound) as told:
            harness.links.create_for_owner(ben, id_)
        answers.append(str(told.value))
    assert answers[0] == answers[1]


def test_there_is_no_link_to_what_is_over(harness, ada, adas):
    harness.put(adas, status=Status.VERIFIED)
    with pytest.raises(Conflict):
        harness.links.create_for_owner(ada, adas)


def test_the_code_lies_nowhere_readable(harness, ada, adas, tmp_path):
    link = harness.links.create_for_owner(ada, adas)
    lying = b"".join(path.read_bytes() for path in tmp_path.glob("state.sqlite3*"))
    assert code_of(link.url).encode() not in lying
    assert code_of(link.url) not in repr(link)
