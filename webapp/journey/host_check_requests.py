"""The requests with which a host site's receiver is checked, and what it must answer to each.

The messages are like real ones (`announce`), about a user who does not exist, with
`livemode: false`. docs/host-guide.md names the duties of a receiver.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from webapp.domain.messages import Message
from webapp.domain.onboarding import Mode, Onboarding, Status
from webapp.hostsite.sender import CONTENT_TYPE
from webapp.hostsite.signed_results import ResultSigner
from webapp.hostsite.signing import new_secret, signed_headers
from webapp.journey.announce import message_data, new_message, new_ping
from webapp.store.message_facts import MessageFacts

#: The host site's id of the user in all messages of the check.
SUBJECT = "mobbscan-check"
#: Standard Webhooks: a receiver refuses timestamps that differ by more than five minutes.
_OUTSIDE_TOLERANCE = timedelta(minutes=10)
_VERIFY = "verify the signature over the raw body, with a library for Standard Webhooks"
_CRASH = f"catch what the library raises for it, and answer 400; {_VERIFY}"
_STALE = "refuse timestamps more than five minutes from now, as Standard Webhooks demands"


class Expected(StrEnum):
    """What a receiver must answer."""

    ACCEPT = "2xx"
    REFUSE = "4xx"
    EITHER = "2xx or 4xx"


@dataclass(frozen=True)
class CheckRequest:
    """One request. `sends` says what it is, `fix` what to do when it is answered otherwise."""

    name: str
    sends: str
    expected: Expected
    fix: str
    headers: Mapping[str, str] = field(repr=False)
    body: str = field(repr=False)


class CheckMessages:
    """Builds the messages of a check about one onboarding, and signs them as real ones."""

    def __init__(self, site: str, secrets: tuple[str, ...], signer: ResultSigner) -> None:
        self.onboarding_id = str(uuid.uuid4())
        self._site = site
        self._secrets = secrets
        self._signer = signer

    def status(self, status: Status, sequence: int, now: datetime, **changes: Any) -> Message:
        """Return the message about a status; `changes` are made in its `data`."""
        facts = MessageFacts(SUBJECT, {}, None, sequence - 1, None)
        data = message_data(self._onboarding(status, now), Status.STARTED, facts, self._signer)
        return self._message(f"onboarding.{status}", {**data, **changes}, now)

    def unknown_type(self, now: datetime) -> Message:
        """Return a message of a type that a later version could send."""
        facts = MessageFacts(SUBJECT, {}, None, 3, None)
        data = message_data(
            self._onboarding(Status.VERIFIED, now), Status.VERIFIED, facts, self._signer
        )
        return self._message("onboarding.type_of_a_later_version", data, now)

    def ping(self, now: datetime) -> Message:
        """Return a message about no onboarding."""
        return new_ping(self._site, now, livemode=False)

    def sign(self, message: Message, at: datetime) -> dict[str, str]:
        """Return the headers of an attempt at this time."""
        return signed_headers(message.id, message.body, at, self._secrets)

    def _message(self, type_: str, data: dict[str, Any], now: datetime) -> Message:
        return new_message(self._site, type_, data, now, has_receiver=True)

    def _onboarding(self, status: Status, now: datetime) -> Onboarding:
        return Onboarding(
            id=self.onboarding_id,
            person_id="",
            site=self._site,
            flow="default",
            status=status,
            attempt=1,
            mode=Mode.IFRAME,
            locale="en",
            livemode=False,
            created_at=now,
            updated_at=now,
            expires_at=now,
            gateway_status="VERIFIED" if status is Status.VERIFIED else None,
        )


def check_requests(
    messages: CheckMessages, forged: CheckMessages, clock: Callable[[], datetime]
) -> Iterator[CheckRequest]:
    """Yield the requests in the order in which they are to be sent, signed as they are yielded.

    No message about the onboarding of `forged` may have an effect. `clock` returns aware UTC.
    """
    yield from _good(messages, clock)
    yield from _forged(forged, clock)
    yield from _malformed(forged, clock)
    yield from _outdated(messages, forged, clock)


def _good(messages: CheckMessages, clock: Callable[[], datetime]) -> Iterator[CheckRequest]:
    now = clock()

    def accepted(name: str, sends: str, message: Message, fix: str = _VERIFY) -> CheckRequest:
        return _request(name, sends, message, messages.sign(message, now), fix)

    verdict = messages.status(Status.VERIFIED, 3, now)
    yield accepted(
        "valid", "the first message about an onboarding", messages.status(Status.CREATED, 1, now)
    )
    yield accepted("verdict", "a verdict, before an older message", verdict)
    yield _request(
        "duplicate",
        "the verdict again, with a new signature",
        verdict,
        messages.sign(verdict, now + timedelta(seconds=1)),
        "answer 2xx to a webhook-id that you have stored already, and do nothing",
    )
    yield accepted(
        "reordered",
        "an older message after the verdict",
        messages.status(Status.SUBMITTED, 2, now),
        "answer 2xx to a message whose sequence is not higher than the stored one, and ignore it",
    )
    yield accepted(
        "unknown_type",
        "a type that a later version could send",
        messages.unknown_type(now),
        "answer 2xx to types that you do not know, and ignore them",
    )
    yield accepted(
        "unknown_field",
        "a field that a later version could send",
        messages.status(Status.VERIFIED, 5, now, field_of_a_later_version={"a": [1]}),
        "ignore fields that you do not know",
    )
    yield accepted(
        "raw_body",
        "letters that are written otherwise when JSON is parsed and written again",
        messages.status(Status.VERIFIED, 6, now, metadata={"name": "Ñandú €/é"}),
        "verify the signature over the bytes of the body, before you parse it, in UTF-8",
    )
    yield accepted(
        "ping",
        "the test message of `messages ping`, about no onboarding",
        messages.ping(now),
        "answer 2xx to the type ping, whose data has only site and livemode",
    )
    yield _with_several_signatures(messages, now)


def _with_several_signatures(messages: CheckMessages, now: datetime) -> CheckRequest:
    message = messages.status(Status.VERIFIED, 7, now)
    signed = messages.sign(message, now)
    other = signed_headers(message.id, message.body, now, [new_secret()])["webhook-signature"]
    several = f"{other} v9,bm90IHlvdXJz {signed['webhook-signature']}"
    return _request(
        "several_signatures",
        "signatures of other secrets and versions before the right one",
        message,
        {**signed, "webhook-signature": several},
        "accept a message if one of the signatures in the header is right: secrets rotate so",
    )


def _forged(forged: CheckMessages, clock: Callable[[], datetime]) -> Iterator[CheckRequest]:
    now = clock()
    message = forged.status(Status.VERIFIED, 1, now)
    foreign = signed_headers(message.id, message.body, now, [new_secret()])
    yield _refused("forged", "a verdict signed with another secret", message, foreign)
    yield _refused("unsigned", "a verdict without webhook headers", message, {})
    rejected = forged.status(Status.REJECTED, 1, now)
    yield _refused(
        "altered_body", "a rejection altered to a verdict", message, forged.sign(rejected, now)
    )
    signed = {**forged.sign(message, now), "webhook-id": f"msg_{uuid.uuid4().hex}"}
    yield _refused("altered_id", "a message under another webhook-id", message, signed)


def _malformed(forged: CheckMessages, clock: Callable[[], datetime]) -> Iterator[CheckRequest]:
    now = clock()
    message = forged.status(Status.VERIFIED, 1, now)
    signed = forged.sign(message, now)
    for number, signature in enumerate(("v1", "v1,not base64!", "v1,YWJj", ","), 1):
        headers = {**signed, "webhook-signature": signature}
        name = f"malformed_signature_{number}"
        yield _refused(name, f"the signature {json.dumps(signature)}", message, headers, _CRASH)
    headers = {**signed, "webhook-timestamp": "tomorrow"}
    yield _refused("malformed_timestamp", "a timestamp that is no number", message, headers, _CRASH)


def _outdated(
    messages: CheckMessages, forged: CheckMessages, clock: Callable[[], datetime]
) -> Iterator[CheckRequest]:
    now = clock()
    message = forged.status(Status.VERIFIED, 1, now)
    stale = forged.sign(message, now - _OUTSIDE_TOLERANCE)
    yield _refused("stale", "a message signed ten minutes ago", message, stale, _STALE)
    early = forged.sign(message, now + _OUTSIDE_TOLERANCE)
    yield _refused("early", "a message signed ten minutes ahead", message, early, _STALE)
    renewed = {**stale, "webhook-timestamp": str(int(now.timestamp()))}
    yield _refused("renewed_timestamp", "a stale message with a new timestamp", message, renewed)
    accepted = messages.status(Status.VERIFIED, 8, now)
    signed = messages.sign(accepted, now)
    yield _request("accepted_once", "a message that is replayed next", accepted, signed)
    yield CheckRequest(
        "replayed",
        "the same request, byte by byte, as an attacker who has recorded it would send it",
        Expected.EITHER,
        "answer 2xx or 4xx, and do nothing: store each webhook-id once",
        _all_headers(signed),
        accepted.body,
    )


def _request(
    name: str, sends: str, message: Message, signed: Mapping[str, str], fix: str = _VERIFY
) -> CheckRequest:
    return CheckRequest(name, sends, Expected.ACCEPT, fix, _all_headers(signed), message.body)


def _refused(
    name: str, sends: str, message: Message, signed: Mapping[str, str], fix: str = _VERIFY
) -> CheckRequest:
    return CheckRequest(name, sends, Expected.REFUSE, fix, _all_headers(signed), message.body)


def _all_headers(signed: Mapping[str, str]) -> dict[str, str]:
    return {"content-type": CONTENT_TYPE, **signed}
