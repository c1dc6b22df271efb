"""Every way the hosted page can end badly, and leaving it without an end."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.hosted_page import (
    OpenPage,
    Screen,
    Shop,
    framed,
    inner,
    only_process,
)
from tests.support.eventually import eventually
from tests.support.gateway import Company, Controls


def test_camera_denied_is_told_shown_and_taken_back_as_an_error(
    browser_page: OpenPage, shop: Shop, company: Company, controls: Controls
) -> None:
    created = company.create(redirectUrl=shop.back)
    page = browser_page()
    hosted = framed(page, shop, created["url"])
    hosted.locator("#begin").click()
    hosted.locator("#skip-capture").click()
    hosted.locator("#outcome-camera-denied").click()
    dialog = hosted.locator("#error-dialog")
    expect(dialog).to_contain_text("The camera may not be used")
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    hosted.locator("#dialog-accept").click()
    expect(hosted.locator("h1", has_text="Back")).to_be_visible()
    assert inner(page).url == shop.with_error("PermissionError")
    heard = [message for _, message in page.evaluate("heard")]
    assert [message["type"] for message in heard] == ["Info", "Error", "Info"]
    assert heard[1]["value"] == {
        "name": "PermissionError",
        "message": "PermissionError",
        "extrainfo": {"device": "camera"},
    }
    assert heard[2]["value"] == {"name": "OnboardingFinished"}
    assert only_process(controls)["state"] == "ABORTED"


def test_dialogs_can_be_switched_off(
    browser_page: OpenPage, shop: Shop, company: Company, controls: Controls
) -> None:
    controls.switch(dialogs=False)
    created = company.create(redirectUrl=shop.back)
    page = browser_page()
    page.goto(created["url"])
    page.click("#skip-capture")
    page.get_by_text("More errors").click()
    page.click("#outcome-TimeoutError")
    page.wait_for_url(shop.with_error("TimeoutError"))


TITLES = {
    "PermissionError": ("The camera may not be used", "No se puede usar la cámara"),
    "HardwareError": ("The camera does not work", "La cámara no funciona"),
    "ConnectionError": ("The connection was lost", "Se ha perdido la conexión"),
    "OnboardingError": ("The check was cancelled", "La verificación se ha cancelado"),
    "SupportError": ("Something unexpected happened", "Ha ocurrido algo inesperado"),
    "TimeoutError": ("Time is up", "Se ha acabado el tiempo"),
}


def choose_error(screen: Screen, error: str) -> None:
    screen.locator("#skip-capture").click()
    if error == "PermissionError":
        screen.locator("#outcome-camera-denied").click()
        return
    screen.locator("summary").click()
    screen.locator(f"#outcome-{error}").click()


@pytest.mark.parametrize("error", TITLES)
def test_each_error_has_its_dialog_in_a_frame_in_english(
    browser_page: OpenPage, shop: Shop, company: Company, controls: Controls, error: str
) -> None:
    page = browser_page()
    hosted = framed(page, shop, company.create(redirectUrl=shop.back)["url"])
    choose_error(hosted, error)
    expect(hosted.locator("#dialog-title")).to_have_text(TITLES[error][0])
    expect(hosted.locator("#dialog-text")).not_to_be_empty()
    heard = [message for _, message in page.evaluate("heard")]
    assert [message["type"] for message in heard] == ["Info", "Error"]
    assert heard[1]["value"]["message"] == error
    hosted.locator("#dialog-accept").click()
    expect(hosted.locator("h1", has_text="Back")).to_be_visible()
    assert inner(page).url == shop.with_error(error)
    assert only_process(controls)["last_error"] == error


@pytest.mark.parametrize("error", TITLES)
def test_each_error_has_its_dialog_at_top_level_in_spanish(
    browser_page: OpenPage, shop: Shop, company: Company, controls: Controls, error: str
) -> None:
    controls.switch(timeout_word="Timeout")
    page = browser_page(locale="es-ES", viewport=(360, 740))
    page.goto(company.create(redirectUrl=shop.back)["url"])
    choose_error(page, error)
    expect(page.locator("#dialog-title")).to_have_text(TITLES[error][1])
    page.click("#dialog-accept")
    page.wait_for_url(shop.with_error("Timeout" if error == "TimeoutError" else error))


def test_who_leaves_in_a_frame_is_told_of_to_nobody_and_may_come_back(
    browser_page: OpenPage, shop: Shop, company: Company, controls: Controls
) -> None:
    page = browser_page()
    created = company.create(redirectUrl=shop.back)
    hosted = framed(page, shop, created["url"])
    hosted.locator("#skip-capture").click()
    hosted.locator("#outcome-abandon").click()
    expect(hosted.locator("h1:visible")).to_have_text("You left without finishing")
    assert [message["value"]["name"] for _, message in page.evaluate("heard")] == [
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


def test_a_tab_that_is_closed_in_the_middle_is_noted(
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


def test_who_takes_too_long_runs_out_of_time(
    browser_page: OpenPage, shop: Shop, company: Company, controls: Controls
) -> None:
    controls.switch(time_limit_seconds=180)
    page = browser_page()
    page.clock.install()
    page.goto(company.create(redirectUrl=shop.back)["url"])
    page.click("#begin")
    expect(page.locator("#clock")).to_have_text(re.compile(r"Time left (3:00|2:59)"))
    page.click('[data-document="IDCard"]')
    page.clock.fast_forward("02:30")
    expect(page.locator("#clock")).to_have_text(re.compile(r"Time left 0:[23]\d"))
    page.clock.fast_forward("00:31")
    expect(page.locator("#dialog-title")).to_have_text("Time is up")
    expect(page.locator("#clock")).to_be_hidden()
    page.click("#dialog-accept")
    page.wait_for_url(shop.with_error("TimeoutError"))
    assert only_process(controls)["last_error"] == "TimeoutError"


def test_time_stands_still_once_everything_is_sent(
    browser_page: OpenPage, company: Company, controls: Controls
) -> None:
    controls.switch(time_limit_seconds=60)
    page = browser_page()
    page.goto(company.create()["url"])
    page.click("#skip-capture")
    expect(page.locator("#outcome-passes")).to_be_visible()
    expect(page.locator("#clock")).to_be_hidden()


def test_a_gateway_that_dies_in_the_middle_is_a_lost_connection(
    browser_page: OpenPage, shop: Shop, company: Company, controls: Controls
) -> None:
    created = company.create(redirectUrl=shop.back)
    page = browser_page(expected_complaints=["ERR_CONNECTION", "Failed to load resource"])
    page.goto(created["url"])
    page.route("**/end", lambda route: route.abort())
    page.click("#skip-capture")
    page.click("#outcome-passes")
    page.click("#dialog-accept")
    page.wait_for_url(shop.with_error("ConnectionError"))


def test_a_check_that_was_ended_elsewhere_goes_back_without_an_error(
    browser_page: OpenPage, shop: Shop, company: Company, controls: Controls
) -> None:
    created = company.create(redirectUrl=shop.back)
    page = browser_page(expected_complaints=["409"])
    page.goto(created["url"])
    page.click("#skip-capture")
    page.wait_for_selector("#outcome-fails")
    controls.end(created["scanId"], "passes")
    page.click("#outcome-fails")
    page.wait_for_url(shop.back)
    assert only_process(controls)["state"] == "VERIFIED"
