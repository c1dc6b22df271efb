"""The outbox: claims, outcomes, the catch-up and the log of attempts."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.domain.samples import NOW
from tests.unit.store.rows import (
    NEWER_KEY,
    add,
    admit,
    database_at,
    in_threads,
    onboarding,
    written,
)
from webapp.domain.messages import Attempt, AttemptError, Message, MessageState
from webapp.store.errors import AlreadyExists
from webapp.store.numbering import number_committed_rows
from webapp.store.unit_of_work import Database

LATER = NOW + timedelta(seconds=30)


def message(onboarding_id: str | None, sequence: int | None = 1, **fields: object) -> Message:
    standard = Message(
        id=f"msg_{sequence}_{(onboarding_id or 'ping')[:8]}",
        site="shop",
        onboarding_id=onboarding_id,
        sequence=sequence,
        type="onboarding.created",
        body=json.dumps({"subject": "ada"}),
        created_at=NOW,
        state=MessageState.PENDING,
        next_attempt_at=NOW,
    )
    return replace(standard, **fields)  # type: ignore[arg-type]


@pytest.fixture
def adas(database: Database) -> str:
    return add(database, onboarding(admit(database))).id


def store(database: Database, *messages: Message) -> None:
    with database.writing() as work:
        for each in messages:
            work.messages.add(each)


def claim(database: Database, site: str = "shop", at=NOW, most: int = 10) -> list[str]:
    with database.writing() as work:
        return [each.id for each in work.messages.claim_due(site, at, at + (LATER - NOW), most)]


def get(database: Database, message_id: str) -> Message:
    with database.reading() as work:
        found = work.messages.get(message_id)
    assert found is not None
    return found


def test_messages_add_keeps_every_field(database: Database, adas: str) -> None:
    one = message(adas)
    store(database, one)
    assert get(database, one.id) == one


def test_messages_add_repeated_sequence_raises_already_exists(
    database: Database, adas: str
) -> None:
    store(database, message(adas))
    with pytest.raises(AlreadyExists):
        store(database, message(adas, id="msg_other"))


def test_messages_claim_due_gives_each_message_to_one_caller(database: Database, adas: str) -> None:
    store(database, *(message(adas, number) for number in range(1, 21)))
    claims = in_threads(4, lambda: claim(database))
    ids = [each for found in claims for each in found]
    assert sorted(ids) == sorted({f"msg_{number}_{adas[:8]}" for number in range(1, 21)})


def test_messages_claim_due_leaves_out_other_sites_and_later_ones(
    database: Database, adas: str
) -> None:
    store(
        database,
        message(adas, 1, site="bank"),
        message(adas, 2, next_attempt_at=NOW + timedelta(seconds=1)),
        message(adas, 3, state=MessageState.DEAD, next_attempt_at=None),
        message(adas, 4, state=MessageState.UNSENT, next_attempt_at=None),
    )
    assert claim(database) == []
    assert written(database, lambda work: work.messages.has_due("shop", NOW)) is False
    assert claim(database, "bank") == [f"msg_1_{adas[:8]}"]


def test_messages_claim_that_ended_is_due_again(database: Database, adas: str) -> None:
    store(database, message(adas))
    assert len(claim(database)) == 1
    assert claim(database) == []
    assert len(claim(database, at=LATER)) == 1


def test_messages_claim_due_postpones_what_no_key_decrypts(
    database: Database, address: str, adas: str
) -> None:
    with database_at(address, NEWER_KEY) as other:
        store(other, message(adas, 1))
    store(database, message(adas, 2))
    assert claim(database) == [f"msg_2_{adas[:8]}"]
    assert claim(database, at=NOW + timedelta(minutes=5), most=1) == [f"msg_2_{adas[:8]}"]


def test_messages_mark_failed_after_a_lost_claim_changes_nothing(
    database: Database, adas: str
) -> None:
    store(database, message(adas))
    claim(database)
    claim(database, at=LATER)
    one = f"msg_1_{adas[:8]}"
    with database.writing() as work:
        assert work.messages.mark_failed(one, LATER, None) is False
    assert get(database, one).state is MessageState.PENDING


def test_messages_mark_delivered_after_a_lost_claim_counts(database: Database, adas: str) -> None:
    store(database, message(adas))
    claim(database)
    claim(database, at=LATER)
    one = f"msg_1_{adas[:8]}"
    with database.writing() as work:
        work.messages.mark_delivered(one)
        assert work.messages.mark_failed(one, LATER + (LATER - NOW), None) is False
    assert get(database, one).state is MessageState.DELIVERED


def test_messages_attempts_of_returns_the_log(database: Database, adas: str) -> None:
    store(database, message(adas))
    one = f"msg_1_{adas[:8]}"
    attempts = [
        Attempt(NOW, 12, 500, AttemptError.HTTP_STATUS, "no"),
        Attempt(LATER, 3, 204),
    ]
    with database.writing() as work:
        for each in attempts:
            work.messages.add_attempt(one, each)
    with database.reading() as work:
        assert work.messages.attempts_of(one) == attempts


def test_messages_bodies_and_answers_are_encrypted(database: Database, adas: str) -> None:
    store(database, message(adas))
    with database.writing() as work:
        work.messages.add_attempt(f"msg_1_{adas[:8]}", Attempt(NOW, 1, 500, None, "ada-marker"))
    with database.engine.connect() as connection:
        (body,) = connection.exec_driver_sql("SELECT body FROM messages").one()
        (answer,) = connection.exec_driver_sql("SELECT answer FROM message_attempts").one()
    assert adas.encode() not in bytes(body)
    assert b"ada-marker" not in bytes(answer)


def test_messages_numbered_after_lists_one_site_in_order(database: Database, adas: str) -> None:
    store(database, *(message(adas, number) for number in range(1, 6)))
    store(database, message(adas, 6, site="bank"))
    store(database, message(None, None, id="msg_ping", type="ping"))
    with database.reading() as work:
        assert work.messages.numbered_after("shop", 0, 10) == []
    number_committed_rows(database)
    with database.reading() as work:
        listed = work.messages.numbered_after("shop", 0, 10)
        rest = work.messages.numbered_after("shop", listed[1].number or 0, 2)
    assert [each.sequence for each in listed] == [1, 2, 3, 4, 5]
    assert [each.sequence for each in rest] == [3, 4]


def test_messages_forget_deletes_old_attempts_and_pings(database: Database, adas: str) -> None:
    old = NOW - timedelta(days=31)
    store(database, message(adas, created_at=old))
    store(database, message(None, None, id="msg_ping", type="ping", created_at=old))
    with database.writing() as work:
        for at in (old, NOW):
            work.messages.add_attempt(f"msg_1_{adas[:8]}", Attempt(at, 1, 204))
        work.messages.add_attempt("msg_ping", Attempt(NOW, 1, 204))
    database.sweep(NOW)
    with database.reading() as work:
        assert [each.at for each in work.messages.attempts_of(f"msg_1_{adas[:8]}")] == [NOW]
        assert work.messages.get("msg_ping") is None
        assert work.messages.get(f"msg_1_{adas[:8]}") is not None


def test_receivers_record_health(database: Database) -> None:
    with database.writing() as work:
        work.receivers.record_failure("shop", NOW)
        work.receivers.record_failure("shop", LATER)
        assert work.receivers.get("shop").failing_since == NOW
        work.receivers.record_success("shop")
        work.receivers.record_success("unknown")
        assert work.receivers.get("shop").failing_since is None
        work.receivers.record_failure("shop", LATER)
        assert work.receivers.disable("shop", LATER, "gone") is True
        assert work.receivers.disable("shop", LATER, "failing") is False
        assert [each.disabled_reason for each in work.receivers.disabled()] == ["gone"]
        assert work.receivers.enable("shop") is True
        assert work.receivers.enable("shop") is False
        assert work.receivers.get("shop").failing_since is None
