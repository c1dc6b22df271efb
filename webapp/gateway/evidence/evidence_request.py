"""Request evidence from the gateway, in each documented form until one can be read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import httpx

from webapp.gateway.connections import Connections
from webapp.gateway.errors import (
    EvidenceNotFound,
    GatewayError,
    InvalidResponse,
    RequestRefused,
)
from webapp.gateway.evidence.decoding import UndecodableBody
from webapp.gateway.evidence.evidence_stream import EvidenceStream
from webapp.gateway.evidence.file_signatures import HEAD_BYTES
from webapp.gateway.evidence.response_stream import ResponseStream
from webapp.gateway.evidence.unwrapping import EvidenceRequest, unwrap
from webapp.gateway.options import Budgets
from webapp.gateway.responses import require_success
from webapp.gateway.retry import retry_while_unavailable
from webapp.http_transport.deadline import deadline

_ABSENT = (204, 404, 410)
# Another `Accept` value may succeed after these.
_FORM_REFUSED = (400, 406, 415)


class EvidenceReader:
    """Opens evidence as a stream, whatever form the gateway sends it in."""

    def __init__(self, connections: Connections, auth: httpx.Auth, budgets: Budgets) -> None:
        self._connections = connections
        self._auth = auth
        self._budgets = budgets

    @contextmanager
    def open(self, request: EvidenceRequest) -> Iterator[EvidenceStream]:
        """Open the evidence; the end of the block releases its connection.

        Raises `EvidenceNotFound`, `ProcessMismatch`, `RequestRefused`, `Unauthorized`,
        `Unavailable`.
        """
        with deadline(self._budgets.evidence_begins_seconds):
            response, evidence = self._first_readable(request)
        try:
            yield evidence
        finally:
            response.close()

    def _first_readable(self, request: EvidenceRequest) -> tuple[ResponseStream, EvidenceStream]:
        call = request.kind.call
        failure: GatewayError = InvalidResponse(f"{call}: nothing that can be read")
        for accept in request.kind.accept_values:
            response = retry_while_unavailable(partial(self._request, request, accept))
            if response.status in _FORM_REFUSED:
                failure = _form_refused(call, response, failure)
                continue
            try:
                return response, unwrap(request, response)
            except UndecodableBody as reason:
                response.close()
                failure = InvalidResponse(f"{call}: {reason}", status=response.status)
            except BaseException:
                response.close()
                raise
        raise failure

    def _request(self, request: EvidenceRequest, accept: str) -> ResponseStream:
        call = request.kind.call
        idle_seconds = self._budgets.evidence_idle_seconds
        response = self._connections.open_stream(
            call, request.url, accept=accept, auth=self._auth, idle_seconds=idle_seconds
        )
        stream = ResponseStream(call, response, idle_seconds, self._budgets.evidence_seconds)
        try:
            if response.status_code in _ABSENT:
                status, body = response.status_code, stream.error_body
                raise EvidenceNotFound(f"{call}: not found", status=status, body=body)
            if response.status_code not in _FORM_REFUSED:
                if not response.is_success:
                    require_success(call, response)
                stream.read_head(HEAD_BYTES)
        except BaseException:
            stream.close()
            raise
        return stream


def _form_refused(call: str, response: ResponseStream, before: GatewayError) -> GatewayError:
    """400 means absent evidence, because our ids are well formed; the others mean the form."""
    is_absent = response.status == 400 or isinstance(before, EvidenceNotFound)
    error: type[GatewayError] = EvidenceNotFound if is_absent else RequestRefused
    message = f"{call}: answered {response.status}"
    return error(message, status=response.status, body=response.error_body)
