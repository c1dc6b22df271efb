"""After an erasure no byte of the user's data is left in the database file and its log."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, update

from tests.unit.domain.samples import NOW
from tests.unit.journey.harness import SHOP, JourneyHarness
from tests.unit.store.rows import decision_record
from webapp.domain.actors import Actor
from webapp.domain.decisions import (
    DecisionContent,
    DecisionOutcome,
    DecisionRequester,
    DecisionState,
    GatewayReply,
)
from webapp.domain.messages import Attempt
from webapp.domain.onboarding import Consent
from webapp.domain.onboarding_inputs import OnboardingInputs
from webapp.journey.api_create import CreateInput
from webapp.journey.erase import Erase
from webapp.store.column_types import Sealed
from webapp.store.decisions_table import decisions
from webapp.store.schema import metadata
from webapp.store.write_ahead_log import empty_write_ahead_log

MARK = "Zoe-Quillfeather"
#: Sealed columns that say nothing about the user.
OTHERS = {("generated_keys", "value"), ("gateway_token", "token"), ("decisions", "requester")}
#: Larger than a page, so that it is stored on pages of its own.
LARGE = {f"key{number}": f"{MARK} {number} " + "x" * 400 for number in range(40)}


@pytest.fixture
def kind() -> str:
    """SQLite only: PostgreSQL overwrites with VACUUM (docs/operations.md)."""
    return "sqlite"


@pytest.fixture
def file(address: str) -> Path:
    return Path(address.removeprefix("sqlite:///"))


def plant(harness: JourneyHarness) -> str:
    """Store data about one user in every table that can hold it; return the onboarding's id."""
    inputs = OnboardingInputs(
        country="ESP",
        return_url="https://shop.example/account",
        metadata=LARGE,
        extra_data={"branch": MARK},
        expected={"name": MARK},
    )
    wanted = CreateInput(MARK, "default", None, "en", inputs)
    claim = harness.host_api.idempotency.begin("shop", "key", "fingerprint")

    def settle(work, resource, status):
        body = json.dumps({"subject": resource.subject, "metadata": dict(resource.metadata)})
        harness.host_api.idempotency.settle(work, claim, status, body, resource.id)

    created, _ = harness.host_api.create.create(SHOP, wanted, settle)
    visitor = harness.admit.by_oidc(
        "shop", MARK, name=f"{MARK} Smith", locale="es-MX", id_token=MARK, live=None
    )
    assert harness.begin(visitor) == created.id
    harness.notice(created.id, f"unknown word of {MARK}")
    harness.poll_answered(created.id, "NOT_VERIFIED", agent=MARK, rejectionReason=MARK)
    with harness.database.writing() as work:
        work.onboardings.add_consent(created.id, Consent("2026-01", "es-MX", NOW))
        work.decisions.add(
            replace(
                decision_record(created.id, requester=DecisionRequester("Grace", "root")),
                content=DecisionContent(comment=MARK, corrections={"name": MARK}),
                state=DecisionState.SETTLED,
                outcome=DecisionOutcome.REFUSED,
                reply=GatewayReply(400, MARK),
            )
        )
        for message in work.messages.of(created.id):
            work.messages.add_attempt(message.id, Attempt(NOW, 5, 500, None, MARK))
        work.timeline.add(
            NOW, "notice", actor=Actor.GATEWAY, onboarding_id=created.id, word=f"word of {MARK}"
        )
    return created.id


def sealed_values(harness: JourneyHarness) -> Iterator[tuple[str, bytes]]:
    with harness.database.reading() as work:
        for table in metadata.sorted_tables:
            for column in table.columns:
                if isinstance(column.type, Sealed) and (table.name, column.name) not in OTHERS:
                    for value in work.connection.scalars(select(column)):
                        if value is not None:
                            yield f"{table.name}.{column.name}", bytes(value)


def pieces_of(value: bytes) -> list[bytes]:
    """Return parts that are the same only in this value: large ones lie on several pages."""
    return [value[at : at + 40] for at in range(60, max(61, len(value) - 40), 1000)]


def bytes_of(file: Path) -> bytes:
    logs = [file, file.with_name(file.name + "-wal")]
    return b"".join(each.read_bytes() for each in logs if each.exists())


def found(file: Path, planted: dict[str, list[bytes]]) -> set[str]:
    content = bytes_of(file)
    return {name for name, pieces in planted.items() if any(each in content for each in pieces)}


def test_no_byte_of_an_erased_user_is_left_in_file_and_log(harness, ben, file):
    bens = harness.begin(ben)
    harness.poll_answered(bens, "VERIFIED")
    others = {value for _, value in sealed_values(harness)}
    onboarding_id = plant(harness)
    planted: dict[str, list[bytes]] = {"plain": [MARK.encode(), b"es-MX"]}
    for name, value in sealed_values(harness):
        if value not in others:
            planted.setdefault(name, []).extend(pieces_of(value))
    assert found(file, planted) == planted.keys()
    assert {"people.name", "messages.body", "inbox.body", "api_requests.answer"} <= planted.keys()
    old_body = {"messages.body": planted["messages.body"]}

    erasure = Erase(harness.deps).onboarding(onboarding_id, actor=Actor.CLI)
    harness.run_due()

    assert Erase(harness.deps).get(erasure.id).state == "confirmed"
    assert found(file, old_body), "the log still holds the pages: the check can fail"
    assert empty_write_ahead_log(harness.engine)
    assert found(file, planted) == set()
    with harness.database.reading() as work:
        assert work.connection.scalar(select(decisions.c.requester)) is not None


def test_write_ahead_log_in_use_is_emptied_later(harness, adas, file):
    reader = harness.engine.raw_connection()
    reader.driver_connection.execute("BEGIN")
    reader.driver_connection.execute("SELECT count(*) FROM people").fetchone()
    with harness.database.writing() as work:
        work.connection.execute(update(decisions).values(attempts=1))
        work.people.lock("x")
        work.counters.add_one("test")
    assert not empty_write_ahead_log(harness.engine)
    reader.driver_connection.execute("ROLLBACK")
    reader.close()
    assert empty_write_ahead_log(harness.engine)
    assert file.with_name(file.name + "-wal").stat().st_size == 0
