"""Read the response to a decision or a deletion. Contract 3.8 to 3.11."""

from __future__ import annotations

import httpx

from webapp.gateway.errors import InvalidResponse
from webapp.gateway.models import Acknowledgement
from webapp.gateway.process_ids import refuse_other_process
from webapp.gateway.responses import first_text, parse_object, require_success


def parse_acknowledgement(call: str, scan_id: str, response: httpx.Response) -> Acknowledgement:
    """Accept any success, and read its body where possible. Contract 4-J, 4-K.

    Raises the error that the status means, and `ProcessMismatch` for another process than
    `scan_id`.
    """
    require_success(call, response)
    try:
        members = parse_object(call, response)
    except InvalidResponse:
        members = {}
    refuse_other_process(call, scan_id, members)
    return Acknowledgement(
        first_text(members, "status"),
        first_text(members, "description"),
        members,
        response.status_code,
    )
