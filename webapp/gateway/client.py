"""The gateway's calls, each within its budget of seconds and ending in a declared error."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import httpx

from webapp.basics.urls import origin_of
from webapp.gateway.auth import BearerAuth
from webapp.gateway.connections import Connections
from webapp.gateway.create_path import CreatePath
from webapp.gateway.errors import (
    CredentialsRefused,
    GatewayError,
    InvalidResponse,
    ProcessMismatch,
    Unavailable,
)
from webapp.gateway.evidence import Evidence, EvidenceReader, Wanted
from webapp.gateway.evidence_kinds import (
    IMAGE,
    PDF,
    RECORDING,
    ZIP,
    Kind,
    own_address,
    path_segment,
)
from webapp.gateway.exchange import Exchange
from webapp.gateway.identifiers import canonical_id
from webapp.gateway.instrumentation import Observer, nobody, telling_of_file, told_as
from webapp.gateway.models import Acknowledgement, CreatedProcess, CreateRequest, ProcessData
from webapp.gateway.options import Budgets, GatewayOptions, Limits
from webapp.gateway.personal_data import sendable_text, wire_personal_data
from webapp.gateway.responses import checked, json_object, text_of
from webapp.gateway.retry import safely_repeated
from webapp.gateway.same_process import is_another_process, same_process
from webapp.gateway.token_cache import Token, TokenCache
from webapp.gateway.token_response import token_from
from webapp.http_transport.deadline import deadline

_NOT_THERE = (404, 405)
_BAD_CREDENTIALS = (400, 401, 403, 422)


class Gateway:
    """The MobbScan API Gateway as one account sees it; one object serves all threads.

    Every call may also raise `Unavailable` (of which `InvalidResponse` and `CircuitOpen` are two),
    `CredentialsRefused`, `Forbidden` and `Unauthorized`; each docstring names what else.
    """

    def __init__(
        self,
        options: GatewayOptions,
        tokens: TokenCache,
        transport: httpx.BaseTransport | None = None,
        budgets: Budgets | None = None,
        limits: Limits | None = None,
        observe: Observer = nobody,
    ) -> None:
        self.observe = observe
        self._options = options
        self._budgets = budgets or Budgets()
        self._limits = limits or Limits()
        self._exchange = Exchange(Connections(options, transport, self._limits))
        self._auth = BearerAuth(tokens, self.log_in)
        self._reader = EvidenceReader(self._exchange, self._auth, self._budgets)
        self._create_path = CreatePath(options.create_path)
        self._hosted_origins = options.trusted_origins()

    @told_as("create")
    def create(self, request: CreateRequest) -> CreatedProcess:
        """Open a process under our own id, within 12 s. Contract 3.1, 4-A.

        Sent once, save for a renewed token and the other documented path: neither was carried
        out. Raises `RequestRefused` when the gateway does not want it (also for an id already used)
        and `ProcessMismatch`. After an `Unavailable` with `maybe_sent` it may exist all the same.
        """
        with deadline(self._budgets.create_seconds):
            response = self._send("create", "POST", self._create_path.current, request.body())
            if response.status_code in _NOT_THERE and self._create_path.other is not None:
                tried = self._create_path.other
                response = self._send("create", "POST", tried, request.body())
                if response.status_code not in _NOT_THERE:
                    self._create_path.remember(tried)
        if response.status_code in _NOT_THERE:
            # It cannot speak of the process, which is new: nobody serves creates here.
            raise InvalidResponse("create: nothing answers there", status=response.status_code)
        answer = json_object("create", checked("create", response))
        return self._created(canonical_id(request.scan_id), answer)

    @told_as("read")
    def read(self, scan_id: str) -> ProcessData:
        """What the gateway knows of a process; repeated safely within 8 s in all. Contract 3.2.

        Raises `Unauthorized` when the process is unknown, foreign or (perhaps) not yet begun,
        `RequestRefused`, and `ProcessMismatch`.
        """
        asked = canonical_id(scan_id)
        with deadline(self._budgets.read_seconds):
            return safely_repeated(lambda: self._read_once(asked))

    @told_as("accept")
    def accept(
        self, scan_id: str, personal_data: Mapping[str, str | None] | None = None
    ) -> Acknowledgement:
        """Make a process `VERIFIED`, for good. Contract 3.8, 4-C.

        `personal_data` corrects the person's data: any of the 20 keys of `WIRE_NAMES`; None is
        left out. Sent once, within 8 s. Raises `ValueError` for other keys and for values that
        are no text, `StateConflict` when it is decided already, `RequestRefused`,
        `ProcessMismatch`.
        """
        members = {
            "type": self._options.decision_type,
            "personalData": wire_personal_data(personal_data),
        }
        return self._decided("accept", scan_id, members)

    @told_as("reject")
    def reject(self, scan_id: str, comment: str) -> Acknowledgement:
        """Make a process `NOT_VERIFIED`, for good. Contract 3.9, 4-D.

        `comment` is the reason, and comes back as `rejectionReason`. Sent once, within 8 s.
        Raises `ValueError` for an empty comment, `StateConflict`, `RequestRefused`,
        `ProcessMismatch`.
        """
        if not sendable_text(comment, "comment").strip():
            raise ValueError("comment must give a reason")
        members = {"type": self._options.decision_type, "rejectionComment": comment}
        return self._decided("reject", scan_id, members)

    @told_as("review")
    def send_to_review(
        self, scan_id: str, personal_data: Mapping[str, str | None] | None = None
    ) -> Acknowledgement:
        """Hand a process that waits for our decision to the vendor's people. Contract 3.10, 4-E.

        The id goes alone unless there is personal data, see `accept`. Sent once, within 8 s.
        Raises `ValueError`, `StateConflict` when it waits for nothing, `RequestRefused`,
        `ProcessMismatch`.
        """
        corrections = wire_personal_data(personal_data)
        return self._decided(
            "pending", scan_id, {"personalData": corrections} if corrections else {}
        )

    @told_as("delete")
    def delete(self, scan_id: str) -> Acknowledgement:
        """Delete a process for good, by the configured method alone. Contract 3.11, 4-B.

        Sent once, within 8 s. Raises `Unauthorized` also when it is gone already, `StateConflict`
        when its state does not allow it, `ProcessMismatch`.
        """
        asked = canonical_id(scan_id)
        path = f"/mobbscan-agent/api/verification/{asked}"
        with deadline(self._budgets.post_seconds):
            response = self._send("delete", self._options.delete_method, path)
        return _acknowledged("delete", asked, response)

    def image(
        self, scan_id: str, image_type: str, url: str | None = None
    ) -> AbstractContextManager[Evidence]:
        """A picture, streamed; `IMAGE_TYPES` are the known ones. Contract 3.4, 9.2.

        `url` is an address out of `images` or `extra_images`, for types that have no path of
        their own. Opening takes at most 15 s; see `Evidence` for the rest. Raises `ValueError`
        for an impossible type; on entering `EvidenceNotFound`, `UntrustedUrl`, `ProcessMismatch`,
        `RequestRefused`, `Unauthorized`.
        """
        path = f"/mobbscan-agent/{canonical_id(scan_id)}/image/{path_segment(image_type)}"
        return self._evidence(IMAGE, scan_id, path, url, self._limits.max_image_bytes)

    def recording(
        self, scan_id: str, recording_type: str, url: str | None = None
    ) -> AbstractContextManager[Evidence]:
        """A video, streamed; `RECORDING_TYPES` are the known ones. See `image`. Contract 3.5."""
        path = f"/mobbscan-agent/{canonical_id(scan_id)}/recording/{path_segment(recording_type)}"
        return self._evidence(RECORDING, scan_id, path, url, self._limits.max_file_bytes)

    def pdf(self, scan_id: str, url: str | None = None) -> AbstractContextManager[Evidence]:
        """The report, streamed; `url` is `pdf_url` if there is one. See `image`. Contract 3.7."""
        path = f"/mobbscan-agent/api/pdf/{canonical_id(scan_id)}"
        return self._evidence(PDF, scan_id, path, url, self._limits.max_file_bytes)

    def zip(self, scan_id: str, url: str | None = None) -> AbstractContextManager[Evidence]:
        """The certified archive, streamed; only of verified processes, and where enabled.

        `url` is `certificated_zip_url`: preferred on the gateway's own origin, and set aside
        for the documented path when it lies elsewhere. See `image`. Contract 3.6, 4-F, 4-G.
        """
        path = f"/api/zip/{canonical_id(scan_id)}"
        if url is not None and origin_of(url) != self._options.own_origin():
            url = None
        return self._evidence(ZIP, scan_id, path, url, self._limits.max_file_bytes)

    @told_as("log_in")
    def log_in(self) -> Token:
        """A real log-in, within 8 s, past every cache. Contract 2.1.

        Raises `CredentialsRefused` when key and secret are not accepted, else `Unavailable`
        whose `maybe_sent` is False: what needed the token was not sent.
        """
        asked_at = datetime.now(UTC)
        body = {"api_key": self._options.api_key, "api_secret": self._options.api_secret}
        try:
            with deadline(self._budgets.log_in_seconds):
                address = self._options.address("/auth/token")
                response = self._exchange.send("log in", "POST", address, body=body)
            if response.status_code in _BAD_CREDENTIALS:
                raise CredentialsRefused(
                    f"log in: answered {response.status_code}",
                    status=response.status_code,
                    body=response.content,
                )
            return token_from(json_object("log in", checked("log in", response)), asked_at)
        except Unavailable as error:
            error.maybe_sent = False
            raise
        except CredentialsRefused:
            raise
        except GatewayError as error:
            raise InvalidResponse(str(error), status=error.status, maybe_sent=False) from error

    def close(self) -> None:
        """Close the connections of this process."""
        self._exchange.close()

    def _read_once(self, asked: str) -> ProcessData:
        path = f"/mobbscan-agent/getVerificationProcessData/{asked}"
        answer = self._object("read", asked, path)
        return ProcessData.model_validate({**answer, "scan_id": asked, "raw": answer})

    def _object(self, call: str, asked: str, path: str) -> dict[str, Any]:
        answer = json_object(call, checked(call, self._send(call, "GET", path)))
        same_process(call, asked, answer.get("scanId"), may_be_absent=True)
        return answer

    def _created(self, asked: str, answer: dict[str, Any]) -> CreatedProcess:
        same_process("create", asked, answer.get("scanId"), may_be_absent=False)
        token = text_of(answer, "onboardingToken")
        url = text_of(answer, "url", "onboardingUrl")
        if token is None or url is None:
            raise InvalidResponse("create: token or address missing", status=200)
        if origin_of(url) not in self._hosted_origins:
            raise InvalidResponse("create: an address on a foreign origin", status=200)
        return CreatedProcess(asked, token, url)

    def _decided(self, call: str, scan_id: str, members: dict[str, Any]) -> Acknowledgement:
        asked = canonical_id(scan_id)
        body = {"verificationId": asked, **members}
        with deadline(self._budgets.post_seconds):
            response = self._send(call, "POST", f"/mobbscan-agent/{call}", body)
        return _acknowledged(call, asked, response)

    def _evidence(
        self, kind: Kind, scan_id: str, path: str, url: str | None, max_bytes: int
    ) -> AbstractContextManager[Evidence]:
        asked = canonical_id(scan_id)
        address = self._options.address(path)
        if url is not None:
            address = own_address(url, self._options.own_origin(), asked)
        opened = self._reader.opened(Wanted(kind, asked, address, max_bytes))
        return telling_of_file(self.observe, kind.call, opened)

    def _send(
        self, call: str, method: str, path: str, body: dict[str, Any] | None = None
    ) -> httpx.Response:
        address = self._options.address(path)
        return self._exchange.send(call, method, address, body=body, auth=self._auth)


def _acknowledged(call: str, asked: str, response: httpx.Response) -> Acknowledgement:
    """Any success will do; a body is read if it can be. Contract 4-J, 4-K."""
    checked(call, response)
    try:
        answer = json_object(call, response)
    except InvalidResponse:
        answer = {}
    for name in ("verificationId", "scanId"):
        if is_another_process(asked, answer.get(name)):
            raise ProcessMismatch(f"{call}: the answer is about another process", status=200)
    return Acknowledgement(text_of(answer, "status"), text_of(answer, "description"), answer)
