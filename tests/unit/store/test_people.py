"""Test people, their sessions and generated keys."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.support.eventually import eventually
from tests.unit.store.rows import NOW, admit, admitted, waiting_for_a_lock, written
from webapp.store.login_sessions import Session
from webapp.store.unit_of_work import Database

LATER = NOW + timedelta(hours=8)


def test_admit_same_subject_returns_the_same_person(database: Database):
    first = admit(database, name="Ada", locale="en")
    again = admit(database, name="Ada Lovelace")
    assert again.id == first.id
    assert (again.name, again.locale) == ("Ada Lovelace", "en")
    assert admit(database).name == "Ada Lovelace"
    assert admit(database, site="bank").id != first.id


@pytest.mark.parametrize("kind", ["postgresql"])
def test_admit_during_another_uncommitted_insert_adds_one_person(database: Database):
    """On SQLite the write lock makes the second wait from its start."""
    with ThreadPoolExecutor(1) as other_door:
        with database.writing() as work:
            first = admitted(work, "ada")
            second = other_door.submit(admit, database)
            eventually(lambda: waiting_for_a_lock(database))
        assert second.result(timeout=10).id == first.id


def test_get_session_returns_it_until_it_expires(database: Database):
    ada = admit(database)
    session = Session(
        "secret", ada.id, "handoff", LATER, "default", "https://shop.example", "s", None, "jti"
    )
    written(database, lambda work: work.sessions.add(session, NOW))
    with database.reading() as work:
        known = work.sessions.get("secret", NOW)
        assert known is not None
        found, person = known
        assert person == ada == work.people.get(found.person_id)
        assert (found.return_url, found.state) == ("https://shop.example", "s")
        assert work.sessions.get("secret", LATER) is None
        assert work.sessions.get("another", NOW) is None
        with pytest.raises(LookupError):
            work.people.get("unknown")
        assert work.sessions.was_opened_by("secret", "jti")
        assert not work.sessions.was_opened_by("secret", "another jti")
        assert not work.sessions.was_opened_by("another", "jti")


def test_generated_key_is_made_once_and_stored_encrypted(database: Database):
    made = written(database, lambda work: work.generated_keys.get_or_make("subject", NOW))
    assert len(made) == 32
    with database.reading() as work:
        assert work.generated_keys.get("subject") == made
        assert work.generated_keys.get("other") is None
        assert made not in bytes(work.connection.scalar(text("SELECT value FROM generated_keys")))
    assert written(database, lambda work: work.generated_keys.get_or_make("subject", NOW)) == made


def test_admit_with_a_too_long_locale_ignores_it(database: Database):
    assert admit(database, locale="e" * 36).locale is None
    assert admit(database, locale="es-ES").locale == "es-ES"
