"""Views of evidence: begun, ended, listed; and checksums that have matched."""

from dataclasses import replace
from datetime import timedelta

from tests.unit.store.rows import NOW, add, admit, evidence_view, onboarding, written
from webapp.domain.evidence import ChecksumOutcome, Evidence, EvidenceItem
from webapp.store.unit_of_work import Database


def test_view_is_stored_as_it_began_and_as_it_ended(database: Database) -> None:
    row = add(database, onboarding(admit(database)))
    item = EvidenceItem(Evidence.RECORDING, "video_liveness")
    begun = evidence_view(row.id, item=item, part="bytes 0-9/10")
    later = evidence_view(
        row.id, began_at=NOW + timedelta(seconds=1), checksum=ChecksumOutcome.MATCH
    )
    written(database, lambda work: (work.evidence_views.add(later), work.evidence_views.add(begun)))
    with database.reading() as work:
        assert work.evidence_views.of(row.id) == [begun, later]
    ended = replace(begun, ended_at=NOW, sha256="0" * 64, size=2**40, is_complete=True)
    assert written(database, lambda work: work.evidence_views.end(ended))
    with database.reading() as work:
        assert work.evidence_views.of(row.id) == [ended, later]


def test_end_of_a_view_that_is_gone_is_reported(database: Database) -> None:
    row = add(database, onboarding(admit(database)))
    assert not written(database, lambda work: work.evidence_views.end(evidence_view(row.id)))


def test_checksum_match_is_kept_for_its_account_and_algorithm(database: Database) -> None:
    for _ in range(2):
        written(database, lambda work: work.checksum_matches.add("ours", "sha256", NOW))
    with database.reading() as work:
        matches = work.checksum_matches
        assert matches.has("ours", "sha256")
        assert not matches.has("ours", "md5")
        assert not matches.has("another", "sha256")
