"""Test the access token's row: one process gets the lease, the others see its result."""

from datetime import timedelta

import pytest

from tests.unit.store.rows import NOW, in_threads, written
from webapp.store.unit_of_work import Database

LEASE = timedelta(seconds=15)
LIFE = timedelta(minutes=15)


@pytest.fixture
def claim(database: Database):
    def run(by: str, now=NOW) -> bool:
        seen = row(database)
        return written(database, lambda work: work.tokens.claim("account", by, now, LEASE, seen))

    return run


def row(database: Database):
    with database.reading() as work:
        return work.tokens.get("account")


def test_claim_in_16_threads_succeeds_once(claim):
    answers = in_threads(16, lambda: claim("one of many"))
    assert sorted(answers) == [False] * 15 + [True]


def test_claim_with_an_outdated_row_fails(database: Database, claim):
    before = row(database)
    for end in (
        lambda work: work.tokens.put("account", "ada", "t", NOW, NOW + LIFE),
        lambda work: work.tokens.fail("account", "ada", NOW, "away"),
    ):
        claim("ada")
        written(database, end)
        claimed = written(
            database, lambda work: work.tokens.claim("account", "ben", NOW, LEASE, before)
        )
        assert not claimed


def test_claim_before_the_lease_expires_fails(claim):
    assert claim("ada")
    assert not claim("ben", NOW + LEASE)
    assert claim("ben", NOW + LEASE + timedelta(seconds=1))


def test_put_stores_the_token_and_ends_the_lease(database: Database, claim):
    claim("ada")
    written(database, lambda work: work.tokens.put("account", "ada", "t", NOW, NOW + LIFE))
    found = row(database)
    assert (found.token, found.obtained_at, found.expires_at) == ("t", NOW, NOW + LIFE)
    assert found.lease_until is None
    assert "'t'" not in repr(found)
    assert claim("ben")


def test_fail_stores_the_failure_and_ends_the_lease(database: Database, claim):
    claim("ada")
    written(database, lambda work: work.tokens.fail("account", "ada", NOW, "away"))
    assert row(database).failed_at == NOW
    assert claim("ben")


def test_put_without_the_lease_changes_nothing(database: Database, claim):
    claim("ada")
    late = NOW + LEASE * 2
    assert claim("ben", late)
    written(database, lambda work: work.tokens.put("account", "ada", "late", NOW, late))
    assert row(database).token is None
    assert row(database).lease_until == late + LEASE
