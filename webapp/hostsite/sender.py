"""Send messages to the receivers of host sites, over one connection pool per process."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from webapp.hostsite.signing import signed_headers
from webapp.http_transport.address_guard import AddressRefused, is_public, names_private_address
from webapp.http_transport.deadline import deadline
from webapp.http_transport.deadline_transport import DeadlineTransport

#: Total time of one attempt, with name look-up and TLS handshake.
ATTEMPT_SECONDS = 10.0
#: The most bytes of an answer that are read.
MAX_ANSWER_BYTES = 64 * 1024
#: The most bytes of an answer with its head, and with interim responses: a receiver that sends
#: those without end would keep a processor busy until the attempt ends.
MAX_RESPONSE_BYTES = 4 * MAX_ANSWER_BYTES
#: The most bytes of an answer that are kept.
KEPT_ANSWER_BYTES = 200
CONTENT_TYPE = "application/json; charset=utf-8"
_USER_AGENT = "mobbscan-embed"


@dataclass(frozen=True)
class Receiver:
    """Where a site's messages go. `secrets`: `whsec_…`, newest first."""

    url: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    allow_private: bool = False


@dataclass(frozen=True)
class Answer:
    """The receiver's answer. `body` is the beginning of its text."""

    status: int
    body: str = field(repr=False)
    retry_after: timedelta | None = None


class SendFailed(Exception):
    """The receiver gave no answer."""


class TimedOut(SendFailed):
    """It did not answer within ATTEMPT_SECONDS."""


class PrivateAddress(SendFailed):
    """Its name leads to addresses outside the public internet only."""


class MessageClient:
    """Sends to public addresses; to private ones only for receivers that allow it.

    Receivers with and without this right share no connection: a connection that is kept open would
    pass the check of the address.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        ca_file: str | None = None,
        proxy: str | None = None,
    ) -> None:
        """`clock` returns aware UTC; `ca_file` names a PEM file of certificates to trust too.

        With `proxy` (OUTBOUND_PROXY) the proxy looks names up, and its rules say which addresses
        may be called; only addresses that are written as such are checked here.
        """
        self._clock = clock
        self._ca_file = ca_file
        self._proxy = proxy
        self._clients: dict[tuple[int, bool], httpx.Client] = {}

    def send(self, receiver: Receiver, message_id: str, body: str) -> Answer:
        """POST the body, signed with the present time. Follows no redirect.

        Raises SendFailed. The message may have arrived all the same.
        """
        headers = {
            "content-type": CONTENT_TYPE,
            **signed_headers(message_id, body, self._clock().astimezone(UTC), receiver.secrets),
        }
        return self.post(receiver.url, headers, body.encode(), allow_private=receiver.allow_private)

    def post(
        self, url: str, headers: Mapping[str, str], body: bytes, *, allow_private: bool = False
    ) -> Answer:
        """POST the body with these headers, within ATTEMPT_SECONDS. Follows no redirect.

        Raises SendFailed. The body may have arrived all the same.
        """
        try:
            if self._proxy and not allow_private:
                _check_written_address(url)
            with deadline(ATTEMPT_SECONDS):
                return self._post(url, headers, body, allow_private=allow_private)
        except AddressRefused as error:
            raise PrivateAddress from error
        except httpx.TimeoutException as error:
            raise TimedOut from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise SendFailed from error

    def close(self) -> None:
        """Close this process's pools; a later call creates new ones."""
        for key in [each for each in self._clients if each[0] == os.getpid()]:
            self._clients.pop(key).close()

    def _post(
        self, url: str, headers: Mapping[str, str], body: bytes, *, allow_private: bool
    ) -> Answer:
        client = self._client(allow_private=allow_private)
        request = client.build_request(
            "POST", url, content=body, headers=headers, timeout=ATTEMPT_SECONDS
        )
        response = client.send(request, stream=True)
        try:
            return Answer(response.status_code, _text(response), _retry_after(response))
        finally:
            response.close()

    def _client(self, *, allow_private: bool) -> httpx.Client:
        key = (os.getpid(), allow_private)
        client = self._clients.get(key)
        if client is None:
            # No lock: of two clients made at once one is kept, the other dropped unused.
            client = self._clients.setdefault(key, self._new_client(allow_private=allow_private))
        return client

    def _new_client(self, *, allow_private: bool) -> httpx.Client:
        context = httpx.create_ssl_context(trust_env=False)
        if self._ca_file is not None:
            context.load_verify_locations(cafile=self._ca_file)
        return httpx.Client(
            # The caller limits the calls to each receiver; a limit of all connections would let
            # slow receivers delay the others.
            transport=DeadlineTransport(
                context,
                self._proxy,
                may_call=None if allow_private else is_public,
                max_connections=None,
                max_response_bytes=MAX_RESPONSE_BYTES,
            ),
            headers={"user-agent": _USER_AGENT, "accept-encoding": "identity"},
            follow_redirects=False,
            trust_env=False,
        )


def _check_written_address(url: str) -> None:
    """Raises AddressRefused if the host is an address outside the public internet."""
    if names_private_address(httpx.URL(url).host):
        raise AddressRefused("the receiver's address may not be called")


def _text(response: httpx.Response) -> str:
    """Read the answer, at most MAX_ANSWER_BYTES, so that the connection can be used again.

    The status has said already whether the message was taken: an error here changes nothing.
    """
    kept, count = bytearray(), 0
    try:
        for chunk in response.iter_raw():
            kept += chunk[: max(0, KEPT_ANSWER_BYTES - len(kept))]
            count += len(chunk)
            if count > MAX_ANSWER_BYTES:
                break
    except httpx.HTTPError:
        pass
    return kept.decode(errors="replace")


def _retry_after(response: httpx.Response) -> timedelta | None:
    """Read the number of seconds or the date (RFC 9110, 10.2.3); None if unreadable."""
    stated = response.headers.get("retry-after", "").strip()
    if stated.isascii() and stated.isdigit() and len(stated) < 10:
        return timedelta(seconds=int(stated))
    try:
        date = parsedate_to_datetime(stated)
    except (ValueError, OverflowError):  # a year or an offset of many digits
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max(timedelta(0), date - datetime.fromtimestamp(time.time(), UTC))
