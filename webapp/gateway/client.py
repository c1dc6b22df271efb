"""The gateway's calls, each within its budget of seconds and ending in a declared error."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx

from webapp.gateway.addresses import origin_of
from webapp.gateway.answers import checked, json_object, network_error, text_of
from webapp.gateway.auth import BearerAuth
from webapp.gateway.connections import Connections
from webapp.gateway.create_path import CreatePath
from webapp.gateway.deadline import deadline, seconds_left
from webapp.gateway.errors import (
    CredentialsRefused,
    GatewayError,
    Nonsense,
    Unavailable,
    WrongProcess,
)
from webapp.gateway.identifiers import canonical_id
from webapp.gateway.models import Created, CreateRequest, ProcessData
from webapp.gateway.options import Budgets, GatewayOptions
from webapp.gateway.retry import safely_repeated
from webapp.gateway.token_answer import token_from
from webapp.gateway.token_cache import Token, TokenCache

_NOT_THERE = (404, 405)
_BAD_CREDENTIALS = (400, 401, 403, 422)


class Gateway:
    """The MobbScan API Gateway as one account sees it; one object serves all threads.

    Every call may also raise `Unavailable` (of which `Nonsense` is one), `CredentialsRefused`,
    `Forbidden` and `Unauthorised`; each docstring names what else.
    """

    def __init__(
        self,
        options: GatewayOptions,
        tokens: TokenCache,
        transport: httpx.BaseTransport | None = None,
        budgets: Budgets | None = None,
    ) -> None:
        self._options = options
        self._budgets = budgets or Budgets()
        self._connections = Connections(options, transport)
        self._auth = BearerAuth(tokens, self.log_in)
        self._create_path = CreatePath(options.create_path)
        self._hosted_origins = options.trusted_origins()

    def create(self, request: CreateRequest) -> Created:
        """Open a process under our own id, within 12 s. Contract 3.1, 4-A.

        Sent once, save for a renewed token and the other documented path: neither was carried
        out. Raises `Refused` when the gateway does not want it (also for an id already used)
        and `WrongProcess`. After an `Unavailable` with `maybe_sent` it may exist all the same.
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
            raise Nonsense("create: nothing answers there", status=response.status_code)
        answer = json_object("create", checked("create", response))
        return self._created(canonical_id(request.scan_id), answer)

    def read(self, scan_id: str) -> ProcessData:
        """What the gateway knows of a process; repeated safely within 8 s in all. Contract 3.2.

        Raises `Unauthorised` when the process is unknown, foreign or (perhaps) not yet begun,
        `Refused`, and `WrongProcess`.
        """
        asked = canonical_id(scan_id)
        with deadline(self._budgets.read_seconds):
            return safely_repeated(lambda: self._read_once(asked))

    def send_to_review(self, scan_id: str) -> None:
        """Hand a process that waits for our decision to the gateway's reviewers. Contract 3.10.

        Sent once, within 8 s. Raises `Conflict` when its state does not allow that.
        """
        body = {"verificationId": canonical_id(scan_id)}
        with deadline(self._budgets.post_seconds):
            response = self._send("send to review", "POST", "/mobbscan-agent/pending", body)
        checked("send to review", response)

    def delete(self, scan_id: str) -> None:
        """Delete a process for good, by the configured method alone. Contract 3.11, 4-B.

        Sent once, within 8 s. Raises `Unauthorised` also when it is gone already, `Conflict`
        when its state does not allow it.
        """
        path = f"/mobbscan-agent/api/verification/{canonical_id(scan_id)}"
        with deadline(self._budgets.post_seconds):
            response = self._send("delete", self._options.delete_method, path)
        checked("delete", response)

    def log_in(self) -> Token:
        """A real log-in, within 8 s, past every cache. Contract 2.1.

        Raises `CredentialsRefused` when key and secret are not accepted, else `Unavailable`
        whose `maybe_sent` is False: what needed the token was not sent.
        """
        asked_at = datetime.now(UTC)
        body = {"api_key": self._options.api_key, "api_secret": self._options.api_secret}
        try:
            with deadline(self._budgets.log_in_seconds):
                response = self._send("log in", "POST", "/auth/token", body, with_token=False)
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
            raise Nonsense(str(error), status=error.status, maybe_sent=False) from error

    def close(self) -> None:
        """Close the connections of this process."""
        self._connections.close()

    def _read_once(self, asked: str) -> ProcessData:
        path = f"/mobbscan-agent/getVerificationProcessData/{asked}"
        answer = json_object("read", checked("read", self._send("read", "GET", path)))
        _same_process("read", asked, answer.get("scanId"), may_be_absent=True)
        return ProcessData.model_validate({**answer, "scan_id": asked, "raw": answer})

    def _created(self, asked: str, answer: dict[str, Any]) -> Created:
        _same_process("create", asked, answer.get("scanId"), may_be_absent=False)
        token = text_of(answer, "onboardingToken")
        url = text_of(answer, "url", "onboardingUrl")
        if token is None or url is None:
            raise Nonsense("create: token or address missing", status=200)
        if origin_of(url) not in self._hosted_origins:
            raise Nonsense("create: an address on a foreign origin", status=200)
        return Created(asked, token, url)

    def _send(
        self,
        call: str,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        with_token: bool = True,
    ) -> httpx.Response:
        try:
            return self._connections.client().request(
                method,
                self._options.address(path),
                json=body,
                auth=self._auth if with_token else None,
                timeout=seconds_left(),
            )
        except httpx.HTTPError as error:
            raise network_error(call, error) from error


def _same_process(call: str, asked: str, answered: object, *, may_be_absent: bool) -> None:
    if answered is None and may_be_absent:
        return
    try:
        same = canonical_id(answered) == asked
    except ValueError:
        raise Nonsense(f"{call}: scanId is missing or no UUID", status=200) from None
    if not same:
        raise WrongProcess(f"{call}: the answer is about another process", status=200)
