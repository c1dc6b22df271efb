"""admit: vouched for, once, and never in the place of somebody else."""

import uuid
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from tests.unit.journey.fakes import NOW
from tests.unit.journey.harness import PUBLIC_URL, SECRET, JourneyHarness
from tests.unit.store import processes
from tests.unit.store.rows import in_threads
from webapp.domain.errors import AnotherPersonSignedIn, HandoffNotAccepted, NotFound
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
    harness = JourneyHarness(address)
    try:
        return harness.admit.by_handoff(handed, None).person.id
    except HandoffNotAccepted as refused:
        return refused.code
    finally:
        harness.close()


def come_in_anew(address: str) -> str:
    """In another process: by a hand-off of its own."""
    return come_in(address, token(sub="olga"))


def refusal(harness: JourneyHarness, handed: str) -> str:
    with pytest.raises(HandoffNotAccepted) as told:
        harness.admit.by_handoff(handed, None)
    assert told.value.fix
    return told.value.code


def test_ada_comes_in_with_what_the_shop_says_of_her(harness):
    handed = token(
        locale="es", flow="redirect", return_url="https://shop.example/account", state="s"
    )
    ada = harness.admit.by_handoff(handed, None)
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
    assert ada.expires_at == harness.clock() + SESSION_LIFE
    assert harness.admit.find_visitor(ada.session_id) == ada


def test_a_hand_off_opens_one_session_only(harness):
    handed = token()
    harness.admit.by_handoff(handed, None)
    assert refusal(harness, handed) == "already_used"


def test_of_16_threads_with_one_hand_off_one_comes_in(harness):
    handed = token()
    answers = in_threads(16, lambda: harness.admit.by_handoff(handed, None))
    refused = [answer for answer in answers if isinstance(answer, HandoffNotAccepted)]
    assert [answer.code for answer in refused] == ["already_used"] * 15


def test_of_four_processes_with_one_hand_off_one_comes_in(harness, address):
    ada = harness.visitor("ada")
    answers = processes.at_once(come_in, address, token())
    assert sorted(answers) == sorted([ada.person.id] + ["already_used"] * 3)


def test_four_processes_bringing_a_new_person_at_once_make_one_person(address):
    people = processes.at_once(come_in_anew, address)
    assert len(set(people)) == 1


def test_the_same_browser_repeating_its_hand_off_goes_on_as_it_was(harness):
    handed = token()
    ada = harness.admit.by_handoff(handed, None)
    assert harness.admit.by_handoff(handed, ada) == ada


def test_the_same_browser_may_repeat_its_hand_off_after_the_token_has_expired(harness):
    handed = token()
    ada = harness.admit.by_handoff(handed, None)
    harness.clock.advance(minutes=10)
    assert harness.admit.by_handoff(handed, ada) == ada


def test_bens_browser_repeating_adas_hand_off_does_not_become_ada(harness, ben):
    handed = token()
    harness.admit.by_handoff(handed, None)
    with pytest.raises(AnotherPersonSignedIn):
        harness.admit.by_handoff(handed, ben)
    with pytest.raises(HandoffNotAccepted):
        harness.admit.by_handoff(handed, ben, replace=True)
    assert harness.admit.find_visitor(ben.session_id) == ben


def test_adas_hand_off_does_not_replace_bens_live_session(harness, ben):
    handed = token()
    with pytest.raises(AnotherPersonSignedIn) as told:
        harness.admit.by_handoff(handed, ben)
    assert (told.value.current_name, told.value.incoming_name) == ("Ben", "Ada Lovelace")
    assert "Ada" not in str(told.value)
    assert harness.admit.find_visitor(ben.session_id) == ben

    ada = harness.admit.by_handoff(handed, ben, replace=True)  # nothing was used up by asking
    assert ada.person.subject == "ada"
    assert harness.admit.find_visitor(ben.session_id) is None


def test_adas_own_new_hand_off_renews_her_session(harness):
    first = harness.admit.by_handoff(token(), None)
    second = harness.admit.by_handoff(token(), first)
    assert second.session_id != first.session_id
    assert harness.admit.find_visitor(first.session_id) is None


def test_the_same_subject_at_another_site_is_another_person(harness, ada):
    with pytest.raises(AnotherPersonSignedIn):
        harness.admit.by_handoff(token(iss="bank"), ada)


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
def test_what_is_wrong_with_a_hand_off_has_a_name(harness, claims, code):
    assert refusal(harness, token(**claims)) == code


def test_a_refused_hand_off_uses_nothing_up(harness):
    good = {"jti": "one"}
    refusal(harness, token(flow="no such flow", **good))
    harness.admit.by_handoff(token(**good), None)


def test_the_same_jti_of_two_sites_is_two_hand_offs(harness):
    harness.admit.by_handoff(token(jti="one"), None)
    harness.admit.by_handoff(token(jti="one", iss="bank"), None)


def test_a_used_hand_off_is_remembered_as_long_as_it_could_be_used(harness):
    handed = token()
    harness.admit.by_handoff(handed, None)
    for _ in range(20):
        harness.clock.advance(seconds=10)
        harness.database.sweep(harness.clock())
        assert refusal(harness, handed) in ("already_used", "expired")


def test_a_locale_longer_than_any_language_is_left_out(harness):
    """PostgreSQL would refuse the row."""
    assert harness.admit.by_handoff(token(locale="e" * 36), None).person.locale is None


def test_the_identity_provider_lets_people_into_its_own_sites_only(harness):
    assert [site.id for site in harness.admit.oidc_sites()] == ["shop"]
    assert harness.visitor("ada").via == "oidc"
    for site in ("bank", "nobody"):
        with pytest.raises(NotFound):
            harness.visitor("ada", site)


def test_who_leaves_is_out_whatever_cookie_is_still_around(harness, ada):
    harness.admit.sign_out(ada)
    assert harness.admit.find_visitor(ada.session_id) is None


def test_a_session_ends_by_itself(harness, ada):
    harness.clock.advance(seconds=SESSION_LIFE.total_seconds())
    assert harness.admit.find_visitor(ada.session_id) is None


def test_a_guessed_session_is_nobodys(harness, ada):
    assert harness.admit.find_visitor("") is None
    assert harness.admit.find_visitor(ada.session_id[:-1]) is None


def test_people_of_a_site_that_has_gone_are_nobody(harness, ada):
    later = JourneyHarness(harness.address, harness.gateway, harness.clock, sites={})
    assert later.admit.find_visitor(ada.session_id) is None
    later.close()


def test_who_came_in_and_went_is_written_down_by_id(harness, ada):
    harness.admit.sign_out(ada)
    with harness.engine.connect() as connection:
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


def test_both_processes_give_ada_the_same_hash(harness, address):
    other = JourneyHarness(address)
    assert harness.deps.subject_hash("shop", "ada") == other.deps.subject_hash("shop", "ada")
    assert harness.deps.subject_hash("shop", "ada") != harness.deps.subject_hash("bank", "ada")
    other.close()


def test_a_session_without_a_click_for_half_an_hour_is_over(harness, ada):
    for _ in range(5):
        harness.clock.advance(minutes=29)
        assert harness.admit.find_visitor(ada.session_id) == ada
    harness.clock.advance(minutes=31)
    assert harness.admit.find_visitor(ada.session_id) is None
