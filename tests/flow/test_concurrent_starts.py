"""Simultaneous starts create one gateway process for each user."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.http_session import HttpSession, Page
from tests.support.stack import Person, Stack
from tests.support.user_journey import (
    count_processes,
    gateway_process,
    gateway_switches,
    log_in_by_handoff,
    start_onboarding,
)


def simultaneously(*calls: Callable[[], Page]) -> list[Page]:
    """Make all calls at the same time, each in a thread."""
    barrier = threading.Barrier(len(calls))

    def wait_and_call(call: Callable[[], Page]) -> Page:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(wait_and_call, calls))


def second_tab(stack: Stack, browser: HttpSession) -> HttpSession:
    """Return a session with the same cookies and its own connections."""
    tab = stack.http_session()
    tab.cookies.update(browser.cookies)
    return tab


@pytest.mark.both_databases
def test_double_click_creates_one_process(stack: Stack, ada: Person) -> None:
    browser, home = log_in_by_handoff(stack, ada)
    tab = second_tab(stack, browser)
    with gateway_switches(stack, hold_create_ms=500):
        pages = simultaneously(
            *(
                lambda each=each: each.submit(home, home.form("/onboardings"))
                for each in (browser, tab)
            )
        )
    assert [page.status for page in pages] == [200, 200]
    assert len({page.path for page in pages}) == 1
    onboarding_id = pages[0].path.rpartition("/")[2]
    assert count_processes(stack, onboarding_id) == 1
    frame = browser.get(pages[0].path)
    assert frame.frames[0]["src"].endswith(onboarding_id)


@pytest.mark.both_databases
def test_start_in_six_tabs_of_two_sessions_creates_one_process(stack: Stack, ada: Person) -> None:
    browser, home = log_in_by_handoff(stack, ada)
    other, other_home = stack.login_oidc(ada.sub)
    tabs = [(second_tab(stack, browser), home) for _ in range(3)]
    tabs += [(second_tab(stack, other), other_home) for _ in range(3)]
    with gateway_switches(stack, hold_create_ms=300):
        pages = simultaneously(
            *(lambda tab=tab, at=at: tab.submit(at, at.form("/onboardings")) for tab, at in tabs)
        )
    assert {page.status for page in pages} == {200}
    assert len({page.path for page in pages}) == 1
    onboarding_id = pages[0].path.rpartition("/")[2]
    assert count_processes(stack, onboarding_id) == 1
    assert len(gateway_process(stack, onboarding_id)["history"]) == 1


def test_start_on_another_device_reuses_the_process(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    second = start_onboarding(stack, ada)
    assert second.id == walk.id
    assert second.hosted_url == walk.hosted_url
    assert count_processes(stack, walk.id) == 1


def test_simultaneous_starts_of_two_users_create_two_processes(
    stack: Stack, ada: Person, ben: Person
) -> None:
    both = [log_in_by_handoff(stack, one) for one in (ada, ben)]
    pages = simultaneously(
        *(
            lambda browser=browser, home=home: browser.submit(home, home.form("/onboardings"))
            for browser, home in both
        )
    )
    ids = [page.path.rpartition("/")[2] for page in pages]
    assert len(set(ids)) == 2
    for page, onboarding_id in zip(pages, ids, strict=True):
        assert page.frames[0]["src"].endswith(onboarding_id)
        assert count_processes(stack, onboarding_id) == 1
    for (browser, _), page in zip(both, reversed(pages), strict=True):
        assert browser.get(page.path).status == 404
