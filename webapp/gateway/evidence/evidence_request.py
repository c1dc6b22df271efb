"""Request evidence from the gateway, in each documented form until one can be read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus

import httpx

from webapp.basics.byte_range import ByteRange
from webapp.gateway.connections import Connections
from webapp.gateway.errors import (
    CircuitOpen,
    EvidenceNotFound,
    GatewayError,
    InvalidResponse,
    ProcessMismatch,
    RequestRefused,
    Unauthorized,
    Unavailable,
)
from webapp.gateway.evidence.decoding import UndecodableBody
from webapp.gateway.evidence.evidence_stream import EvidenceStream
from webapp.gateway.evidence.file_signatures import HEAD_BYTES
from webapp.gateway.evidence.partial_content import Opened, read_part
from webapp.gateway.evidence.response_stream import ResponseStream
from webapp.gateway.evidence.unwrapping import EvidenceRequest, unwrap
from webapp.gateway.options import Budgets
from webapp.gateway.responses import require_success
from webapp.gateway.retry import retry_while_unavailable
from webapp.http_transport.deadline import deadline, seconds_left

_ABSENT = (204, 404, 410)
_FORM_REFUSED = (400, 406, 415)
# They concern all requests, so another form or address would only add to them.
_TEMPORARY = (408, 425, 429)
_OUTAGES = (502, 503, 504)
# With less time left, another request would only end in another timeout.
_MIN_SECONDS = 0.5


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
        `Forbidden`, `Unavailable`.
        """
        with deadline(self._budgets.evidence_begins_seconds):
            found = retry_while_unavailable(partial(self._read_any, request))
            if isinstance(found, GatewayError):
                raise found
            response, evidence = found
        try:
            yield evidence
        finally:
            response.close()

    def _read_any(self, request: EvidenceRequest) -> Opened | GatewayError:
        """Return the first form that can be read, from the first address that has one.

        A part is requested first if one is wanted.

        A server that does not know a form answers it with any 4xx or 5xx, or hangs up. Returns the
        error when every form has failed; raises it when another round of requests may succeed.
        """
        if request.part is not None:
            open_at = partial(self._open_part, request)
            if (part := read_part(request, request.part, open_at)) is not None:
                return part
        failures: list[GatewayError] = []
        for url in request.urls:
            for accept in request.kind.accept_values:
                try:
                    return self._read(request, url, accept)
                except Unauthorized as failure:
                    failures.append(failure)  # of the token, the process or this address
                    break
                except GatewayError as failure:
                    failures.append(failure)
                    if not _may_differ_in_another_form(failure):
                        raise _most_telling(failures) from None
        telling = _most_telling(failures)
        if telling.status in _OUTAGES:
            raise telling
        return telling

    def _read(self, request: EvidenceRequest, url: str, accept: str) -> Opened:
        call = request.kind.call
        stream = self._open_response(call, url, accept)
        try:
            if stream.status == HTTPStatus.PARTIAL_CONTENT:
                raise UndecodableBody("a part of the file, which was not requested")
            stream.read_head(HEAD_BYTES)
            return stream, unwrap(request, stream)
        except UndecodableBody as reason:
            stream.close()
            raise InvalidResponse(f"{call}: {reason}", status=stream.status) from None
        except BaseException:
            stream.close()
            raise

    def _open_part(self, request: EvidenceRequest, url: str, part: ByteRange) -> ResponseStream:
        return self._open_response(request.kind.call, url, request.kind.bytes_accept, str(part))

    def _open_response(
        self, call: str, url: str, accept: str, byte_range: str | None = None
    ) -> ResponseStream:
        """Return a successful response with its body unread."""
        idle_seconds = self._budgets.evidence_idle_seconds
        response = self._connections.open_stream(
            call,
            url,
            accept=accept,
            auth=self._auth,
            idle_seconds=idle_seconds,
            byte_range=byte_range,
        )
        stream = ResponseStream(call, response, idle_seconds, self._budgets.evidence_seconds)
        try:
            _require_file(call, response, stream)
        except BaseException:
            stream.close()
            raise
        return stream


def _require_file(call: str, response: httpx.Response, stream: ResponseStream) -> None:
    """Raise the error that the status means. 400 means absent: our ids are well formed."""
    status = response.status_code
    if status in _ABSENT or status == 400:
        raise EvidenceNotFound(f"{call}: answered {status}", status=status, body=stream.error_body)
    if not response.is_success:
        require_success(call, response)


def _may_differ_in_another_form(failure: GatewayError) -> bool:
    if isinstance(failure, CircuitOpen):
        return True
    if isinstance(failure, ProcessMismatch):
        return False
    if isinstance(failure, Unavailable) and not failure.maybe_sent:
        return False
    return failure.status not in _TEMPORARY and seconds_left() > _MIN_SECONDS


def _most_telling(failures: list[GatewayError]) -> GatewayError:
    """Return the first failure that is more than the refusal of a form, if there is one.

    The forms are in the order of the vendor's samples, so the first answer is the most reliable.
    """
    if isinstance(failures[-1], ProcessMismatch):
        return failures[-1]
    telling = [failure for failure in failures if not _is_refusal_of_form(failure)]
    absent = [failure for failure in failures if isinstance(failure, EvidenceNotFound)]
    return (telling or absent or failures)[0]


def _is_refusal_of_form(failure: GatewayError) -> bool:
    refusals = (InvalidResponse, CircuitOpen, RequestRefused)
    return isinstance(failure, refusals) or failure.status in _FORM_REFUSED
