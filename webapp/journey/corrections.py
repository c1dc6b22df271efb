"""Compare the corrections of a confirmed decision with the document that the gateway shows.

The document is read from the answer and not stored; the results, without values, are.
"""

from __future__ import annotations

from collections.abc import Mapping

from webapp.domain.corrections import CorrectionResult, compare_corrections
from webapp.gateway.models import ProcessData
from webapp.gateway.personal_data import WIRE_NAMES


def compare_with_answer(
    corrections: Mapping[str, str], answer: ProcessData | None
) -> dict[str, CorrectionResult]:
    """Return the result of each corrected field; without a document none can be compared."""
    return compare_corrections(corrections, _shown_fields(answer) if answer else {})


def _shown_fields(answer: ProcessData) -> dict[str, str | None]:
    """Return the fields of the document that can be corrected, None for empty ones.

    Dates are in ISO 8601. Leaves out fields that the answer lacks, and dates that are unreadable.
    """
    document = answer.identity_document
    names = WIRE_NAMES.keys() & type(document).model_fields.keys() & document.model_fields_set
    shown: dict[str, str | None] = {name: getattr(document, name) for name in names}
    dates = {"date_of_birth": document.born_on, "date_of_expiry": document.expires_on}
    for name in dates.keys() & {name for name, text in shown.items() if text}:
        date = dates[name]
        if date is None:
            del shown[name]
        else:
            shown[name] = date.isoformat()
    return shown
