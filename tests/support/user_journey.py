"""The steps of one user's onboarding over HTTP, and the gateway's controls."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.support.eventually import eventually
from tests.support.http_session import HttpSession, Page
from tests.support.stack import Person, Stack
from webapp.gateway.options import Limits


@dataclass
class UserJourney:
    """A user's browser session with an onboarding whose hosted page is open."""

    stack: Stack
    browser: HttpSession
    id: str
    page: Page

    @property
    def path(self) -> str:
        return f"/onboardings/{self.id}"

    @property
    def url(self) -> str:
        return f"{self.stack.public_url}{self.path}"

    @property
    def hosted_url(self) -> str:
        """The address of the gateway's page in the frame."""
        return self.page.frames[0]["src"]

    @property
    def process(self) -> dict[str, Any]:
        """The process as the gateway's control API shows it."""
        return gateway_process(self.stack, self.id)

    @property
    def return_url(self) -> str:
        address: str = self.process["redirect_url"]
        return address

    @property
    def status(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.browser.get(f"{self.url}/status").response.json()
        return answer

    def look(self) -> Page:
        """Reload the onboarding's page."""
        self.page = self.browser.get(self.url)
        return self.page

    def capture(self, outcome: str) -> str | None:
        """Complete the hosted page as its script does; return its error, if any."""
        headers = {"X-Onboarding-Token": self.process["onboarding_token"]}
        base = f"{self.stack.gateway_url}/onboarding/{self.id}"
        with httpx.Client(trust_env=False, verify=False, headers=headers, timeout=30) as hosted:
            hosted.get(base).raise_for_status()
            hosted.post(f"{base}/begin", json={}).raise_for_status()
            ended = hosted.post(f"{base}/end", json={"outcome": outcome}).raise_for_status()
        error: str | None = ended.json()["error"]
        return error

    def come_back(self, error: str | None = None) -> Page:
        """Open the return address at top level, as the hosted page does."""
        return self.browser.get(self.return_url, params={"error": error} if error else None)

    def finish(self, outcome: str) -> Page:
        """Capture, return, and open the onboarding's page."""
        self.come_back(self.capture(outcome))
        return self.look()

    def until(self, status: str, seconds: float = 40) -> dict[str, Any]:
        """Wait until the onboarding has this status."""
        return eventually(
            lambda: seen if (seen := self.status)["status"] == status else None, seconds=seconds
        )

    def heading(self, words: str, seconds: float = 40) -> Page:
        """Reload the page until it has this heading."""
        return eventually(
            lambda: page if words in (page := self.look()).heading else None, seconds=seconds
        )


def log_in_by_handoff(stack: Stack, person: Person, **claims: object) -> tuple[HttpSession, Page]:
    """Log in with a hand-off; return the session and the home page."""
    browser, home = stack.login_handoff(person, **claims)
    assert home.status == 200, home
    return browser, home


def start_onboarding(stack: Stack, person: Person, **claims: object) -> UserJourney:
    """Log in with a hand-off and start an onboarding."""
    browser, home = log_in_by_handoff(stack, person, **claims)
    return submit_consent(stack, browser, home)


def submit_consent(stack: Stack, browser: HttpSession, home: Page) -> UserJourney:
    """Submit the start form of the home page; the hosted page must be in the frame."""
    page = browser.submit(home, home.form("/onboardings"))
    assert page.frames, page
    return UserJourney(stack, browser, page.path.rpartition("/")[2], page)


def gateway_process(stack: Stack, onboarding_id: str) -> dict[str, Any]:
    """Return a process as the gateway's control API shows it."""
    answer = stack.gateway_control.get(f"/processes/{onboarding_id}").raise_for_status()
    view: dict[str, Any] = answer.json()
    return view


def count_processes(stack: Stack, onboarding_id: str) -> int:
    """Count the gateway's processes of the user of this onboarding."""
    return len(_same_subject(stack, gateway_process(stack, onboarding_id)["extra_data"]["subject"]))


def _same_subject(stack: Stack, subject: str) -> list[dict[str, Any]]:
    everything = stack.gateway_control.get("/processes").raise_for_status().json()["processes"]
    return [each for each in everything if each["extra_data"].get("subject") == subject]


def force_outcome(stack: Stack, onboarding_id: str, outcome: str, **more: object) -> None:
    """Set the outcome of a process at the gateway."""
    answer = stack.gateway_control.post(
        f"/processes/{onboarding_id}/outcome", json={"outcome": outcome, **more}
    )
    answer.raise_for_status()


def gateway_call_counts(stack: Stack) -> dict[str, int]:
    """Return the number of calls of each kind since the gateway started."""
    answer: dict[str, int] = stack.gateway_control.get("/counters").raise_for_status().json()
    return answer


def sent_notices(stack: Stack, onboarding_id: str) -> list[dict[str, Any]]:
    """Return the notices that the gateway sent about a process, newest first."""
    answer = stack.gateway_control.get("/deliveries", params={"verification_id": onboarding_id})
    sent: list[dict[str, Any]] = answer.raise_for_status().json()["deliveries"]
    return [each for each in sent if each["status"] != "VIDEO_AVAILABLE"]


def send_notice(stack: Stack, onboarding_id: str, word: str, **headers: str) -> int:
    """Post a notice, with the agreed headers unless others are given; return the status."""
    answer = httpx.post(
        f"{stack.public_url}/webhooks/mobbscan",
        json={"verificationId": onboarding_id, "status": word},
        headers=headers or stack.webhook_headers,
        verify=False,
        trust_env=False,
        timeout=30,
    )
    return answer.status_code


@contextmanager
def gateway_switches(stack: Stack, *, rest: bool = True, **switches: object) -> Iterator[None]:
    """Set switches of the gateway until the end of the block.

    After `down`, wait until the circuit breaker of the server closes, for later tests with the
    same server. `rest=False` skips this where too few calls failed to open it.
    """
    control = stack.gateway_control
    before = control.get("/switches").raise_for_status().json()
    control.patch("/switches", json=switches).raise_for_status()
    try:
        yield
    finally:
        control.patch("/switches", json={name: before[name] for name in switches})
        if switches.get("down") and rest:
            time.sleep(Limits().circuit_open_seconds)
