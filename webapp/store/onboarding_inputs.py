"""Store what the host site's API call gave for an onboarding, encrypted."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from webapp.domain.onboarding_inputs import OnboardingInputs
from webapp.store.api_tables import onboarding_inputs
from webapp.store.repository import SealingRepository
from webapp.store.sql import batched

_TYPES = ("country", "document_type", "document_specific_type")
_MAPPINGS = ("metadata", "extra_data", "expected")
_columns = onboarding_inputs.c
_this = _columns.onboarding_id == bindparam("this")
_GET = select(onboarding_inputs).where(_this)
_LISTED = select(
    _columns.onboarding_id, _columns["metadata"].label("sealed_metadata"), _columns.expected_match
).where(_columns.onboarding_id.in_(bindparam("these", expanding=True)))
_SET_MATCH = (
    update(onboarding_inputs)
    .where(_this)
    .values(expected_match=bindparam("word"), expected_match_hash=bindparam("digest"))
)


class Inputs(SealingRepository):
    def add(self, onboarding_id: str, inputs: OnboardingInputs) -> None:
        """Insert the row of an onboarding, also for inputs without a value."""
        types = {name: getattr(inputs, name) for name in _TYPES if getattr(inputs, name)}
        values: dict[str, Any] = {"types": self._seal_mapping(types)}
        values |= {name: self._seal_mapping(getattr(inputs, name)) for name in _MAPPINGS}
        values |= {"onboarding_id": onboarding_id, "return_url": self._seal(inputs.return_url)}
        self._connection.execute(insert(onboarding_inputs), values)

    def get(self, onboarding_id: str) -> OnboardingInputs:
        """Return the inputs; those without a value for an onboarding that a user has started."""
        return self.find(onboarding_id) or OnboardingInputs()

    def find(self, onboarding_id: str) -> OnboardingInputs | None:
        """Return the inputs; None for an onboarding that a user has started."""
        row = self._connection.execute(_GET, {"this": onboarding_id}).mappings().one_or_none()
        if row is None:
            return None
        mappings = {name: self._open_mapping(row[name]) for name in _MAPPINGS}
        types = self._open_mapping(row["types"])
        return OnboardingInputs(
            country=types.get("country"),
            document_type=types.get("document_type"),
            document_specific_type=types.get("document_specific_type"),
            return_url=self._open(row["return_url"]),
            metadata=mappings["metadata"],
            extra_data=mappings["extra_data"],
            expected=mappings["expected"],
        )

    def listed(
        self, onboarding_ids: Collection[str]
    ) -> Mapping[str, tuple[Mapping[str, str], str | None]]:
        """Return metadata and `expected_match` by onboarding id; none for other onboardings."""
        found = {}
        for batch in batched(onboarding_ids):
            for row in self._connection.execute(_LISTED, {"these": batch}):
                metadata = self._open_mapping(row.sealed_metadata)
                found[row.onboarding_id] = metadata, row.expected_match
        return found

    def expected_match(self, onboarding_id: str) -> str | None:
        """Return the stored word of the comparison; None before it, and without inputs."""
        found = select(_columns.expected_match).where(_this)
        return self._connection.scalar(found, {"this": onboarding_id})

    def set_expected_match(self, onboarding_id: str, word: str, digest: str) -> None:
        """Store the word, and a keyed hash of what was compared, never the document's data."""
        values = {"this": onboarding_id, "word": word, "digest": digest}
        self._connection.execute(_SET_MATCH, values)

    def _seal_mapping(self, mapping: Mapping[str, str]) -> bytes | None:
        return self._seal(json.dumps(dict(mapping), sort_keys=True)) if mapping else None

    def _open_mapping(self, sealed: bytes | None) -> dict[str, str]:
        return json.loads(self._cipher.open(sealed)) if sealed else {}
