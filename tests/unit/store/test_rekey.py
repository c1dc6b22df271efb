"""Test re-encryption with a newer key."""

from collections import Counter

from tests.unit.store.rows import KEY, NEWER_KEY, NOW, add, admit, onboarding, written
from tests.unit.store.test_sealed import MARKERS, fill
from webapp.store.column_types import Cipher
from webapp.store.rekey import BATCH, Key, count, rekey
from webapp.store.unit_of_work import Database

#: Number of values that `fill` and a generated key seal.
VALUES = 20


def with_keys(database: Database, *keys: str) -> Database:
    return Database(database.engine, Cipher(keys))


def test_rekey_makes_the_old_key_unnecessary(database: Database):
    row = fill(database)
    made = written(database, lambda work: work.generated_keys.get_or_make("subject", NOW))
    both, new = with_keys(database, NEWER_KEY, KEY), with_keys(database, NEWER_KEY)
    assert count(both) == {Key.OLDER: VALUES}
    assert sum(rekey(both), Counter()) == {Key.OLDER: VALUES}
    assert count(new) == {Key.NEWEST: VALUES}

    with new.reading() as work:
        stored = work.onboardings.get(row.id)
        assert stored == row
        person = work.people.get(row.person_id)
        assert (person.subject, person.name) == (MARKERS["subject"], MARKERS["name"])
        token = work.tokens.get("account")
        assert token is not None
        assert token.token == MARKERS["access"]
        known = work.sessions.get(MARKERS["session"], NOW.replace(year=2000))
        assert known is not None
        assert known[0].id_token == MARKERS["id_token"]
        assert work.generated_keys.get("subject") == made


def test_rekey_repeated_changes_nothing(database: Database):
    fill(database)
    both = with_keys(database, NEWER_KEY, KEY)
    list(rekey(both))
    assert sum(rekey(both), Counter()) == {Key.NEWEST: VALUES - 1}


def test_rekey_aborted_can_be_repeated(database: Database):
    with database.writing() as work:
        for number in range(BATCH + 5):
            work.people.admit("shop", f"{number}", f"{number}", NOW, name=None, locale=None)
    both = with_keys(database, NEWER_KEY, KEY)
    assert next(filter(None, rekey(both))) == {Key.OLDER: BATCH}
    assert count(both) == {Key.NEWEST: BATCH, Key.OLDER: 5}
    assert sum(rekey(both), Counter()) == {Key.NEWEST: BATCH, Key.OLDER: 5}
    assert count(both) == {Key.NEWEST: BATCH + 5}


def test_rekey_without_the_key_counts_the_value_and_keeps_it(database: Database):
    add(database, onboarding(admit(database), hosted_url="https://gateway.example"))
    stranger = with_keys(database, NEWER_KEY)
    assert sum(rekey(stranger), Counter()) == {Key.NONE: 2}
    assert count(database) == {Key.NEWEST: 2}
