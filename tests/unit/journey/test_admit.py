"""admit: vouched for, once, and never in the place of somebody else."""

import uuid
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from tests.unit.journey.fakes import NOW
from tests.unit.journey.house import PUBLIC_URL, SECRET, House
from tests.unit.store import processes
from tests.unit.store.rows import in_threads
from webapp.domain.errors import AnotherPersonSignedIn, HandOffNotAccepted, NotFound
from webapp.journey.user_session import SESSION_LIFE, display_name


def token(key: str = SECRET, **claims: Any) -> str:
    """A hand-off as the shop makes it; a claim given as None is left out."""
    standard = {
        "iss": "shop",
        "aud": PUBLIC_URL,
        "sub": "ada",
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 120,
        "jti": uuid.uuid4().hex,
        "name": "Ada Lovelace",
    }
    given = {name: value for name, value in {**standard, **claims}.items() if value is not None}
    return jwt.encode({"alg": "HS256"}, given, OctKey.import_key(key))


def come_in(address: str, handed: str) -> str:
    """In another process: what became of the hand-off."""
    house = House(address)
    try:
        return house.admit.by_handoff(handed, None).person.id
    except HandOffNotAccepted as refused:
        return refused.code
    finally:
        house.close()


def come_in_anew(address: str) -> str:
    """In another process: by a hand-off of its own."""
    return come_in(address, token(sub="olga"))


def refusal(house: House, handed: str) -> str:
    with pytest.raises(HandOffNotAccepted) as told:
        house.admit.by_handoff(handed, None)
    assert told.value.cure
    return told.value.code


def test_ada_comes_in_with_what_the_shop_says_of_her(house):
    handed = token(
        locale="es", flow="redirect", return_url="https://shop.example/account", state="s"
    )
    ada = house.admit.by_handoff(handed, None)
    assert (ada.person.site, ada.person.subject, ada.person.name, ada.person.locale) == (
        "shop",
        "ada",
        "Ada Lovelace",
        "es",
    )
    assert (ada.flow, ada.return_url, ada.state, ada.via) == (
        "redirect",
        "https://shop.example/account",
        "s",
        "handoff",
    )
    assert ada.expires_at == house.clock() + SESSION_LIFE
    assert house.admit.who(ada.session_id) == ada


def test_a_hand_off_opens_one_session_only(house):
    handed = token()
    house.admit.by_handoff(handed, None)
    assert refusal(house, handed) == "already_used"


def test_of_16_threads_with_one_hand_off_one_comes_in(house):
    handed = token()
    answers = in_threads(16, lambda: house.admit.by_handoff(handed, None))
    refused = [answer for answer in answers if isinstance(answer, HandOffNotAccepted)]
    assert [answer.code for answer in refused] == ["already_used"] * 15


def test_of_four_processes_with_one_hand_off_one_comes_in(house, address):
    ada = house.visitor("ada")
    answers = processes.at_once(come_in, address, token())
    assert sorted(answers) == sorted([ada.person.id] + ["already_used"] * 3)


def test_four_processes_bringing_a_new_person_at_once_make_one_person(address):
    people = processes.at_once(come_in_anew, address)
    assert len(set(people)) == 1


def test_the_same_browser_repeating_its_hand_off_goes_on_as_it_was(house):
    handed = token()
    ada = house.admit.by_handoff(handed, None)
    assert house.admit.by_handoff(handed, ada) == ada


def test_the_same_browser_may_repeat_its_hand_off_after_the_token_has_expired(house):
    handed = token()
    ada = house.admit.by_handoff(handed, None)
    house.clock.turn(minutes=10)
    assert house.admit.by_handoff(handed, ada) == ada


def test_bens_browser_repeating_adas_hand_off_does_not_become_ada(house, ben):
    handed = token()
    house.admit.by_handoff(handed, None)
    with pytest.raises(AnotherPersonSignedIn):
        house.admit.by_handoff(handed, ben)
    with pytest.raises(HandOffNotAccepted):
        house.admit.by_handoff(handed, ben, replace=True)
    assert house.admit.who(ben.session_id) == ben


def test_adas_hand_off_does_not_replace_bens_live_session(house, ben):
    handed = token()
    with pytest.raises(AnotherPersonSignedIn) as told:
        house.admit.by_handoff(handed, ben)
    assert (told.value.current_name, told.value.incoming_name) == ("Ben", "Ada Lovelace")
    assert "Ada" not in str(told.value)
    assert house.admit.who(ben.session_id) == ben

    ada = house.admit.by_handoff(handed, ben, replace=True)  # nothing was used up by asking
    assert ada.person.subject == "ada"
    assert house.admit.who(ben.session_id) is None


def test_adas_own_new_hand_off_renews_her_session(house):
    first = house.admit.by_handoff(token(), None)
    second = house.admit.by_handoff(token(), first)
    assert second.session_id != first.session_id
    assert house.admit.who(first.session_id) is None


def test_the_same_subject_at_another_site_is_another_person(house, ada):
    with pytest.raises(AnotherPersonSignedIn):
        house.admit.by_handoff(token(iss="bank"), ada)


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"iss": "nobody"}, "unknown_site"),
        ({"flow": "no such flow"}, "unknown_flow"),
        ({"return_url": "https://evil.example/account"}, "return_url_not_allowed"),
        ({"return_url": "https://shop.example/accountant"}, "return_url_not_allowed"),
        ({"key": "another secret of at least 32 bytes"}, "bad_signature"),
        ({"aud": "https://other.example"}, "wrong_audience"),
        ({"jti": None}, "no_jti"),
        ({"sub": None}, "no_subject"),
        ({"exp": int(NOW.timestamp()) - 31, "iat": int(NOW.timestamp()) - 100}, "expired"),
    ],
)
def test_what_is_wrong_with_a_hand_off_has_a_name(house, claims, code):
    assert refusal(house, token(**claims)) == code


def test_a_refused_hand_off_uses_nothing_up(house):
    good = {"jti": "one"}
    refusal(house, token(flow="no such flow", **good))
    house.admit.by_handoff(token(**good), None)


def test_the_same_jti_of_two_sites_is_two_hand_offs(house):
    house.admit.by_handoff(token(jti="one"), None)
    house.admit.by_handoff(token(jti="one", iss="bank"), None)


def test_a_used_hand_off_is_remembered_as_long_as_it_could_be_used(house):
    handed = token()
    house.admit.by_handoff(handed, None)
    for _ in range(20):
        house.clock.turn(seconds=10)
        house.database.sweep(house.clock())
        assert refusal(house, handed) in ("already_used", "expired")


def test_a_locale_longer_than_any_language_is_left_out(house):
    """PostgreSQL would refuse the row."""
    assert house.admit.by_handoff(token(locale="e" * 36), None).person.locale is None


def test_the_identity_provider_lets_people_into_its_own_sites_only(house):
    assert [site.id for site in house.admit.oidc_sites()] == ["shop"]
    assert house.visitor("ada").via == "oidc"
    for site in ("bank", "nobody"):
        with pytest.raises(NotFound):
            house.visitor("ada", site)


def test_who_leaves_is_out_whatever_cookie_is_still_around(house, ada):
    house.admit.leave(ada)
    assert house.admit.who(ada.session_id) is None


def test_a_session_ends_by_itself(house, ada):
    house.clock.turn(seconds=SESSION_LIFE.total_seconds())
    assert house.admit.who(ada.session_id) is None


def test_a_guessed_session_is_nobodys(house, ada):
    assert house.admit.who("") is None
    assert house.admit.who(ada.session_id[:-1]) is None


def test_people_of_a_site_that_has_gone_are_nobody(house, ada):
    later = House(house.address, house.gateway, house.clock, sites={})
    assert later.admit.who(ada.session_id) is None
    later.close()


def test_who_came_in_and_went_is_written_down_by_id(house, ada):
    house.admit.leave(ada)
    with house.engine.connect() as connection:
        lines = connection.exec_driver_sql("SELECT event, detail FROM timeline ORDER BY id").all()
    assert [event for event, _ in lines] == ["signed_in", "signed_out"]
    assert all(ada.person.id in str(detail) for _, detail in lines)
    assert "Ada" not in str(lines)


@pytest.mark.parametrize(
    ("name", "subject", "shown"),
    [
        ("Ada", "x", "Ada"),
        (None, "user-4711", "us…1"),
        ("", "abc", "abc"),
        (" ", "user-4711", "us…1"),
        ("\u3000\xa0", "user-4711", "us…1"),
    ],
)
def test_an_account_is_named_by_name_or_masked_id(name, subject, shown):
    assert display_name(name, subject) == shown


def test_both_processes_give_ada_the_same_hash(house, address):
    other = House(address)
    assert house.ground.subject_hash("shop", "ada") == other.ground.subject_hash("shop", "ada")
    assert house.ground.subject_hash("shop", "ada") != house.ground.subject_hash("bank", "ada")
    other.close()


def test_a_session_without_a_click_for_half_an_hour_is_over(house, ada):
    for _ in range(5):
        house.clock.turn(minutes=29)
        assert house.admit.who(ada.session_id) == ada
    house.clock.turn(minutes=31)
    assert house.admit.who(ada.session_id) is None
