"""Test that personal data and secrets are stored encrypted, readable with any key."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from tests.unit.store.rows import (
    KEY,
    NEWER_KEY,
    NOW,
    add,
    admit,
    decision_record,
    evidence_view,
    noticed,
    onboarding,
    stored,
)
from tests.unit.store.test_messages import message
from webapp.domain.decisions import DecisionContent, DecisionRequester, GatewayReply
from webapp.domain.evidence import Evidence, EvidenceItem
from webapp.domain.messages import Attempt
from webapp.domain.onboarding import Onboarding, Status
from webapp.store.column_types import Cipher
from webapp.store.engine import mark_as_writing
from webapp.store.errors import StoreError
from webapp.store.login_sessions import Session
from webapp.store.schema import metadata
from webapp.store.unit_of_work import Database

PLACES = (
    "name subject url token agent rejection return state id_token jti body unusable session access"
    " comment correction requester reply message answer viewer evidence"
)
MARKERS = {place: f"marker-{place}" for place in PLACES.split()}


def fill(database: Database) -> Onboarding:
    """Store a marker in every field that may hold personal data of Ada."""
    ada = admit(database, MARKERS["subject"], name=MARKERS["name"])
    row = onboarding(
        ada,
        status=Status.REJECTED,
        hosted_url=f"https://gateway.example/{MARKERS['url']}",
        onboarding_token=MARKERS["token"],
        decided_by=MARKERS["agent"],
        rejection_reason=MARKERS["rejection"],
    )
    secrets = [MARKERS[place] for place in ("return", "state", "id_token", "jti")]
    session = Session(MARKERS["session"], ada.id, "handoff", NOW, "default", *secrets)
    with database.writing() as work:
        work.onboardings.add(row)
        work.decisions.add(
            decision_record(
                row.id,
                content=DecisionContent(MARKERS["comment"], {"name": MARKERS["correction"]}),
                requester=DecisionRequester(MARKERS["requester"]),
                reply=GatewayReply(400, MARKERS["reply"]),
            )
        )
        work.messages.add(message(row.id, body=MARKERS["message"]))
        attempt = Attempt(NOW, 1, 500, answer=MARKERS["answer"])
        work.messages.add_attempt(message(row.id).id, attempt)
        item = EvidenceItem(Evidence.IMAGE, MARKERS["evidence"])
        work.evidence_views.add(evidence_view(row.id, viewer=MARKERS["viewer"], item=item))
        work.sessions.add(session, NOW)
        work.replay_guard.use("handoff", MARKERS["jti"], NOW)
        assert work.tokens.claim("account", "me", NOW, NOW - NOW, None)
        work.tokens.put("account", "me", MARKERS["access"], NOW, NOW)
        work.quarantine.add(MARKERS["unusable"].encode(), "no JSON", NOW)
    noticed(database, row.id, body=MARKERS["body"].encode())
    return stored(database, row)


def raw_bytes(engine: Engine, folder: Path) -> bytes:
    """Return all stored data; on SQLite the bytes of the files."""
    if engine.dialect.name == "sqlite":
        return b"".join(path.read_bytes() for path in folder.glob("state.sqlite3*"))
    with engine.connect() as connection:
        rows = [
            row
            for table in metadata.sorted_tables
            for row in connection.execute(text(f"SELECT * FROM {table.name}"))
        ]
    return repr(rows).encode()


def test_database_contains_no_personal_data_in_plain_text(database: Database, tmp_path: Path):
    row = fill(database)
    lying = raw_bytes(database.engine, tmp_path)
    assert row.id.encode() in lying, "the search would not find anything"
    found = [name for name, marker in MARKERS.items() if marker.encode() in lying]
    assert found == []


def test_cipher_with_a_newer_key_opens_old_values(database: Database):
    old = fill(database)
    rotated = Database(database.engine, Cipher([NEWER_KEY, KEY]))
    assert stored(rotated, old).hosted_url == old.hosted_url

    new = add(rotated, onboarding(admit(rotated, "ben"), hosted_url="https://new"))
    only_new = Database(database.engine, Cipher([NEWER_KEY]))
    assert stored(only_new, new).hosted_url == "https://new"
    with pytest.raises(StoreError, match="no key of DATA_KEYS opens") as raised:
        stored(only_new, old)
    assert "marker" not in str(raised.value)


def test_open_of_an_altered_value_raises_wrong_key(database: Database):
    row = fill(database)
    with database.engine.connect() as connection:
        mark_as_writing(connection)
        sealed = bytes(connection.scalar(text("SELECT hosted_url FROM onboardings")))
        broken = sealed[:-5] + (b"AAAAA" if sealed[-5:] != b"AAAAA" else b"BBBBB")
        connection.execute(text("UPDATE onboardings SET hosted_url = :b"), {"b": broken})
        connection.commit()
    with pytest.raises(StoreError):
        stored(database, row)


@pytest.mark.parametrize("key", [KEY, KEY.rstrip("=")])
def test_cipher_accepts_keys_with_or_without_padding(key):
    assert Cipher([key]).open(Cipher([KEY]).seal("ada")) == "ada"


def test_database_error_quotes_no_value(database: Database):
    with pytest.raises(DBAPIError) as told, database.engine.connect() as connection:
        connection.execute(text("SELECT :value FROM nowhere"), {"value": MARKERS["name"]})
    assert MARKERS["name"] not in str(told.value)
