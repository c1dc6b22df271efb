"""Compare the host site's expected data with the document in an answer of the gateway.

The document's data is read from the answer and not stored: the result of the comparison is, and a
keyed hash of what was compared.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime

from webapp.domain.expected_match import MatchResult, compare_expected
from webapp.gateway.models import ProcessData
from webapp.store.unit_of_work import UnitOfWork

#: The generated key of the hashes.
_KEY = "expected data"
_TEXTS = (
    "name",
    "first_surname",
    "second_surname",
    "surname",
    "document_number",
    "personal_number",
    "nationality",
)


def store_comparison(
    work: UnitOfWork, onboarding_id: str, answer: ProcessData | None, now: datetime
) -> MatchResult | None:
    """Compare, and store the result; return it if it differs from the stored one, else None.

    Does nothing without an answer, a document in it, or expected data.
    """
    if answer is None or not answer.document:
        return None
    inputs = work.inputs.find(onboarding_id)
    if inputs is None or not inputs.expected:
        return None
    document = document_fields(answer)
    result = compare_expected(inputs.expected, document).result
    before = work.inputs.expected_match(onboarding_id) or MatchResult.NOT_CHECKED
    key = work.generated_keys.get_or_make(_KEY, now)
    work.inputs.set_expected_match(
        onboarding_id, str(result), _keyed_hash(key, inputs.expected, document)
    )
    return result if result != before else None


def document_fields(answer: ProcessData) -> Mapping[str, str]:
    """Return the fields that `compare_expected` reads, without empty ones; dates in ISO 8601."""
    document = answer.identity_document
    fields = {name: getattr(document, name) for name in _TEXTS}
    born_on = document.born_on
    fields["date_of_birth"] = born_on.isoformat() if born_on else None
    return {name: text for name, text in fields.items() if text}


def _keyed_hash(key: bytes, expected: Mapping[str, str], document: Mapping[str, str]) -> str:
    compared = json.dumps([dict(expected), dict(document)], sort_keys=True)
    return hmac.new(key, compared.encode(), hashlib.sha256).hexdigest()
