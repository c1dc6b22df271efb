"""64 simultaneous clicks, and 24 users with a revoked token, on a server with two workers.

tests/flow/test_concurrent_starts.py does the same with few clicks in every run.
"""

import http.client
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from urllib.parse import urlencode, urlsplit

import pytest

from tests.support.http_session import HttpSession, Page
from tests.support.stack import Stack
from tests.support.user_journey import gateway_call_counts, gateway_switches

pytestmark = pytest.mark.nightly

CLICKS = 64
USERS = 24


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def stack(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """Run a server with two workers, and the gateway."""
    folder = tmp_path_factory.mktemp("stack")
    with Stack(folder, database=request.param, leave_out=("provider", "shop")) as running:
        yield running


def submit_home_form(browser: HttpSession, home: Page) -> Callable[[Barrier], tuple[int, str]]:
    """Return a function that submits the home page's form when all others are ready to."""
    address = urlsplit(home.url)
    body = urlencode(home.form("/onboardings").filled())
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items()),
    }

    def click(barrier: Barrier) -> tuple[int, str]:
        connection = http.client.HTTPConnection(address.netloc, timeout=60)
        try:
            connection.connect()
            barrier.wait(timeout=60)
            connection.request("POST", "/onboardings", body, headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.headers.get("Location", "")
        finally:
            connection.close()

    return click


def run_simultaneously(clicks: list[Callable[[Barrier], tuple[int, str]]]) -> list[tuple[int, str]]:
    barrier = Barrier(len(clicks))
    with ThreadPoolExecutor(len(clicks)) as threads:
        return list(threads.map(lambda click: click(barrier), clicks))


def create_calls_of(stack: Stack, person: str) -> list[dict[str, object]]:
    """Return the create calls for this person in the timeline."""
    return stack.rows(
        "SELECT onboarding_id, detail FROM timeline WHERE event = 'create_called'"
        " AND onboarding_id IN (SELECT id FROM onboardings WHERE person_id = ?)",
        person,
    )


def test_64_clicks_of_one_user_create_one_process(stack: Stack):
    browser, home = stack.login_handoff("ada-of-64-clicks")
    before = gateway_call_counts(stack)["creates"]
    with gateway_switches(stack, hold_create_ms=500):  # all clicks arrive meanwhile
        answers = run_simultaneously([submit_home_form(browser, home)] * CLICKS)
    assert {status for status, _ in answers} == {303}
    assert len({location for _, location in answers}) == 1
    assert gateway_call_counts(stack)["creates"] - before == 1
    id_ = answers[0][1].rpartition("/")[2]
    (row,) = stack.rows("SELECT * FROM onboardings WHERE id = ?", id_)
    assert (row["status"], row["create_calls"]) == ("started", 1)
    assert len(stack.rows("SELECT * FROM onboardings WHERE person_id = ?", row["person_id"])) == 1
    assert len(create_calls_of(stack, row["person_id"])) == 1
    page = browser.get(answers[0][1])
    assert page.frames, page


def test_revoked_token_during_starts_makes_one_log_in(stack: Stack):
    sessions = [stack.login_handoff(f"one-of-many-{number}") for number in range(USERS)]
    browser, home = stack.login_handoff("first-of-many")
    run_simultaneously([submit_home_form(browser, home)])  # the gateway issues the first token
    stack.change(
        "UPDATE gateway_token SET obtained_at = ?", datetime.now(UTC) - timedelta(minutes=1)
    )
    before = gateway_call_counts(stack)
    stack.gateway_control.post("/tokens/revoke", json={}).raise_for_status()
    answers = run_simultaneously([submit_home_form(*each) for each in sessions])
    after = gateway_call_counts(stack)
    assert {status for status, _ in answers} == {303}
    assert len({location for _, location in answers}) == USERS
    assert after["unauthorised"] > before["unauthorised"]
    assert after["token_log_ins"] - before["token_log_ins"] == 1
    ids = [location.rpartition("/")[2] for _, location in answers]
    placeholders = ", ".join("?" * len(ids))
    started = stack.rows(
        f"SELECT id FROM onboardings WHERE status = 'started' AND id IN ({placeholders})", *ids
    )
    assert len(started) == USERS
