"""Call the MobbScan API Gateway, each call within a time budget and with declared errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx

from webapp.basics.byte_range import ByteRange
from webapp.basics.urls import origin_of
from webapp.gateway.acknowledgement import parse_acknowledgement
from webapp.gateway.bearer_auth import BearerAuth
from webapp.gateway.connections import Connections
from webapp.gateway.errors import (
    CredentialsRefused,
    GatewayError,
    InvalidResponse,
    Unavailable,
)
from webapp.gateway.evidence.evidence_request import EvidenceReader
from webapp.gateway.evidence.evidence_stream import EvidenceStream
from webapp.gateway.evidence.kinds import (
    IMAGE,
    PDF,
    RECORDING,
    ZIP,
    EvidenceKind,
    candidate_urls,
    documented_path,
)
from webapp.gateway.evidence.unwrapping import EvidenceRequest
from webapp.gateway.instrumentation import Observer, ignore_call, observe_call, observe_stream
from webapp.gateway.models import (
    Acknowledgement,
    CreatedProcess,
    CreateRequest,
    ProcessData,
)
from webapp.gateway.options import Budgets, GatewayOptions, Limits
from webapp.gateway.personal_data import require_json_text, to_wire_names
from webapp.gateway.process_ids import canonical_id
from webapp.gateway.responses import parse_object, require_success
from webapp.gateway.results import parse_created, parse_process_data
from webapp.gateway.retry import retry_while_unavailable
from webapp.gateway.token_cache import Token, TokenCache
from webapp.gateway.token_response import parse_token
from webapp.http_transport.deadline import deadline

#: The two documented paths for creating a process; a configured other path has no alternative.
_ALTERNATIVE_PATH = {"/onboarding": "/onboarding/token", "/onboarding/token": "/onboarding"}
_NO_SUCH_PATH = (404, 405)
_CREDENTIALS_REFUSED = (400, 401, 403, 422)


class Gateway:
    """Client for one account; one object serves all threads.

    Every call may raise `Unavailable` (also as `InvalidResponse` and `CircuitOpen`),
    `CredentialsRefused`, `Forbidden` and `Unauthorized`; the docstrings name the other errors.
    """

    def __init__(
        self,
        options: GatewayOptions,
        tokens: TokenCache,
        transport: httpx.BaseTransport | None = None,
        budgets: Budgets | None = None,
        limits: Limits | None = None,
        observe: Observer = ignore_call,
    ) -> None:
        self.observe = observe
        self.delete_method = options.delete_method
        self._options = options
        self._budgets = budgets or Budgets()
        self._limits = limits or Limits()
        self._connections = Connections(options, transport, self._limits)
        self._auth = BearerAuth(tokens, self.log_in, wait=True)
        self._auth_without_waiting = BearerAuth(tokens, self.log_in, wait=False)
        self._reader = EvidenceReader(self._connections, self._auth, self._budgets)
        self._create_path = options.create_path
        self._hosted_origins = options.trusted_origins()

    def create(self, request: CreateRequest) -> CreatedProcess:
        """Create a process under our own id, within 12 s. Contract 3.1, 4-A.

        Sent once, except after a token renewal and with the alternative path: then the first
        request was not carried out. Raises `RequestRefused` (also for an id that is in use),
        `NoHostedPage`, `UntrustedHostedPage` and `ProcessMismatch`. After an `Unavailable` with
        `maybe_sent` the process may exist.
        """
        with self._observed("create", self._budgets.create_seconds):
            response = self._post_create(request.body())
            url = self._options.url(self._create_path)
            return parse_created(canonical_id(request.scan_id), response, url, self._hosted_origins)

    def read(self, scan_id: str, *, is_known: bool = False) -> ProcessData:
        """Return the data of a process, with retries within 8 s in total. Contract 3.2.

        `is_known`: the gateway has shown the process before, so that a 401 is no ordinary answer.
        Raises `Unauthorized` when the process is unknown, foreign or possibly not yet started,
        `RequestRefused` and `ProcessMismatch`; `InvalidResponse` also when ids or verdict are not
        sound.
        """
        with self._observed("read", self._budgets.read_seconds):
            process_id = canonical_id(scan_id)
            return retry_while_unavailable(lambda: self._read_once(process_id, is_known))

    def accept(
        self, scan_id: str, personal_data: Mapping[str, str | None] | None = None
    ) -> Acknowledgement:
        """Decide that a process is `VERIFIED`; this is final. Contract 3.8, 4-C.

        `personal_data` corrects the user's data: any of the 20 keys of `WIRE_NAMES`; None values
        are left out. Sent once, within 8 s. Raises `ValueError` for other keys and for values
        that are no text, `StateConflict` when the process is decided already, `RequestRefused`,
        `ProcessMismatch`.
        """
        with self._observed("accept", self._budgets.post_seconds):
            corrections = to_wire_names(personal_data)
            members = {"type": self._options.decision_type, "personalData": corrections}
            return self._decide("accept", scan_id, members)

    def reject(self, scan_id: str, comment: str) -> Acknowledgement:
        """Decide that a process is `NOT_VERIFIED`; this is final. Contract 3.9, 4-D.

        `comment` is the reason; `read` returns it as `rejectionReason`. Sent once, within 8 s.
        Raises `ValueError` for an empty comment, `StateConflict`, `RequestRefused`,
        `ProcessMismatch`.
        """
        with self._observed("reject", self._budgets.post_seconds):
            if not require_json_text(comment, "comment").strip():
                raise ValueError("comment must give a reason")
            members = {"type": self._options.decision_type, "rejectionComment": comment}
            return self._decide("reject", scan_id, members)

    def send_to_review(
        self, scan_id: str, personal_data: Mapping[str, str | None] | None = None
    ) -> Acknowledgement:
        """Send a process that awaits our decision to the vendor's reviewers. Contract 3.10, 4-E.

        For `personal_data` see `accept`; it is optional here. Sent once, within 8 s. Raises
        `ValueError`, `StateConflict` when the process awaits no decision, `RequestRefused`,
        `ProcessMismatch`.
        """
        with self._observed("review", self._budgets.post_seconds):
            corrections = to_wire_names(personal_data)
            members = {"personalData": corrections} if corrections else {}
            return self._decide("pending", scan_id, members)

    def delete(self, scan_id: str) -> Acknowledgement:
        """Delete a process permanently, with the configured HTTP method. Contract 3.11, 4-B.

        Sent once, within 8 s. Raises `Unauthorized` also when the process is deleted already,
        `StateConflict` when its state does not allow it, `ProcessMismatch`.
        """
        with self._observed("delete", self._budgets.post_seconds):
            process_id = canonical_id(scan_id)
            path = f"/mobbscan-agent/api/verification/{process_id}"
            auth = self._auth_without_waiting  # 401 also means: deleted already
            response = self._send("delete", self._options.delete_method, path, auth=auth)
            return parse_acknowledgement("delete", process_id, response)

    def image(
        self, scan_id: str, image_type: str, url: str | None = None, part: ByteRange | None = None
    ) -> AbstractContextManager[EvidenceStream]:
        """Open an image as a stream; `IMAGE_TYPES` are the known types. Contract 3.4, 9.2.

        `url` is a link from `images` or `extra_images`, which may be relative. It is requested
        first if it is on the gateway's origin; the documented path of the type follows. A gateway
        without ranges sends the whole file instead of `part`. Opening takes at most 15 s; see
        `EvidenceStream` for the limits after that. Raises `ValueError` for an invalid type without
        a `url`, `UntrustedUrl`, `ProcessMismatch`; on entering the context `EvidenceNotFound`,
        `ProcessMismatch`, `RequestRefused`, `Unauthorized`, `Forbidden`.
        """
        path = documented_path(IMAGE, canonical_id(scan_id), image_type, url)
        return self._evidence(IMAGE, scan_id, path, url, part)

    def recording(
        self,
        scan_id: str,
        recording_type: str,
        url: str | None = None,
        part: ByteRange | None = None,
    ) -> AbstractContextManager[EvidenceStream]:
        """Open a video as a stream; `RECORDING_TYPES` are the known types. See `image`."""
        path = documented_path(RECORDING, canonical_id(scan_id), recording_type, url)
        return self._evidence(RECORDING, scan_id, path, url, part)

    def pdf(
        self, scan_id: str, url: str | None = None, part: ByteRange | None = None
    ) -> AbstractContextManager[EvidenceStream]:
        """Open the report as a stream; `url` is `pdf_url`, if any. See `image`. Contract 3.7."""
        path = f"/mobbscan-agent/api/pdf/{canonical_id(scan_id)}"
        return self._evidence(PDF, scan_id, path, url, part)

    def zip(
        self, scan_id: str, url: str | None = None, part: ByteRange | None = None
    ) -> AbstractContextManager[EvidenceStream]:
        """Open the certified archive, which exists for verified processes where enabled.

        `url` is `certificated_zip_url`, if any. See `image`. Contract 3.6, 4-F, 4-G.
        """
        path = f"/api/zip/{canonical_id(scan_id)}"
        return self._evidence(ZIP, scan_id, path, url, part)

    def is_trusted(self, url: str) -> bool:
        """Whether a hosted page is on the gateway's origin or on a configured one."""
        return origin_of(url) in self._hosted_origins

    def log_in(self) -> Token:
        """Log in within 8 s, without any cache. Contract 2.1.

        Raises `CredentialsRefused` when key and secret are refused, otherwise `Unavailable` with
        `maybe_sent` False: the call that needed the token was not sent.
        """
        with self._observed("log_in", self._budgets.log_in_seconds):
            try:
                return self._log_in()
            except Unavailable as error:
                error.maybe_sent = False
                raise
            except CredentialsRefused:
                raise
            except GatewayError as error:
                raise InvalidResponse(str(error), status=error.status, maybe_sent=False) from error

    def close(self) -> None:
        """Close the connections of this process."""
        self._connections.close()

    @contextmanager
    def _observed(self, call: str, seconds: float) -> Iterator[None]:
        """Run a call within its time budget, and report it once, retries included."""
        with observe_call(self.observe, call), deadline(seconds):
            yield

    def _post_create(self, body: dict[str, Any]) -> httpx.Response:
        """Use the other documented path when the first one does not exist. Contract 4-A."""
        response = self._send("create", "POST", self._create_path, body)
        alternative = _ALTERNATIVE_PATH.get(self._create_path)
        if response.status_code in _NO_SUCH_PATH and alternative is not None:
            response = self._send("create", "POST", alternative, body)
            if response.status_code not in _NO_SUCH_PATH:
                self._create_path = alternative  # from now on the first one to try
        if response.status_code in _NO_SUCH_PATH:
            # The process is new, so the status can only mean that the path does not exist.
            raise InvalidResponse(
                "create: no such path at the gateway", status=response.status_code
            )
        return response

    def _log_in(self) -> Token:
        requested_at = datetime.now(UTC)
        body = {"api_key": self._options.api_key, "api_secret": self._options.api_secret}
        url = self._options.url("/auth/token")
        response = self._connections.send("log in", "POST", url, body=body)
        status = response.status_code
        if status in _CREDENTIALS_REFUSED:
            raise CredentialsRefused(
                f"log in: answered {status}", status=status, body=response.content
            )
        members = parse_object("log in", require_success("log in", response))
        return parse_token(members, requested_at)

    def _read_once(self, scan_id: str, is_known: bool) -> ProcessData:
        path = f"/mobbscan-agent/getVerificationProcessData/{scan_id}"
        auth = self._auth if is_known else self._auth_without_waiting
        response = self._send("read", "GET", path, auth=auth)
        return parse_process_data(scan_id, response, self._options.time_zone)

    def _decide(self, call: str, scan_id: str, members: dict[str, Any]) -> Acknowledgement:
        process_id = canonical_id(scan_id)
        body = {"verificationId": process_id, **members}
        response = self._send(call, "POST", f"/mobbscan-agent/{call}", body)
        return parse_acknowledgement(call, process_id, response)

    def _evidence(
        self, kind: EvidenceKind, scan_id: str, path: str, url: str | None, part: ByteRange | None
    ) -> AbstractContextManager[EvidenceStream]:
        process_id = canonical_id(scan_id)
        documented = self._options.url(path) if path else None
        urls = candidate_urls(documented, url, self._options.base_url, process_id)
        limits, zone = self._limits, self._options.time_zone
        max_bytes = limits.max_image_bytes if kind is IMAGE else limits.max_file_bytes
        stream = self._reader.open(EvidenceRequest(kind, process_id, urls, max_bytes, zone, part))
        return observe_stream(self.observe, kind.call, stream)

    def _send(
        self,
        call: str,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        auth: BearerAuth | None = None,
    ) -> httpx.Response:
        url = self._options.url(path)
        return self._connections.send(call, method, url, body=body, auth=auth or self._auth)
