"""People and their sessions."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.support.eventually import eventually
from tests.unit.store.rows import KEY, NOW, admit, admitted, in_threads, written
from webapp.store.column_types import Cipher
from webapp.store.generated_keys import GeneratedKeys
from webapp.store.sessions import Session
from webapp.store.unit_of_work import Database

LATER = NOW + timedelta(hours=8)


def test_ada_is_the_same_person_every_time(database: Database):
    first = admit(database, name="Ada", locale="en")
    again = admit(database, name="Ada Lovelace")
    assert again.id == first.id
    assert (again.name, again.locale) == ("Ada Lovelace", "en")


def test_a_later_visit_without_a_name_keeps_the_one_known(database: Database):
    admit(database, name="Ada")
    assert admit(database).name == "Ada"


def test_the_same_subject_at_another_site_is_somebody_else(database: Database):
    ada = admit(database)
    other = written(database, lambda work: admitted(work, "ada", site="bank"))
    assert other.id != ada.id


def test_ada_coming_in_by_8_doors_at_once_is_one_person(database: Database):
    answers = in_threads(8, lambda: admit(database).id)
    assert len(set(answers)) == 1, answers


@pytest.mark.parametrize("kind", ["postgresql"])
def test_ada_coming_in_while_another_door_still_writes_her_down_is_one_person(
    database: Database,
):
    """On SQLite the second waits for the first from its first moment."""
    with ThreadPoolExecutor(1) as other_door:
        with database.writing() as work:
            first = admitted(work, "ada")
            second = other_door.submit(admit, database)
            eventually(lambda: waiting_for_a_lock(database))
        assert second.result(timeout=10).id == first.id


def waiting_for_a_lock(database: Database) -> int:
    with database.engine.connect() as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        return int(connection.scalar(text(query)) or 0)


def test_a_session_is_found_by_its_id_until_it_is_over(database: Database):
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
        assert work.sessions.came_by("secret", "jti")
        assert not work.sessions.came_by("secret", "another jti")
        assert not work.sessions.came_by("another", "jti")


def test_a_revoked_session_opens_nothing(database: Database):
    ada = admit(database)
    written(database, lambda work: work.sessions.add(Session("s", ada.id, "oidc", LATER), NOW))
    written(database, lambda work: work.sessions.revoke("s", NOW))
    with database.reading() as work:
        assert work.sessions.get("s", NOW) is None


def test_the_table_of_sessions_opens_none(database: Database):
    ada = admit(database)
    written(
        database,
        lambda work: work.sessions.add(Session("session-marker", ada.id, "oidc", LATER), NOW),
    )
    with database.engine.connect() as connection:
        assert "marker" not in str(connection.execute(text("SELECT * FROM sessions")).all())


def test_a_key_of_our_own_is_made_once_and_shared(database: Database):
    made = written(database, lambda work: work.generated_keys.make("subject", NOW))
    assert len(made) == 32
    with database.reading() as work:
        assert work.generated_keys.need("subject") == made
        assert work.generated_keys.get("other") is None
        with pytest.raises(LookupError):
            work.generated_keys.need("other")


def test_an_unknown_person_is_a_lookup_error(database: Database):
    with database.reading() as work, pytest.raises(LookupError):
        work.people.get("nobody")


def test_a_key_of_our_own_lies_encrypted(database: Database):
    made = written(database, lambda work: work.generated_keys.make("subject", NOW))
    with database.engine.connect() as connection:
        raw = bytes(connection.scalar(text("SELECT value FROM generated_keys")))
        assert made not in raw
        assert GeneratedKeys(connection, Cipher([KEY])).get("subject") == made


def test_a_locale_longer_than_any_language_tag_is_left_out(database: Database):
    assert admit(database, locale="e" * 36).locale is None
    assert admit(database, locale="es-ES").locale == "es-ES"
