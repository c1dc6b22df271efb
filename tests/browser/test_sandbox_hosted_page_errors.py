"""Errors of the sandbox's hosted page: dialogs, messages, returns, and leaving without an end."""

import re

import pytest
from playwright.sync_api import Route, expect

from mobbscan_sandbox.gateway import RunningGateway
from tests.browser.hosted_page import (
    HostSite,
    OpenPage,
    Screen,
    inner_frame,
    only_process,
    open_framed,
)
from tests.support.eventually import eventually
from tests.support.gateway import Company, Controls


@pytest.fixture
def browser_page(gateway: RunningGateway, host_site: HostSite, browser_page: OpenPage) -> OpenPage:
    """Close the pages before the servers stop: a page may still be loading."""
    return browser_page


def test_camera_denied_posts_message_shows_dialog_and_returns_error(
    browser_page: OpenPage, host_site: HostSite, company: Company, controls: Controls
) -> None:
    created = company.create(redirectUrl=host_site.return_url)
    page = browser_page()
    hosted = open_framed(page, host_site, created["url"])
    hosted.locator("#begin").click()
    hosted.locator("#skip-capture").click()
    hosted.locator("#outcome-camera-denied").click()
    dialog = hosted.locator("#error-dialog")
    expect(dialog).to_contain_text("The camera may not be used")
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    hosted.locator("#dialog-accept").click()
    expect(hosted.locator("h1", has_text="Back")).to_be_visible()
    assert inner_frame(page).url == host_site.with_error("PermissionError")
    messages = [message for _, message in page.evaluate("messages")]
    assert [message["type"] for message in messages] == ["Info", "Error", "Info"]
    assert messages[1]["value"] == {
        "name": "PermissionError",
        "message": "PermissionError",
        "extrainfo": {"device": "camera"},
    }
    assert messages[2]["value"] == {"name": "OnboardingFinished"}
    assert only_process(controls)["state"] == "ABORTED"


def test_error_with_dialogs_switched_off_returns_at_once(
    browser_page: OpenPage, host_site: HostSite, company: Company, controls: Controls
) -> None:
    controls.switch(dialogs=False)
    created = company.create(redirectUrl=host_site.return_url)
    page = browser_page()
    page.goto(created["url"])
    page.click("#skip-capture")
    page.get_by_text("More errors").click()
    page.click("#outcome-TimeoutError")
    page.wait_for_url(host_site.with_error("TimeoutError"))


TITLES = {
    "PermissionError": ("The camera may not be used", "No se puede usar la cámara"),
    "HardwareError": ("The camera does not work", "La cámara no funciona"),
    "ConnectionError": ("The connection was lost", "Se ha perdido la conexión"),
    "OnboardingError": ("The check was cancelled", "La verificación se ha cancelado"),
    "SupportError": ("Something unexpected happened", "Ha ocurrido algo inesperado"),
    "TimeoutError": ("Time is up", "Se ha acabado el tiempo"),
}


def errors(*every_run: str) -> list[object]:
    """Return all errors as parameters; those not named run nightly."""
    rest = [
        pytest.param(each, marks=pytest.mark.nightly) for each in TITLES if each not in every_run
    ]
    return [*every_run, *rest]


def choose_error(screen: Screen, error: str) -> None:
    screen.locator("#skip-capture").click()
    if error == "PermissionError":
        screen.locator("#outcome-camera-denied").click()
        return
    screen.locator("summary").click()
    screen.locator(f"#outcome-{error}").click()


@pytest.mark.parametrize("error", errors("HardwareError"))
def test_error_in_frame_shows_english_dialog_and_returns_error(
    browser_page: OpenPage, host_site: HostSite, company: Company, controls: Controls, error: str
) -> None:
    page = browser_page()
    hosted = open_framed(page, host_site, company.create(redirectUrl=host_site.return_url)["url"])
    choose_error(hosted, error)
    expect(hosted.locator("#dialog-title")).to_have_text(TITLES[error][0])
    expect(hosted.locator("#dialog-text")).not_to_be_empty()
    messages = [message for _, message in page.evaluate("messages")]
    assert [message["type"] for message in messages] == ["Info", "Error"]
    assert messages[1]["value"]["message"] == error
    hosted.locator("#dialog-accept").click()
    expect(hosted.locator("h1", has_text="Back")).to_be_visible()
    assert inner_frame(page).url == host_site.with_error(error)
    assert only_process(controls)["last_error"] == error


@pytest.mark.parametrize("error", errors("TimeoutError"))
def test_error_at_top_level_shows_spanish_dialog_and_returns_error(
    browser_page: OpenPage, host_site: HostSite, company: Company, controls: Controls, error: str
) -> None:
    controls.switch(timeout_word="Timeout")
    page = browser_page(locale="es-ES", viewport=(360, 740))
    page.goto(company.create(redirectUrl=host_site.return_url)["url"])
    choose_error(page, error)
    expect(page.locator("#dialog-title")).to_have_text(TITLES[error][1])
    page.click("#dialog-accept")
    page.wait_for_url(host_site.with_error("Timeout" if error == "TimeoutError" else error))


def test_leave_in_frame_posts_no_message_and_can_resume(
    browser_page: OpenPage, host_site: HostSite, company: Company, controls: Controls
) -> None:
    page = browser_page()
    created = company.create(redirectUrl=host_site.return_url)
    hosted = open_framed(page, host_site, created["url"])
    hosted.locator("#skip-capture").click()
    hosted.locator("#outcome-abandon").click()
    expect(hosted.locator("h1:visible")).to_have_text("You left without finishing")
    assert [message["value"]["name"] for _, message in page.evaluate("messages")] == [
        "OnboardingStarted"
    ]
    process = only_process(controls)
    assert (process["state"], process["last_error"]) == ("IN_PROGRESS", None)
    assert process["left_at"]
    assert company.data(created["scanId"]).json()["verificationResult"] is None
    hosted.locator("#resume").click()
    hosted.locator("#skip-capture").click()
    hosted.locator("#outcome-passes").click()
    expect(hosted.locator("h1", has_text="Back")).to_be_visible()
    assert only_process(controls)["state"] == "VERIFIED"


def test_closed_tab_is_recorded_as_left(
    browser_page: OpenPage, company: Company, controls: Controls
) -> None:
    page = browser_page()
    page.goto(company.create()["url"])
    page.click("#begin")
    page.wait_for_selector('[data-document="IDCard"]')
    page.close(run_before_unload=True)
    eventually(lambda: only_process(controls)["left_at"])
    assert only_process(controls)["state"] == "IN_PROGRESS"
    assert controls.get("/deliveries") == {"deliveries": []}


def test_time_limit_exceeded_returns_timeout_error(
    browser_page: OpenPage, host_site: HostSite, company: Company, controls: Controls
) -> None:
    controls.switch(time_limit_seconds=180)
    page = browser_page()
    page.clock.install()
    page.goto(company.create(redirectUrl=host_site.return_url)["url"])
    page.click("#begin")
    expect(page.locator("#clock")).to_have_text(re.compile(r"Time left (3:00|2:59)"))
    page.click('[data-document="IDCard"]')
    page.clock.fast_forward("02:30")
    expect(page.locator("#clock")).to_have_text(re.compile(r"Time left 0:[23]\d"))
    page.clock.fast_forward("00:31")
    expect(page.locator("#dialog-title")).to_have_text("Time is up")
    expect(page.locator("#clock")).to_be_hidden()
    page.click("#dialog-accept")
    page.wait_for_url(host_site.with_error("TimeoutError"))
    assert only_process(controls)["last_error"] == "TimeoutError"


@pytest.mark.nightly
def test_clock_after_upload_is_hidden(
    browser_page: OpenPage, company: Company, controls: Controls
) -> None:
    controls.switch(time_limit_seconds=60)
    page = browser_page()
    page.goto(company.create()["url"])
    page.click("#skip-capture")
    expect(page.locator("#outcome-passes")).to_be_visible()
    expect(page.locator("#clock")).to_be_hidden()


def test_gateway_without_answer_returns_connection_error(
    browser_page: OpenPage, host_site: HostSite, company: Company, controls: Controls
) -> None:
    created = company.create(redirectUrl=host_site.return_url)
    page = browser_page(expected_complaints=["ERR_CONNECTION", "Failed to load resource"])
    page.goto(created["url"])
    page.route("**/end", lambda route: route.abort())
    page.click("#skip-capture")
    page.click("#outcome-passes")
    page.click("#dialog-accept")
    page.wait_for_url(host_site.with_error("ConnectionError"))


def test_process_ended_elsewhere_returns_without_error(
    browser_page: OpenPage, host_site: HostSite, company: Company, controls: Controls
) -> None:
    created = company.create(redirectUrl=host_site.return_url)
    page = browser_page(expected_complaints=["409"])
    page.goto(created["url"])
    page.click("#skip-capture")
    page.wait_for_selector("#outcome-fails")
    controls.end(created["scanId"], "passes")
    page.click("#outcome-fails")
    page.wait_for_url(host_site.return_url)
    assert only_process(controls)["state"] == "VERIFIED"


@pytest.mark.parametrize("path", ["begin", pytest.param("document", marks=pytest.mark.nightly)])
def test_skip_during_an_unanswered_step_stays_at_the_outcome(
    browser_page: OpenPage, company: Company, path: str
) -> None:
    page = browser_page()
    page.goto(company.create()["url"])
    held: list[Route] = []
    if path == "document":
        page.click("#begin")
    page.route(f"**/{path}", lambda route: held.append(route))
    with page.expect_request(f"**/{path}"):
        page.click("#begin" if path == "begin" else '[data-document="IDCard"]')
    page.click("#skip-capture")
    with page.expect_response(f"**/{path}"):
        held[0].continue_()
    page.click("#outcome-passes")
    expect(page.locator("h1:visible")).to_have_text("All done")
    assert len(held) == 1
