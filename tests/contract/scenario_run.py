"""Run a scenario of the catalogue through the server, step by step."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from mobbscan_sandbox.scenarios.catalogue import Scenario, Step
from tests.support.eventually import eventually
from tests.support.http_session import HttpSession, Page
from tests.support.stack import Person, Stack
from tests.support.user_journey import UserJourney, log_in_by_handoff

# Longer than the server waits before it repeats a failed log-in.
_LOGIN_RETRY_SECONDS = 1.1
# Methods for the steps of an actor; a step of the user has the method of its verb.
_METHOD_BY_ACTOR = {"gateway": "_gateway_acts", "time": "_time_passes"}


class ScenarioRun:
    """One user's browser, and the gateway's steps through the control API."""

    def __init__(self, stack: Stack, scenario: Scenario, person: Person) -> None:
        self.stack, self.scenario = stack, scenario
        self._expire_token()
        self.browser, self.home = log_in_by_handoff(stack, person)
        self.earlier_processes = process_ids(stack)
        self.walk: UserJourney | None = None
        self.page: Page = self.home

    def run_steps(self) -> None:
        for step in self.scenario.steps:
            name = _METHOD_BY_ACTOR.get(step.actor, f"_{step.verb}")
            getattr(self, name)(step)
            if step.until is not None:
                self._walk.until(step.until)

    @property
    def _walk(self) -> UserJourney:
        assert self.walk is not None, "no user has started"
        return self.walk

    def _starts(self, step: Step) -> None:
        for _ in range(step.details.get("presses", 1)):
            home = self.browser.get("/")
            page = self.browser.submit(home, home.form("/onboardings"))
            if page.status != 503:
                break
            time.sleep(_LOGIN_RETRY_SECONDS)
        self._check_start_page(page, step)

    def _starts_in_two_tabs(self, step: Step) -> None:
        tab = self.stack.http_session()
        tab.cookies.update(self.browser.cookies)

        def press(browser: HttpSession) -> Page:
            return browser.submit(self.home, self.home.form("/onboardings"))

        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(press, (self.browser, tab))
        assert first.path == second.path
        self._check_start_page(self.browser.get(first.path), step)

    def _check_start_page(self, page: Page, step: Step) -> None:
        self.page = page
        if step.details.get("meets") == "unavailable":
            assert page.status in (502, 503), page
            return
        if any("consent" in form.names for form in page.forms):
            page = self.browser.submit(page, page.form("/onboardings"))  # consent
        assert page.status == 200, page
        if step.details.get("meets", "hosted") == "hosted":
            assert page.frames, page
        self.walk = UserJourney(self.stack, self.browser, page.path.rpartition("/")[2], page)

    def _finishes(self, step: Step) -> None:
        error = self._walk.capture(step.details["outcome"])
        if step.details.get("returns", True):
            self.page = self._walk.come_back(error)
            assert self.page.status == 200, self.page

    def _returns(self, step: Step) -> None:
        self.page = self._walk.come_back(step.details.get("error"))
        assert self.page.status == 200, self.page

    def _leaves(self, step: Step) -> None:
        self._walk.look()

    def _gateway_acts(self, step: Step) -> None:
        if step.verb == "revokes_tokens":
            self._expire_token()
        answer = self.stack.gateway_control.post("/scenarios/current/next", json={})
        assert answer.status_code == 200, answer.text

    def _time_passes(self, step: Step) -> None:
        hours = timedelta(hours=step.details["hours"])
        (row,) = self.stack.rows("SELECT expires_at FROM onboardings WHERE id = ?", self._walk.id)
        self.stack.change(
            "UPDATE onboardings SET expires_at = ?, next_poll_at = ? WHERE id = ?",
            row["expires_at"] - hours,
            datetime.now(UTC),
            self._walk.id,
        )

    def _expire_token(self) -> None:
        # The server takes a 401 shortly after a log-in for an answer about the process, and it does
        # not repeat the failed log-in of an earlier scenario at once.
        self.stack.change(
            "UPDATE gateway_token SET failed_at = NULL, failed_for = NULL,"
            " obtained_at = '2020-01-01 00:00:00.000000'"
        )

    # The end

    def status(self) -> dict[str, Any]:
        if self.walk is not None:
            return self.walk.status
        (row,) = self.stack.rows("SELECT id FROM onboardings ORDER BY created_at DESC LIMIT 1")
        found: dict[str, Any] = self.browser.get(f"/onboardings/{row['id']}/status").response.json()
        return found

    def page_kind(self) -> str:
        if self.walk is None:
            unavailable = self.page.status in (502, 503)
            return "unavailable" if unavailable else f"a page with {self.page.status}"
        page = self.walk.look()
        if page.frames:
            return "hosted"
        refreshes = any(meta.get("http-equiv") == "refresh" for meta in page.metas)
        return "waiting" if refreshes else "result"


@contextmanager
def selected(stack: Stack, scenario: Scenario) -> Iterator[None]:
    """Select a scenario whose gateway steps run on call; deselect it and end polling afterwards."""
    control = stack.gateway_control
    control.post(f"/scenarios/{scenario.id}", json={"plays": "nothing"}).raise_for_status()
    try:
        yield
    finally:
        stack.change("UPDATE onboardings SET next_poll_at = NULL")
        json_type = {"Content-Type": "application/json"}
        control.delete("/scenarios/current", headers=json_type).raise_for_status()


def assert_declared_end(run: ScenarioRun) -> None:
    """Wait for the declared status and page, then compare reasons and processes.

    While a notice is open, the page waits: until the gateway has answered the poll of it.
    """
    ends = run.scenario.ends
    declared = (ends.status, ends.next)
    status = eventually(
        lambda: seen if ((seen := run.status())["status"], seen["next"]) == declared else None
    )
    assert [each["code"] for each in status["reasons"]] == list(ends.reasons)
    eventually(lambda: run.page_kind() == ends.page)
    assert len(process_ids(run.stack) - run.earlier_processes) == ends.processes


def process_ids(stack: Stack) -> set[str]:
    processes = stack.gateway_control.get("/processes").raise_for_status().json()["processes"]
    return {each["id"] for each in processes}
