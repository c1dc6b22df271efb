"""One-time links: looked at freely, used once, and by nobody in the place of somebody else."""

import pytest

from tests.unit.journey.house import PUBLIC_URL, House, unknown_id
from tests.unit.store.rows import in_threads
from webapp.domain.errors import AnotherPersonSignedIn, Conflict, LinkGone, NotFound
from webapp.domain.onboarding import Status


@pytest.fixture
def adas(house: House, ada) -> str:
    return house.begin(ada)


@pytest.fixture
def code(house: House, ada, adas: str) -> str:
    return code_of(house.links.make_own(ada, adas).url)


def code_of(url: str) -> str:
    assert url.startswith(f"{PUBLIC_URL}/l/")
    return url.rpartition("/")[2]


def test_looking_at_a_link_uses_nothing_up(house, adas, code):
    for _ in range(3):
        look = house.links.look(code)
        assert (look.site.id, look.display_name) == ("shop", "Ada")
    visitor, onboarding_id = house.links.use(code, None)
    assert (visitor.person.subject, visitor.via, onboarding_id) == ("ada", "link", adas)
    assert house.admit.who(visitor.session_id) == visitor


def test_a_link_is_used_once(house, code):
    house.links.use(code, None)
    for door in (house.links.look, lambda c: house.links.use(c, None)):
        with pytest.raises(LinkGone):
            door(code)


def test_of_16_threads_with_one_link_one_comes_in(house, code):
    answers = in_threads(16, lambda: house.links.use(code, None))
    assert sum(isinstance(answer, LinkGone) for answer in answers) == 15


def test_the_browser_that_came_by_the_link_just_goes_on(house, code):
    visitor, onboarding_id = house.links.use(code, None)
    assert house.links.use(code, visitor) == (visitor, onboarding_id)


def test_adas_link_does_not_replace_bens_live_session(house, ben, code):
    with pytest.raises(AnotherPersonSignedIn):
        house.links.use(code, ben)
    assert house.admit.who(ben.session_id) == ben
    visitor, _ = house.links.use(code, ben, replace=True)  # nothing was used up by asking
    assert visitor.person.subject == "ada"
    assert house.admit.who(ben.session_id) is None


def test_a_link_ends_after_a_day(house, code):
    house.clock.turn(hours=24)
    with pytest.raises(LinkGone):
        house.links.use(code, None)


def test_a_link_never_outlives_its_onboarding(house, ada, adas):
    house.clock.turn(hours=47)
    assert house.links.make_own(ada, adas).expires_at == house.row(adas).expires_at


def test_an_unknown_code_is_nobodys(house):
    for door in (house.links.look, lambda c: house.links.use(c, None)):
        with pytest.raises(NotFound):
            door("guessed")


def test_ben_cannot_make_a_link_to_adas_onboarding(house, ben, adas):
    answers = []
    for id_ in (adas, unknown_id()):
        with pytest.raises(NotFound) as told:
            house.links.make_own(ben, id_)
        answers.append(str(told.value))
    assert answers[0] == answers[1]


def test_there_is_no_link_to_what_is_over(house, ada, adas):
    house.put(adas, status=Status.VERIFIED)
    with pytest.raises(Conflict):
        house.links.make_own(ada, adas)


def test_the_code_lies_nowhere_readable(house, ada, adas, tmp_path):
    link = house.links.make_own(ada, adas)
    lying = b"".join(path.read_bytes() for path in tmp_path.glob("state.sqlite3*"))
    assert code_of(link.url).encode() not in lying
    assert code_of(link.url) not in repr(link)
