"""Store with which algorithms reports of a gateway account have matched their checksum."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from webapp.store.evidence_tables import checksum_matches
from webapp.store.repository import Repository
from webapp.store.sql import insert_if_absent


class ChecksumMatches(Repository):
    """`account` is a hash of the gateway's address and API key, `algorithm` a name of hashlib."""

    def add(self, account: str, algorithm: str, now: datetime) -> None:
        """Store the first match; later ones change nothing."""
        insert_if_absent(
            self._connection,
            checksum_matches,
            account=account,
            algorithm=algorithm,
            first_matched_at=now,
        )

    def has(self, account: str, algorithm: str) -> bool:
        """Whether a report has matched before."""
        found = select(checksum_matches.c.account).where(
            checksum_matches.c.account == account, checksum_matches.c.algorithm == algorithm
        )
        return self._connection.scalar(found) is not None
