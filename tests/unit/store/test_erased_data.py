"""Every table that refers to an onboarding, a person or a message is dealt with by an erasure."""

import pytest

from tests.unit.domain.samples import NOW
from tests.unit.store.rows import add, admit, noticed, onboarding
from webapp.domain.actors import Actor
from webapp.domain.onboarding import Consent
from webapp.store.erased_data import DELETED
from webapp.store.schema import metadata
from webapp.store.unit_of_work import Database

REFERRING = {"onboarding_id", "person_id", "verification_id", "message_id"}
#: What an erasure does with each table beside those whose rows it deletes.
DEALT_WITH = {
    "api_requests": "answer emptied",
    "decisions": "content and reply emptied",
    "erasures": "holds ids and words only",
    "evidence_views": "who has seen what kind stays, the file's hash and type do not",
    "inbox": "bodies emptied, unknown words deleted",
    "message_attempts": "answer emptied",
    "messages": "bodies replaced",
    "onboardings": "tombstone",
    "sessions": "deleted with the person",
    "timeline": "details reduced to known words",
}


def test_every_referring_table_is_dealt_with():
    referring = {
        table.name for table in metadata.sorted_tables if REFERRING & set(table.columns.keys())
    }
    assert referring == DEALT_WITH.keys() | {table.name for table in DELETED}


def test_delete_leaves_rows_of_another_onboarding(database: Database):
    ada, ben = admit(database, "ada"), admit(database, "ben")
    adas, bens = add(database, onboarding(ada)), add(database, onboarding(ben))
    for row in (adas, bens):
        noticed(database, row.id)
        with database.writing() as work:
            work.onboardings.add_consent(row.id, Consent("2026-01", "en", NOW))
            work.links.add(f"code of {row.id}", row.id, NOW, NOW)
            work.timeline.add(
                NOW, "notice", actor=Actor.GATEWAY, onboarding_id=row.id, word="Ada", status="x"
            )

    with database.writing() as work:
        work.erased_data.delete(adas.id)

    with database.reading() as work:
        assert not work.onboardings.has_consent(adas.id, "2026-01")
        assert work.onboardings.has_consent(bens.id, "2026-01")
        assert work.links.get(f"code of {adas.id}") is None
        assert work.links.get(f"code of {bens.id}") is not None
        details = {
            row.id: [each.detail for each in work.timeline.of(row.id)] for row in (adas, bens)
        }
    assert details[adas.id] == [{}, {"status": "x"}]
    assert details[bens.id][1] == {"word": "Ada", "status": "x"}


@pytest.mark.parametrize("has_another", [True, False])
def test_delete_person_spares_one_with_an_onboarding(database: Database, has_another: bool):
    ada = admit(database)
    if has_another:
        add(database, onboarding(ada))
    with database.writing() as work:
        assert work.erased_data.delete_person(ada.id) is not has_another
