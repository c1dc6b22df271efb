"""Every fault in every call of the gateway client: the declared error, within the deadline."""

from contextlib import nullcontext
from pathlib import Path
from time import monotonic

import pytest

from tests.unit.gateway.doubles import (
    CALLS,
    CHANGES,
    EVIDENCE,
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

#: `read` runs always with every fault. One call of each other column runs always with one fault
#: of each class; the rest runs nightly.
IN_CI = {"log_in", "create", "accept", "image"}
ONE_OF_EACH_CLASS = {
    REFUSED_CONNECTION, "silence", "a body byte by byte", "half a body", "a reset",
    "an endless body",
    "another protocol", "half a gzip", "a web page", "a redirect", "500", "429", "plain text",
    "nothing", "nothing, by status", "broken JSON", "about another process", "unknown words",
    "an empty object", "400", "401", "403", "404", "405", "406", "409", "410", "422",
}  # fmt: skip

COLUMNS = {
    "log in": ("log_in",),
    "create": ("create",),
    "read": ("read",),
    "accept, reject, review, delete": tuple(CHANGES),
    "image, recording, pdf, zip": tuple(EVIDENCE),
}
_NOT_JSON = (*(InvalidResponse,) * 3, FINE)
TABLE: dict[str, tuple[Ending, ...]] = {
    # fault: log in, create, read, changes, evidence
    REFUSED_CONNECTION: (Unavailable,) * 5,
    **dict.fromkeys(LOW_FAULTS, (Unavailable,) * 5),
    **dict.fromkeys(RESPONSE_FAULTS, (*_NOT_JSON, InvalidResponse)),
    **dict.fromkeys(("nothing", "nothing, by status"), (*_NOT_JSON, EvidenceNotFound)),
    "about another process": (InvalidResponse, *(ProcessMismatch,) * 4),
    "unknown words": (InvalidResponse, InvalidResponse, FINE, FINE, InvalidResponse),
    "an empty object": (InvalidResponse, InvalidResponse, FINE, FINE, InvalidResponse),
    "quite deep JSON": (*_NOT_JSON, InvalidResponse),
    "400": (CredentialsRefused, *(RequestRefused,) * 3, EvidenceNotFound),
    "401": (CredentialsRefused, *(Unauthorized,) * 4),
    "403": (CredentialsRefused, *(Forbidden,) * 4),
    "404": (*(InvalidResponse,) * 2, *(Unauthorized,) * 2, EvidenceNotFound),
    "405": (*(InvalidResponse,) * 2, *(RequestRefused,) * 3),
    "409": (InvalidResponse, *(StateConflict,) * 4),
    "410": (InvalidResponse, *(Unauthorized,) * 3, EvidenceNotFound),
    "422": (CredentialsRefused, *(RequestRefused,) * 4),
    **dict.fromkeys(("406", "413", "415", "418", "451"), (InvalidResponse, *(RequestRefused,) * 4)),
    **dict.fromkeys(("501", "505", "599"), (Unavailable,) * 5),
}


def marks(fault: str, call: str) -> tuple[pytest.MarkDecorator, ...]:
    always = call == "read" or (call in IN_CI and fault in ONE_OF_EACH_CLASS)
    return () if always else (pytest.mark.nightly,)


CASES = [
    pytest.param(fault, call, ending, id=f"{call}-{fault}", marks=marks(fault, call))
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
        with nullcontext() if ending is FINE else pytest.raises(ending):
            CALLS[call](client)
        assert monotonic() - began < seconds + GRACE_SECONDS
        client.close()


def seconds_for(fault: str, call: str) -> float:
    """Return the time budget; with more time, calls that change nothing would be repeated."""
    if fault in ENDED_BY_TIME:
        return BUDGET_SECONDS
    return UNREPEATED_SECONDS if call in {"read", *EVIDENCE} else PATIENT_SECONDS


def test_matrix_covers_every_fault_and_call() -> None:
    assert TABLE.keys() == {REFUSED_CONNECTION, *FAULTS}
    assert TABLE.keys() >= ONE_OF_EACH_CLASS
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
