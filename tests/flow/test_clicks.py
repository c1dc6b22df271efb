"""However often and by how many is clicked: one person, one process."""

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

pytestmark = pytest.mark.both_databases


def at_once(*calls: Callable[[], Page]) -> list[Page]:
    """Make all calls in the same moment."""
    gate = threading.Barrier(len(calls))

    def when_all_are_here(call: Callable[[], Page]) -> Page:
        gate.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(when_all_are_here, calls))


def second_tab(stack: Stack, browser: HttpSession) -> HttpSession:
    """The same browser, with connections of its own."""
    tab = stack.http_session()
    tab.cookies.update(browser.cookies)
    return tab


def test_a_double_click_makes_one_process(stack: Stack, ada: Person) -> None:
    browser, home = log_in_by_handoff(stack, ada)
    tab = second_tab(stack, browser)
    with gateway_switches(stack, hold_create_ms=500):
        pages = at_once(
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


def test_six_tabs_and_two_logins_make_one_process(stack: Stack, ada: Person) -> None:
    browser, home = log_in_by_handoff(stack, ada)
    other, other_home = stack.login_oidc(ada.sub)
    clicks = [(second_tab(stack, browser), home) for _ in range(3)]
    clicks += [(second_tab(stack, other), other_home) for _ in range(3)]
    with gateway_switches(stack, hold_create_ms=300):
        pages = at_once(
            *(lambda tab=tab, at=at: tab.submit(at, at.form("/onboardings")) for tab, at in clicks)
        )
    assert {page.status for page in pages} == {200}
    assert len({page.path for page in pages}) == 1
    onboarding_id = pages[0].path.rpartition("/")[2]
    assert count_processes(stack, onboarding_id) == 1
    assert len(gateway_process(stack, onboarding_id)["history"]) == 1


def test_a_click_later_on_another_device_goes_on_with_the_same_process(
    stack: Stack, ada: Person
) -> None:
    walk = start_onboarding(stack, ada)
    elsewhere = start_onboarding(stack, ada)
    assert elsewhere.id == walk.id
    assert elsewhere.hosted_url == walk.hosted_url
    assert count_processes(stack, walk.id) == 1


def test_two_people_at_once_have_a_process_each(stack: Stack, ada: Person, ben: Person) -> None:
    both = [log_in_by_handoff(stack, one) for one in (ada, ben)]
    pages = at_once(
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
