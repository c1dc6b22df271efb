"""Every lie of a gateway in every call of the client: it ends as declared here, and in time."""

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
    ALL_FAULTS,
    ANSWER_FAULTS,
    ENDED_BY_TIME,
    LOW_FAULTS,
    REFUSED_CONNECTION,
    running_faulty_gateway,
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
# Machines of tests are busy: time must not run out where it is not what the lie is about.
PATIENT_SECONDS = 20
# Without a deadline those that end by time last as long as the test.
GRACE_SECONDS = 5

Ending = type[GatewayError] | None
#: Calls that change something say little when they have worked: any success will do.
FINE: Ending = None

COLUMNS = {
    "log in": ("log_in",),
    "create": ("create",),
    "read": tuple(READS),
    "accept, reject, review, delete": tuple(CHANGES),
    "image, recording, pdf, zip": tuple(EVIDENCE),
}
_REFUSED = (InvalidResponse, RequestRefused, RequestRefused, RequestRefused, RequestRefused)
TABLE: dict[str, tuple[Ending, ...]] = {
    # lie: log in, create, read, changes, evidence
    REFUSED_CONNECTION: (Unavailable,) * 5,
    **dict.fromkeys(LOW_FAULTS, (Unavailable,) * 5),
    **dict.fromkeys(
        ANSWER_FAULTS, (InvalidResponse, InvalidResponse, InvalidResponse, FINE, InvalidResponse)
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
    pytest.param(lie, call, ending, id=f"{call}-{lie}")
    for lie, endings in TABLE.items()
    for calls, ending in zip(COLUMNS.values(), endings, strict=True)
    for call in calls
]


@pytest.mark.parametrize(("lie", "call", "ending"), CASES)
def test_it_ends_as_declared_and_in_time(lie: str, call: str, ending: Ending) -> None:
    seconds = seconds_for(lie, call)
    with running_faulty_gateway(lie) as url:
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


def seconds_for(lie: str, call: str) -> float:
    """What the call may take; with more time, those that change nothing would be repeated."""
    if lie in ENDED_BY_TIME:
        return BUDGET_SECONDS
    return UNREPEATED_SECONDS if call in {**READS, **EVIDENCE} else PATIENT_SECONDS


def test_the_table_knows_every_lie_and_every_call() -> None:
    assert TABLE.keys() == {REFUSED_CONNECTION, *ALL_FAULTS}
    assert sorted(call for calls in COLUMNS.values() for call in calls) == sorted(CALLS)


def test_the_documentation_shows_the_same_table(root: Path) -> None:
    assert "\n".join(documented()) in (root / "docs" / "reliability.md").read_text()


def documented() -> list[str]:
    """Lies that end alike share a row."""
    rows: dict[tuple[Ending, ...], list[str]] = {}
    for lie, endings in TABLE.items():
        rows.setdefault(endings, []).append(lie)
    head = ["The gateway gives", *COLUMNS]
    return [
        "| " + " | ".join(head) + " |",
        "|---" * len(head) + "|",
        *(
            "| " + " | ".join([", ".join(lies), *map(_named, endings)]) + " |"
            for endings, lies in rows.items()
        ),
    ]


def _named(ending: Ending) -> str:
    return f"`{ending.__name__}`" if ending else "taken"
