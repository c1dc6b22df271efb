"""admit: sign-in by hand-off token and OIDC, single use of tokens, account switches, sessions."""

import uuid
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from tests.unit.journey.fakes import NOW
from tests.unit.journey.harness import PUBLIC_URL, SECRET, JourneyHarness
from tests.unit.store import processes
from webapp.domain.errors import AnotherPersonSignedIn, HandoffNotAccepted, NotFound
from webapp.domain.session_life import LONGEST_LIFE, SESSION_LIFE
from webapp.journey.login_session import display_name


def token(key: str = SECRET, **claims: Any) -> str:
    """A hand-off token of the shop; a claim given as None is left out."""
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


def sign_in(address: str, handed: str | None) -> str:
    """Sign in within another process, by an own token if none is given; the person id or code."""
    harness = JourneyHarness(address)
    try:
        return harness.admit.by_handoff(handed or token(sub="olga"), None).person.id
    except HandoffNotAccepted as refused:
        return refused.code
    finally:
        harness.close()


def refusal(harness: JourneyHarness, handed: str) -> str:
    with pytest.raises(HandoffNotAccepted) as raised:
        harness.admit.by_handoff(handed, None)
    assert raised.value.fix
    return raised.value.code


def test_by_handoff_opens_a_session_with_the_claims_of_the_token(harness):
    claims = {"flow": "redirect", "return_url": "https://shop.example/account", "state": "s"}
    ada = harness.admit.by_handoff(token(locale="es", **claims), None)
    person = ada.person
    assert (person.site, person.subject, person.name) == ("shop", "ada", "Ada Lovelace")
    assert (person.locale, ada.via) == ("es", "handoff")
    assert {name: getattr(ada, name) for name in claims} == claims
    assert ada.expires_at == harness.clock() + LONGEST_LIFE
    assert harness.admit.find_visitor(ada.session_id) == ada


def test_sign_in_in_any_way_and_process_finds_the_person_of_site_and_subject(harness, ada, address):
    assert harness.admit.by_handoff(token(), None).person.id == ada.person.id
    assert harness.admit.by_handoff(token(iss="bank"), None).person.id != ada.person.id
    other = JourneyHarness(address)
    assert other.visitor("ada").person.id == ada.person.id
    other.close()


def test_by_handoff_in_four_processes_with_one_token_opens_one_session(harness, address):
    ada = harness.visitor("ada")
    answers = processes.at_once(sign_in, address, token())
    assert sorted(answers) == sorted([ada.person.id] + ["already_used"] * 3)


def test_by_handoff_in_four_processes_with_a_new_person_stores_one_person(address):
    assert len(set(processes.at_once(sign_in, address, None))) == 1


def test_by_handoff_repeated_after_token_expiry_keeps_the_session(harness):
    handed = token()
    ada = harness.admit.by_handoff(handed, None)
    harness.clock.advance(minutes=10)
    assert harness.admit.by_handoff(handed, ada) == ada


def test_by_handoff_with_adas_used_token_in_bens_browser_keeps_bens_session(harness, ben):
    handed = token()
    harness.admit.by_handoff(handed, None)
    with pytest.raises(AnotherPersonSignedIn):
        harness.admit.by_handoff(handed, ben)
    with pytest.raises(HandoffNotAccepted):
        harness.admit.by_handoff(handed, ben, replace=True)
    assert harness.admit.find_visitor(ben.session_id) == ben


def test_by_handoff_of_ada_in_bens_browser_asks_before_replacing_the_session(harness, ben):
    handed = token()
    with pytest.raises(AnotherPersonSignedIn) as raised:
        harness.admit.by_handoff(handed, ben)
    assert (raised.value.current_name, raised.value.incoming_name) == ("Ben", "Ada Lovelace")
    assert "Ada" not in str(raised.value)
    assert harness.admit.find_visitor(ben.session_id) == ben

    ada = harness.admit.by_handoff(handed, ben, replace=True)  # nothing was used up by asking
    assert ada.person.subject == "ada"
    assert harness.admit.find_visitor(ben.session_id) is None


def test_by_oidc_of_ada_in_bens_browser_asks_before_replacing_the_session(harness, ben):
    login = {"name": "Ada", "locale": None, "id_token": "t", "live": ben}
    with pytest.raises(AnotherPersonSignedIn) as raised:
        harness.admit.by_oidc("shop", "ada", **login)
    assert (raised.value.current_name, raised.value.incoming_name) == ("Ben", "Ada")
    assert harness.admit.by_oidc("shop", "ada", **login, replace=True).person.subject == "ada"
    assert harness.admit.find_visitor(ben.session_id) is None


def test_by_handoff_with_a_new_token_of_the_same_person_replaces_the_session(harness):
    first = harness.admit.by_handoff(token(), None)
    second = harness.admit.by_handoff(token(), first)
    assert second.session_id != first.session_id
    assert harness.admit.find_visitor(first.session_id) is None


def test_by_handoff_with_the_same_subject_of_another_site_is_another_person(harness, ada):
    with pytest.raises(AnotherPersonSignedIn):
        harness.admit.by_handoff(token(iss="bank"), ada)


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"iss": "unknown"}, "unknown_site"),
        ({"flow": "no such flow"}, "unknown_flow"),
        ({"return_url": "https://shop.example/accountant"}, "return_url_not_allowed"),
        ({"return_url": "/account"}, "return_url_unusable"),
        ({"key": "another secret of at least 32 bytes"}, "bad_signature"),
        ({"aud": "https://other.example"}, "wrong_audience"),
        ({"jti": None}, "no_jti"),
        ({"sub": None}, "no_subject"),
        ({"exp": int(NOW.timestamp()) - 31, "iat": int(NOW.timestamp()) - 100}, "expired"),
    ],
)
def test_by_handoff_with_an_invalid_token_names_the_code(harness, claims, code):
    assert refusal(harness, token(**claims)) == code


def test_by_handoff_with_a_used_token_is_refused_until_the_token_expires(harness):
    handed = token(jti="one")
    refusal(harness, token(jti="one", flow="no such flow"))  # this leaves the jti unused
    harness.admit.by_handoff(handed, None)
    harness.admit.by_handoff(token(jti="one", iss="bank"), None)
    assert refusal(harness, handed) == "already_used"
    for _ in range(20):
        harness.clock.advance(seconds=10)
        harness.database.sweep(harness.clock())
        assert refusal(harness, handed) in ("already_used", "expired")


def test_by_oidc_of_a_site_without_oidc_raises_not_found(harness):
    assert [site.id for site in harness.admit.oidc_sites()] == ["shop"]
    assert harness.visitor("ada").via == "oidc"
    for site in ("bank", "unknown"):
        with pytest.raises(NotFound):
            harness.visitor("ada", site)


def test_find_visitor_after_session_life_or_30_idle_minutes_returns_none(harness, ada):
    began_at = harness.clock()
    for _ in range(17):
        assert harness.admit.find_visitor(ada.session_id) == ada
        harness.clock.advance(minutes=30)
    assert harness.clock() > began_at + SESSION_LIFE
    assert harness.admit.find_visitor(ada.session_id) is None

    again = harness.visitor("ada")
    harness.clock.advance(minutes=31)
    assert harness.admit.find_visitor(again.session_id) is None


def test_find_visitor_with_an_unknown_session_id_returns_none(harness, ada):
    assert harness.admit.find_visitor("") is None
    assert harness.admit.find_visitor(ada.session_id[:-1]) is None


def test_find_visitor_of_a_removed_site_returns_none(harness, ada):
    later = JourneyHarness(harness.address, harness.gateway, harness.clock, sites={})
    assert later.admit.find_visitor(ada.session_id) is None
    later.close()


@pytest.mark.parametrize(
    ("name", "subject", "shown"),
    [
        ("Ada", "x", "Ada"),
        (None, "user-4711", "us…1"),
        ("", "abc", "abc"),
        ("\u3000\xa0", "abcd", "ab…d"),
    ],
)
def test_display_name_is_the_name_or_the_masked_subject(name, subject, shown):
    assert display_name(name, subject) == shown


def test_sign_out_revokes_the_session_and_is_on_the_timeline_by_person_id(harness, ada):
    harness.admit.sign_out(ada)
    assert harness.admit.find_visitor(ada.session_id) is None
    with harness.engine.connect() as connection:
        lines = connection.exec_driver_sql("SELECT event, detail FROM timeline ORDER BY id").all()
    assert [event for event, _ in lines] == ["signed_in", "signed_out"]
    assert all(ada.person.id in str(detail) for _, detail in lines)
    assert "Ada" not in str(lines)
