"""Read the responses to create and read. Contract 3.1, 3.2."""

from __future__ import annotations

from collections.abc import Collection
from datetime import tzinfo

import httpx

from webapp.basics.urls import origin_of, resolve_url
from webapp.gateway.errors import InvalidResponse, NoHostedPage, UntrustedHostedPage
from webapp.gateway.models import TIME_ZONE, CreatedProcess, ProcessData
from webapp.gateway.process_ids import IDENTITY, require_process_id, require_same_process
from webapp.gateway.responses import first_text, parse_object, require_success, require_word

#: Members of process data that must be unambiguous; a flaw in any other costs that one only.
_VERDICT = (*IDENTITY, "verificationResult")
_DOCUMENTED = {field.alias for field in ProcessData.model_fields.values()} | set(IDENTITY)


def parse_created(
    scan_id: str, response: httpx.Response, base_url: str, trusted_origins: Collection[str]
) -> CreatedProcess:
    """Return the process with the address of its hosted page.

    A relative address is resolved against `base_url`, that of the call. Raises the errors of
    `require_success`, `ProcessMismatch`, `InvalidResponse` (also without a `scanId`),
    `NoHostedPage` and `UntrustedHostedPage`.
    """
    members = parse_object("create", require_success("create", response), sound=IDENTITY)
    require_process_id("create", scan_id, members.get("scanId"), optional=False)
    token, stated = (
        first_text(members, "onboardingToken"),
        first_text(members, "url", "onboardingUrl"),
    )
    if token is None or stated is None:
        raise NoHostedPage("create: token or url missing", status=200)
    url = resolve_url(base_url, stated)
    origin = origin_of(url)
    if origin is None:
        raise NoHostedPage("create: url is no web address", status=200)
    if origin not in trusted_origins:
        raise UntrustedHostedPage(
            "create: a hosted page on an origin that is not configured",
            origin=origin,
            url=url,
            onboarding_token=token,
        )
    return CreatedProcess(scan_id, token, url)


def parse_process_data(scan_id: str, response: httpx.Response, zone: tzinfo) -> ProcessData:
    """Return the data of a process; `zone` is that of times that state none.

    Raises the errors of `require_success`, `ProcessMismatch`, and `InvalidResponse` also when ids
    or verdict are not sound, and for an object of other members only, such as an error that comes
    as a success. An empty object is a process without data.
    """
    members = parse_object("read", require_success("read", response), sound=_VERDICT)
    if members and members.keys().isdisjoint(_DOCUMENTED):
        raise InvalidResponse("read: no member of process data", status=200)
    require_word("read", members.get("verificationResult"))
    require_same_process("read", scan_id, members)
    return ProcessData.model_validate(
        {**members, "scanId": scan_id, "raw": members}, context={TIME_ZONE: zone}
    )
