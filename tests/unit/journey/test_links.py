"""links: previews, single use, expiry, and account switches."""

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


def test_preview_repeated_does_not_use_the_link_up(harness, adas, code):
    for _ in range(3):
        preview = harness.links.preview(code)
        assert (preview.site.id, preview.display_name) == ("shop", "Ada")
    visitor, onboarding_id = harness.links.use(code, None)
    assert (visitor.person.subject, visitor.via, onboarding_id) == ("ada", "link", adas)
    assert harness.admit.find_visitor(visitor.session_id) == visitor


def test_use_of_a_used_link_raises_link_gone(harness, code):
    harness.links.use(code, None)
    for door in (harness.links.preview, lambda c: harness.links.use(c, None)):
        with pytest.raises(LinkGone):
            door(code)


def test_use_in_16_threads_opens_one_session(harness, code):
    answers = in_threads(16, lambda: harness.links.use(code, None))
    assert sum(isinstance(answer, LinkGone) for answer in answers) == 15


def test_use_repeated_by_the_same_browser_keeps_the_session(harness, code):
    visitor, onboarding_id = harness.links.use(code, None)
    assert harness.links.use(code, visitor) == (visitor, onboarding_id)


def test_use_of_adas_link_in_bens_browser_asks_before_replacing_the_session(harness, ben, code):
    with pytest.raises(AnotherPersonSignedIn):
        harness.links.use(code, ben)
    assert harness.admit.find_visitor(ben.session_id) == ben
    visitor, _ = harness.links.use(code, ben, replace=True)  # nothing was used up by asking
    assert visitor.person.subject == "ada"
    assert harness.admit.find_visitor(ben.session_id) is None


def test_use_after_24_hours_raises_link_gone(harness, code):
    harness.clock.advance(hours=24)
    with pytest.raises(LinkGone):
        harness.links.use(code, None)


def test_create_near_the_expiry_ends_with_the_onboarding(harness, ada, adas):
    harness.clock.advance(hours=47)
    assert harness.links.create_for_owner(ada, adas).expires_at == harness.row(adas).expires_at


def test_preview_and_use_of_an_unknown_code_raise_not_found(harness):
    for door in (harness.links.preview, lambda c: harness.links.use(c, None)):
        with pytest.raises(NotFound):
            door("guessed")


def test_create_for_owner_by_ben_for_ada_answers_as_for_an_unknown_id(harness, ben, adas):
    answers = []
    for id_ in (adas, unknown_id()):
        with pytest.raises(NotFound) as raised:
            harness.links.create_for_owner(ben, id_)
        answers.append(str(raised.value))
    assert answers[0] == answers[1]


def test_create_for_an_ended_onboarding_raises_conflict(harness, ada, adas):
    harness.put(adas, status=Status.VERIFIED)
    with pytest.raises(Conflict):
        harness.links.create_for_owner(ada, adas)


def test_create_stores_no_readable_code(harness, ada, adas, tmp_path):
    link = harness.links.create_for_owner(ada, adas)
    lying = b"".join(path.read_bytes() for path in tmp_path.glob("state.sqlite3*"))
    assert code_of(link.url).encode() not in lying
    assert code_of(link.url) not in repr(link)
