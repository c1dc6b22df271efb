"""Check a host site's receiver of messages: send good and bad ones, and judge its answers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from webapp.config.sites import Site
from webapp.domain.messages import AttemptError
from webapp.hostsite.sender import Answer, MessageClient
from webapp.journey.delivery_attempt import try_to_send
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.host_check_requests import (
    CheckMessages,
    CheckRequest,
    Expected,
    check_requests,
)
from webapp.journey.return_attacks import ReturnAttack, return_attacks

#: An answer that takes longer is slow: after ten seconds it counts as a failure.
SLOW_SECONDS = 5.0
_FIXES = {
    AttemptError.TIMED_OUT: "answer within ten seconds, and do slow work afterwards",
    AttemptError.CONNECTION_FAILED: "see that the receiver runs, that its name can be looked up, "
    "and that its certificate is valid",
    AttemptError.ADDRESS_REFUSED: "use a public address, or set allow_private_webhook = true for "
    "the site",
    AttemptError.REDIRECT: "name the final address: redirects are not followed",
}
_FIX_OF_STATUS = {
    401: "exempt the address from your login: the signature is the proof",
    403: "exempt the address from CSRF protection and firewalls: the signature is the proof",
    404: "correct the address",
    405: "accept POST at the address",
    415: "accept the content type application/json; charset=utf-8",
}


@dataclass(frozen=True)
class CheckResult:
    """The answer to one request. `passed` is None if it says nothing, because a good message is
    not accepted either. `answered`: the HTTP status, or why there was none."""

    name: str
    sends: str
    expected: str
    answered: str
    duration_ms: int
    passed: bool | None
    fix: str | None


@dataclass(frozen=True)
class HostCheckReport:
    """All answers; `real_id` and `forged_id` are the onboardings that the messages named."""

    results: tuple[CheckResult, ...]
    real_id: str
    forged_id: str
    return_attacks: tuple[ReturnAttack, ...]

    @property
    def passed(self) -> bool:
        """Whether every answer is right."""
        return all(each.passed for each in self.results)


class HostCheck:
    """Sends signed messages about a user who does not exist, and stores nothing."""

    def __init__(self, deps: JourneyDependencies, client: MessageClient) -> None:
        self._deps = deps
        self._client = client

    def run(self, site: Site, url: str) -> HostCheckReport:
        """Check the receiver at `url` with the secrets of `site`, which has at least one."""
        signer = self._deps.result_signer
        real = CheckMessages(site.id, site.webhook_secrets, signer)
        forged = CheckMessages(site.id, site.webhook_secrets, signer)
        requests = check_requests(real, forged, self._deps.clock)
        results = tuple(self._results(site, url, requests))
        attacks = tuple(return_attacks(site, signer))
        return HostCheckReport(results, real.onboarding_id, forged.onboarding_id, attacks)

    def _results(
        self, site: Site, url: str, requests: Iterator[CheckRequest]
    ) -> Iterator[CheckResult]:
        accepts_good = False
        for request in requests:
            began = time.monotonic()
            answer, error = self._send(site, url, request)
            seconds = time.monotonic() - began
            if request.expected is Expected.ACCEPT and error is None:
                accepts_good = True
            yield _judge(request, answer, error, seconds, accepts_good=accepts_good)

    def _send(
        self, site: Site, url: str, request: CheckRequest
    ) -> tuple[Answer | None, AttemptError | None]:
        return try_to_send(
            lambda: self._client.post(
                url,
                request.headers,
                request.body.encode(),
                allow_private=site.allow_private_webhook,
            ),
            request.name,
        )


def _judge(
    request: CheckRequest,
    answer: Answer | None,
    error: AttemptError | None,
    seconds: float,
    *,
    accepts_good: bool,
) -> CheckResult:
    refuses = answer is not None and 400 <= answer.status < 500
    right = {
        Expected.ACCEPT: error is None,
        Expected.REFUSE: refuses,
        Expected.EITHER: error is None or refuses,
    }[request.expected]
    passed: bool | None = right
    if refuses and not accepts_good and request.expected is not Expected.ACCEPT:
        passed = None
    is_slow = passed and seconds > SLOW_SECONDS
    return CheckResult(
        request.name,
        request.sends,
        str(request.expected),
        str(answer.status) if answer else str(error),
        round(seconds * 1000),
        False if is_slow else passed,
        _FIXES[AttemptError.TIMED_OUT] if is_slow else _fix(request, answer, error, passed=passed),
    )


def _fix(
    request: CheckRequest,
    answer: Answer | None,
    error: AttemptError | None,
    *,
    passed: bool | None,
) -> str | None:
    if passed:
        return None
    if passed is None:
        return "make the receiver accept good messages first"
    if error in _FIXES:
        return _FIXES[error]
    if request.name == "valid" and answer is not None:
        return _FIX_OF_STATUS.get(answer.status, request.fix)
    return request.fix
