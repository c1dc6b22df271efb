"""Many clicks in the same moment, on a server with several workers."""

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

CLICKS = 64
PEOPLE = 24


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def stack(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A server with two workers and the gateway; who comes in has a hand-off."""
    folder = tmp_path_factory.mktemp("stack")
    with Stack(folder, database=request.param, leave_out=("provider", "shop")) as running:
        yield running


def click_of(browser: HttpSession, home: Page) -> Callable[[Barrier], tuple[int, str]]:
    """The home page's button, pressed over a connection of its own when all others are ready."""
    address = urlsplit(home.url)
    body = urlencode(home.form("/onboardings").filled())
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items()),
    }

    def click(all_ready: Barrier) -> tuple[int, str]:
        connection = http.client.HTTPConnection(address.netloc, timeout=60)
        try:
            connection.connect()
            all_ready.wait(timeout=60)
            connection.request("POST", "/onboardings", body, headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.headers.get("Location", "")
        finally:
            connection.close()

    return click


def at_once(clicks: list[Callable[[Barrier], tuple[int, str]]]) -> list[tuple[int, str]]:
    all_ready = Barrier(len(clicks))
    with ThreadPoolExecutor(len(clicks)) as threads:
        return list(threads.map(lambda click: click(all_ready), clicks))


def creates_of(stack: Stack, person: str) -> list[dict[str, object]]:
    """Each create call that the server has made for this person, by the timeline."""
    return stack.rows(
        "SELECT onboarding_id, detail FROM timeline WHERE event = 'create_called'"
        " AND onboarding_id IN (SELECT id FROM onboardings WHERE person_id = ?)",
        person,
    )


def test_64_clicks_of_one_person_make_one_process_and_one_row(stack: Stack):
    browser, home = stack.login_handoff("ada-of-64-clicks")
    before = gateway_call_counts(stack)["creates"]
    with gateway_switches(stack, hold_create_ms=500):  # so that they all meet the one under way
        answers = at_once([click_of(browser, home)] * CLICKS)
    assert {status for status, _ in answers} == {303}
    assert len({place for _, place in answers}) == 1
    assert gateway_call_counts(stack)["creates"] - before == 1
    id_ = answers[0][1].rpartition("/")[2]
    (row,) = stack.rows("SELECT * FROM onboardings WHERE id = ?", id_)
    assert (row["status"], row["create_calls"]) == ("started", 1)
    assert len(stack.rows("SELECT * FROM onboardings WHERE person_id = ?", row["person_id"])) == 1
    assert len(creates_of(stack, row["person_id"])) == 1
    page = browser.get(answers[0][1])
    assert page.frames, page


def test_a_dead_token_costs_one_log_in_and_no_click(stack: Stack):
    everybody = [stack.login_handoff(f"one-of-many-{number}") for number in range(PEOPLE)]
    browser, home = stack.login_handoff("first-of-many")
    at_once([click_of(browser, home)])  # the fleet has a token now
    stack.change(
        "UPDATE gateway_token SET obtained_at = ?", datetime.now(UTC) - timedelta(minutes=1)
    )
    before = gateway_call_counts(stack)
    stack.gateway_control.post("/tokens/revoke", json={}).raise_for_status()
    answers = at_once([click_of(*each) for each in everybody])
    after = gateway_call_counts(stack)
    assert {status for status, _ in answers} == {303}
    assert len({place for _, place in answers}) == PEOPLE
    assert after["unauthorised"] > before["unauthorised"]
    assert after["token_log_ins"] - before["token_log_ins"] == 1
    ids = [place.rpartition("/")[2] for _, place in answers]
    marks = ", ".join("?" * len(ids))
    started = stack.rows(
        f"SELECT id FROM onboardings WHERE status = 'started' AND id IN ({marks})", *ids
    )
    assert len(started) == PEOPLE
