"""Every fault in every call of the gateway client: the declared error, within the deadline."""

from pathlib import Path
from time import monotonic

import pytest

from tests.unit.gateway.doubles import (
    CALLS,
    CHANGES,
    EVIDENCE,
    READS,
    UNREPEATED_SECONDS,
    gateway_at,
)
from tests.unit.gateway.faulty_gateway import (
    ENDED_BY_TIME,
    FAULTS,
    LOW_FAULTS,
    REFUSED_CONNECTION,
    RESPONSE_FAULTS,
    faulty_gateway,
)
from webapp.gateway import (
    CredentialsRefused,
    EvidenceNotFound,
    Forbidden,
    GatewayError,
    InvalidResponse,
    ProcessMismatch,
    RequestRefused,
    StateConflict,
    Unauthorized,
    Unavailable,
)

BUDGET_SECONDS = 0.1
# Generous for busy machines, where the fault is not about time.
PATIENT_SECONDS = 20
# Without a deadline these faults last until the test ends.
GRACE_SECONDS = 5

Ending = type[GatewayError] | None
#: Calls that change something accept any success.
FINE: Ending = None

#: One call of each column runs always, the others nightly: they share their code.
IN_CI = {"log_in", "create", "read", "accept", "image"}
NIGHTLY = pytest.mark.nightly

COLUMNS = {
    "log in": ("log_in",),
    "create": ("create",),
    "read": tuple(READS),
    "accept, reject, review, delete": tuple(CHANGES),
    "image, recording, pdf, zip": tuple(EVIDENCE),
}
_REFUSED = (InvalidResponse, RequestRefused, RequestRefused, RequestRefused, RequestRefused)
TABLE: dict[str, tuple[Ending, ...]] = {
    # fault: log in, create, read, changes, evidence
    REFUSED_CONNECTION: (Unavailable,) * 5,
    **dict.fromkeys(LOW_FAULTS, (Unavailable,) * 5),
    **dict.fromkeys(
        RESPONSE_FAULTS, (InvalidResponse, InvalidResponse, InvalidResponse, FINE, InvalidResponse)
    ),
    "nothing": (InvalidResponse, InvalidResponse, InvalidResponse, FINE, EvidenceNotFound),
    "nothing, by status": (
        InvalidResponse,
        InvalidResponse,
        InvalidResponse,
        FINE,
        EvidenceNotFound,
    ),
    "about another process": (InvalidResponse, *(ProcessMismatch,) * 4),
    "unknown words": (InvalidResponse, InvalidResponse, FINE, FINE, InvalidResponse),
    "an empty object": (InvalidResponse, InvalidResponse, FINE, FINE, InvalidResponse),
    "400": (CredentialsRefused, RequestRefused, RequestRefused, RequestRefused, EvidenceNotFound),
    "401": (CredentialsRefused, *(Unauthorized,) * 4),
    "403": (CredentialsRefused, *(Forbidden,) * 4),
    "404": (InvalidResponse, InvalidResponse, Unauthorized, Unauthorized, EvidenceNotFound),
    "405": (InvalidResponse, InvalidResponse, RequestRefused, RequestRefused, RequestRefused),
    "409": (InvalidResponse, *(StateConflict,) * 4),
    "410": (InvalidResponse, Unauthorized, Unauthorized, Unauthorized, EvidenceNotFound),
    "422": (CredentialsRefused, RequestRefused, RequestRefused, RequestRefused, RequestRefused),
    **dict.fromkeys(("406", "413", "415", "418", "451"), _REFUSED),
    **dict.fromkeys(("501", "505", "599"), (Unavailable,) * 5),
}
CASES = [
    pytest.param(fault, call, ending, id=f"{call}-{fault}", marks=() if call in IN_CI else NIGHTLY)
    for fault, endings in TABLE.items()
    for calls, ending in zip(COLUMNS.values(), endings, strict=True)
    for call in calls
]


@pytest.mark.parametrize(("fault", "call", "ending"), CASES)
def test_client_fault_ends_in_declared_error_within_deadline(
    fault: str, call: str, ending: Ending
) -> None:
    seconds = seconds_for(fault, call)
    with faulty_gateway(fault) as url:
        client = gateway_at(url, seconds)
        began = monotonic()
        try:
            if ending is FINE:
                CALLS[call](client)
            else:
                with pytest.raises(ending):
                    CALLS[call](client)
        finally:
            elapsed = monotonic() - began
            client.close()
    assert elapsed < seconds + GRACE_SECONDS


def seconds_for(fault: str, call: str) -> float:
    """Return the time budget; with more time, calls that change nothing would be repeated."""
    if fault in ENDED_BY_TIME:
        return BUDGET_SECONDS
    return UNREPEATED_SECONDS if call in {**READS, **EVIDENCE} else PATIENT_SECONDS


def test_matrix_covers_every_fault_and_call() -> None:
    assert TABLE.keys() == {REFUSED_CONNECTION, *FAULTS}
    assert sorted(call for calls in COLUMNS.values() for call in calls) == sorted(CALLS)


def test_docs_show_the_matrix(root: Path) -> None:
    assert "\n".join(documented()) in (root / "docs" / "reliability.md").read_text()


def documented() -> list[str]:
    """Return the table of the docs; faults with the same endings share a row."""
    rows: dict[tuple[Ending, ...], list[str]] = {}
    for fault, endings in TABLE.items():
        rows.setdefault(endings, []).append(fault)
    head = ["The gateway gives", *COLUMNS]
    return [
        "| " + " | ".join(head) + " |",
        "|---" * len(head) + "|",
        *(
            "| " + " | ".join([", ".join(faults), *map(_named, endings)]) + " |"
            for endings, faults in rows.items()
        ),
    ]


def _named(ending: Ending) -> str:
    return f"`{ending.__name__}`" if ending else "taken"
