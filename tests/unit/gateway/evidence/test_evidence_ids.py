"""Evidence: ids of other processes in the JSON around a file."""

import base64

import httpx
import pytest

from tests.unit.gateway.doubles import (
    ADAS_PROCESS,
    BENS_PROCESS,
    FILES,
    JPEG,
    MEMBERS,
    OPENED,
    Recorder,
    gateway,
)
from webapp.gateway import InvalidResponse, ProcessMismatch


def json_response(kind: str, **members: object) -> Recorder:
    file = {MEMBERS[kind]: base64.b64encode(FILES[kind]).decode()}
    return Recorder(httpx.Response(200, json={**members, **file}))


@pytest.mark.parametrize("kind", ["image", "recording", "pdf"])
@pytest.mark.parametrize("scan_id", ["", None, 7])
def test_evidence_other_verification_id_without_scan_id_raises_process_mismatch(
    kind: str, scan_id: object
) -> None:
    """The vendor's samples leave `scanId` empty."""
    wire = json_response(kind, scanId=scan_id, verificationId=BENS_PROCESS)
    with pytest.raises(ProcessMismatch), OPENED[kind](gateway(wire)):
        pytest.fail("it was opened")


def test_evidence_with_two_scan_ids_is_unreadable() -> None:
    ids = f'"scanId": "{BENS_PROCESS}", "scanId": "{ADAS_PROCESS}"'
    body = f'{{{ids}, "image": "{base64.b64encode(JPEG).decode()}"}}'
    wire = Recorder(httpx.Response(200, content=body))
    with pytest.raises(InvalidResponse), OPENED["image"](gateway(wire)):
        pytest.fail("it was opened")
