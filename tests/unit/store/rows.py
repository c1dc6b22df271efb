"""Helpers that store people, onboardings and notices for the tests."""

import base64
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tests.unit.domain.samples import NOW, sample_onboarding
from webapp.domain.actors import Actor
from webapp.domain.decisions import (
    DecisionContent,
    DecisionKind,
    DecisionRecord,
    DecisionRequester,
    DecisionState,
)
from webapp.domain.evidence import Evidence, EvidenceItem, EvidenceView
from webapp.domain.onboarding import Onboarding, Person, Status
from webapp.store.column_types import Cipher
from webapp.store.engine import make_engine
from webapp.store.notice_writer import NewNotice, NoticeWriter
from webapp.store.replay_guard import hash_of
from webapp.store.unit_of_work import Database, UnitOfWork

KEY = base64.urlsafe_b64encode(b"k" * 32).decode()
NEWER_KEY = base64.urlsafe_b64encode(b"n" * 32).decode()


def changed(row: Onboarding, **fields: Any) -> Onboarding:
    """The next version of a row with these fields, whatever the transition table allows."""
    return replace(row, **{"version": row.version + 1, **fields})


@contextmanager
def database_at(address: str, *keys: str) -> Iterator[Database]:
    """Open a database with its own engine, like another process."""
    engine = make_engine(address)
    try:
        yield Database(engine, Cipher(keys or (KEY,)))
    finally:
        engine.dispose()


def admit(database: Database, subject: str = "ada", **more: Any) -> Person:
    with database.writing() as work:
        return admitted(work, subject, **more)


def admitted(work: UnitOfWork, subject: str, site: str = "shop", **more: Any) -> Person:
    fields = {"name": None, "locale": None, **more}
    return work.people.admit(site, subject, hash_of(subject), NOW, **fields)


def onboarding(person: Person, **fields: Any) -> Onboarding:
    """A new onboarding of this person with these fields changed."""
    new = {"id": str(uuid.uuid4()), "person_id": person.id, "status": Status.CREATED}
    times = {"created_at": NOW, "updated_at": NOW, "expires_at": NOW + timedelta(hours=48)}
    return sample_onboarding(**{**new, **times, **fields})


def add(database: Database, row: Onboarding) -> Onboarding:
    with database.writing() as work:
        work.onboardings.add(row)
    return row


def decision_record(onboarding_id: str, **fields: Any) -> DecisionRecord:
    """An open decision to accept with these fields changed."""
    standard: dict[str, Any] = {
        "id": str(uuid.uuid4()),
        "onboarding_id": onboarding_id,
        "kind": DecisionKind.ACCEPT,
        "case_version": 1,
        "actor": "cli",
        "requester": DecisionRequester(),
        "content": DecisionContent(),
        "state": DecisionState.OPEN,
        "created_at": NOW,
        "updated_at": NOW,
        "due_at": NOW,
    }
    return DecisionRecord(**{**standard, **fields})


def evidence_view(onboarding_id: str, **fields: Any) -> EvidenceView:
    """A view of the report that begins now with these fields changed."""
    standard: dict[str, Any] = {
        "id": str(uuid.uuid4()),
        "onboarding_id": onboarding_id,
        "actor": Actor.HOST,
        "viewer": "back office",
        "item": EvidenceItem(Evidence.PDF),
        "part": None,
        "checksum": None,
        "began_at": NOW,
    }
    return EvidenceView(**{**standard, **fields})


def stored(database: Database, row: Onboarding) -> Onboarding:
    with database.reading() as work:
        found = work.onboardings.get(row.id)
    assert found is not None
    return found


def in_threads(count: int, task: Callable[[], Any]) -> list[Any]:
    """Run `task` in `count` threads at once; return what each returned or raised."""
    gate, answers = threading.Barrier(count), []

    def run() -> None:
        gate.wait(timeout=30)
        try:
            answers.append(task())
        except Exception as error:  # noqa: BLE001 - returned to the caller
            answers.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(answers) == count, "some threads did not come back"
    return answers


def written(database: Database, task: Callable[[UnitOfWork], Any]) -> Any:
    with database.writing() as work:
        return task(work)


def waiting_for_a_lock(database: Database) -> int:
    """Return how many PostgreSQL sessions wait for a lock of another."""
    with database.engine.connect() as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        return int(connection.exec_driver_sql(query).scalar() or 0)


def new_notice(id_: str | None = None, word: str = "VERIFIED") -> NewNotice:
    """Return a notice about this id; None: about an id that no onboarding has."""
    return NewNotice(id_ or str(uuid.uuid4()), word, b"{}", NOW)


def noticed(
    database: Database, id_: str, word: str = "VERIFIED", at: datetime = NOW, body: bytes = b"{}"
) -> bool:
    """Store a notice and return whether it was new."""
    return NoticeWriter(database).store(NewNotice(id_, word, body, at))
