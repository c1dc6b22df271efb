"""Requests with an Idempotency-Key: carried out once, also after a crash."""

import hashlib

import pytest

from tests.unit.journey.harness import SHOP, JourneyHarness
from tests.unit.journey.test_api_create import wanted
from tests.unit.store.rows import in_threads
from webapp.domain.errors import IdempotencyKeyInFlight, IdempotencyKeyReused, LeaseLost
from webapp.journey.idempotency import Claim, Idempotency, StoredAnswer


@pytest.fixture
def keys(harness: JourneyHarness) -> Idempotency:
    return harness.host_api.idempotency


def test_begin_after_the_answer_was_stored_returns_it(keys):
    keys.store(keys.begin("shop", "key", "call"), 201, "the answer")
    assert keys.begin("shop", "key", "call") == StoredAnswer(201, "the answer")


def test_begin_with_another_call_raises_reused(keys):
    claim = keys.begin("shop", "key", "call")
    for _ in range(2):
        with pytest.raises(IdempotencyKeyReused):
            keys.begin("shop", "key", "other call")
        keys.store(claim, 200, "")


def test_begin_while_the_first_is_in_flight_raises(keys):
    keys.begin("shop", "key", "call")
    with pytest.raises(IdempotencyKeyInFlight) as raised:
        keys.begin("shop", "key", "call")
    assert 0 < raised.value.retry_after_seconds <= 60


def test_begin_of_another_site_is_independent(keys):
    keys.begin("shop", "key", "call")
    assert isinstance(keys.begin("bank", "key", "other call"), Claim)


def test_begin_after_a_crash_claims_the_key_when_the_lease_has_ended(harness, keys):
    crashed = keys.begin("shop", "key", "call")
    harness.clock.advance(seconds=60)
    claim = keys.begin("shop", "key", "call")
    assert isinstance(claim, Claim)
    # The first one was only slow: what it does now must not count.
    with pytest.raises(LeaseLost), harness.database.writing() as work:
        keys.settle(work, crashed, 201, "late", "an id")
    keys.release(crashed)
    keys.store(claim, 200, "second")
    assert keys.begin("shop", "key", "call") == StoredAnswer(200, "second")


def test_begin_after_a_failure_claims_the_key_at_once(keys):
    keys.release(keys.begin("shop", "key", "call"))
    assert isinstance(keys.begin("shop", "key", "call"), Claim)


def test_begin_after_24_hours_claims_the_key(harness, keys):
    keys.store(keys.begin("shop", "key", "call"), 200, "")
    harness.clock.advance(hours=24)
    assert isinstance(keys.begin("shop", "key", "other call"), Claim)


def test_begin_stores_no_hash_that_can_be_guessed(harness, keys):
    keys.begin("shop", "verify-ada", "call about ada")
    with harness.engine.connect() as connection:
        row = connection.exec_driver_sql("SELECT key_hash, body_hash FROM api_requests").one()
    guesses = {hashlib.sha256(each).hexdigest() for each in (b"verify-ada", b"call about ada")}
    assert guesses.isdisjoint({*row, "call about ada"})


def test_begin_in_16_threads_claims_once(keys):
    answers = in_threads(16, lambda: keys.begin("shop", "key", "call"))
    assert sum(isinstance(each, Claim) for each in answers) == 1
    assert sum(isinstance(each, IdempotencyKeyInFlight) for each in answers) == 15


def test_create_by_a_request_that_lost_its_lease_stores_nothing(harness, keys):
    slow = keys.begin("shop", "key", "call")
    harness.clock.advance(seconds=60)
    keys.begin("shop", "key", "call")

    def settle(work, resource, status):
        keys.settle(work, slow, status, "", resource.id)

    with pytest.raises(LeaseLost):
        harness.host_api.create.create(SHOP, wanted(), settle)
    with harness.database.reading() as work:
        subject_hash = harness.deps.subject_hash("shop", "ada")
        assert work.people.find("shop", subject_hash) is None


def test_sweep_deletes_expired_requests(harness, keys):
    keys.store(keys.begin("shop", "key", "call"), 200, "")
    harness.clock.advance(hours=25)
    harness.database.sweep(harness.clock())
    with harness.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM api_requests").scalar() == 0
