"""The hosted page of the gateway in a box in real Chromium, framed and at top level."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Frame, FrameLocator, Page, expect

from tests.support.gateway import KEY, SECRET, Company, Controls
from webapp.sandbox.gateway import GatewayOptions, RunningGateway

NO_ICON = '<!doctype html><link rel="icon" href="data:,">'
CAMERA_REFUSED = ["ermissions policy violation"]

OpenPage = Callable[..., Page]
Screen = Page | FrameLocator


@pytest.fixture
def gateway() -> Iterator[RunningGateway]:
    with RunningGateway(GatewayOptions(KEY, SECRET)) as running:
        yield running


@pytest.fixture
def company(gateway: RunningGateway) -> Iterator[Company]:
    company = Company(gateway.url)
    yield company
    company.http.close()


@pytest.fixture
def controls(gateway: RunningGateway) -> Iterator[Controls]:
    controls = Controls(gateway.url)
    yield controls
    controls.http.close()


class Shop:
    """Another site: it frames the hosted page, writes down what it is told, and is returned to."""

    def __init__(self, port: int) -> None:
        self.origin = f"http://shop.localhost:{port}"
        self.back = f"{self.origin}/back?order=81#there"
        self.frame = ""

    def with_error(self, name: str) -> str:
        return f"{self.origin}/back?order=81&error={name}#there"

    def page(self, path: str) -> str:
        if path.startswith("/back"):
            return f"{NO_ICON}<title>Back</title><h1>Back</h1>"
        listen = "window.heard = []; onmessage = (event) => heard.push([event.origin, event.data])"
        return f"{NO_ICON}<title>Shop</title><script>{listen}</script>{self.frame}"


@pytest.fixture
def shop() -> Iterator[Shop]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = there.page(self.path).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    there = Shop(server.server_port)
    thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)
    thread.start()
    yield there
    server.shutdown()
    thread.join()
    server.server_close()


def framed(page: Page, shop: Shop, hosted_url: str, allow: str = "camera") -> FrameLocator:
    size = 'width="380" height="720"'
    shop.frame = f'<iframe id="hosted" src="{hosted_url}" allow="{allow}" {size}></iframe>'
    page.goto(f"{shop.origin}/")
    return page.frame_locator("#hosted")


def inner(page: Page) -> Frame:
    return next(frame for frame in page.frames if frame.parent_frame is page.main_frame)


def capture(screen: Screen, document: str = "IDCard") -> None:
    """Every click from the first screen to the sandbox controls."""
    screen.locator("#begin").click()
    screen.locator(f'[data-document="{document}"]').click()
    for _ in range(1 if document == "Passport" else 2):
        screen.locator("#capture").click()
        screen.locator("#keep").click()
    screen.locator("#capture").click()
    expect(screen.locator("#outcome-passes")).to_be_visible()


def only_process(controls: Controls) -> dict[str, Any]:
    [process] = controls.get("/processes")["processes"]
    return dict(process)


def test_ada_passes_inside_a_frame(
    browser_page: OpenPage,
    shop: Shop,
    company: Company,
    controls: Controls,
    gateway: RunningGateway,
) -> None:
    created = company.create(redirectUrl=shop.back)
    page = browser_page()
    hosted = framed(page, shop, created["url"], f"camera {gateway.url}")
    capture(hosted)
    assert only_process(controls)["state"] == "IN_PROGRESS"
    hosted.locator("#outcome-passes").click()
    expect(hosted.locator("h1", has_text="Back")).to_be_visible()
    # The redirect happened inside the frame, and nothing was added to the address.
    assert page.url == f"{shop.origin}/"
    assert inner(page).url == shop.back
    onboarding = {
        "onboardingToken": created["onboardingToken"],
        "returnUrl": shop.back,
        "scanId": created["scanId"],
    }
    assert page.evaluate("heard") == [
        [gateway.url, {"onboarding": onboarding, "type": "Info", "value": {"name": name}}]
        for name in ("OnboardingStarted", "OnboardingFinished")
    ]
    process = only_process(controls)
    assert (process["state"], process["uploads"]) == ("VERIFIED", 3)


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        ("fails", "NOT_VERIFIED"),
        ("review", "PENDING_VERIFICATION"),
        ("validation", "PENDING_VALIDATION"),
    ],
)
def test_each_other_outcome_at_top_level(
    browser_page: OpenPage,
    shop: Shop,
    company: Company,
    controls: Controls,
    outcome: str,
    state: str,
) -> None:
    created = company.create(redirectUrl=shop.back)
    page = browser_page(viewport=(360, 740))
    page.goto(created["url"])
    capture(page, "Passport")
    page.click(f"#outcome-{outcome}")
    page.wait_for_url(shop.back)
    process = only_process(controls)
    assert (process["state"], process["uploads"]) == (state, 2)


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


def test_a_frame_without_the_camera_offers_a_file(
    browser_page: OpenPage, shop: Shop, company: Company, controls: Controls, root: Path
) -> None:
    created = company.create(redirectUrl=shop.back, docType="Passport")
    page = browser_page(expected_complaints=CAMERA_REFUSED)
    hosted = framed(page, shop, created["url"], allow="")
    hosted.locator("#begin").click()
    hosted.locator('[data-document="Passport"]').click()
    expect(hosted.locator("#camera-problem")).to_contain_text("The camera is blocked")
    expect(hosted.locator("#capture")).to_be_hidden()
    picture = {"name": "page.png", "mimeType": "image/png", "buffer": page.screenshot()}
    for _ in range(2):
        with page.expect_file_chooser() as chooser:
            hosted.locator("#use-file").click()
        chooser.value.set_files(picture)
        hosted.locator("#keep").click()
    hosted.locator("#outcome-passes").click()
    expect(hosted.locator("h1", has_text="Back")).to_be_visible()
    assert only_process(controls)["uploads"] == 2


def test_a_file_that_is_no_picture_is_refused_kindly(
    browser_page: OpenPage, company: Company
) -> None:
    page = browser_page()
    page.goto(company.create()["url"])
    page.click("#begin")
    page.click('[data-document="IDCard"]')
    text = {"name": "note.txt", "mimeType": "text/plain", "buffer": b"hello"}
    page.set_input_files("#file", [text])
    expect(page.locator("#file-problem")).to_be_visible()


def test_who_can_use_neither_camera_nor_file_goes_back_with_the_reason(
    browser_page: OpenPage, shop: Shop, company: Company, controls: Controls
) -> None:
    page = browser_page(expected_complaints=CAMERA_REFUSED)
    hosted = framed(page, shop, company.create(redirectUrl=shop.back)["url"], allow="")
    hosted.locator("#begin").click()
    hosted.locator('[data-document="IDCard"]').click()
    hosted.locator("#give-up").click()
    hosted.locator("#dialog-accept").click()
    expect(hosted.locator("h1", has_text="Back")).to_be_visible()
    assert only_process(controls)["last_error"] == "PermissionError"


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


def test_without_an_address_to_return_to_the_page_stays(
    browser_page: OpenPage, shop: Shop, company: Company
) -> None:
    page = browser_page()
    hosted = framed(page, shop, company.create()["url"])
    hosted.locator("#skip-capture").click()
    hosted.locator("#outcome-passes").click()
    expect(hosted.locator("p:visible", has_text="You may close this page.")).to_be_visible()
    assert len(page.evaluate("heard")) == 2


def test_a_stranger_who_frames_the_page_hears_nothing(
    browser_page: OpenPage, shop: Shop, company: Company
) -> None:
    created = company.create(redirectUrl=shop.back.replace("shop", "other"))
    # Chromium itself reports that it withheld the messages.
    page = browser_page(expected_complaints=["postMessage", "other.localhost"])
    hosted = framed(page, shop, created["url"])
    hosted.locator("#skip-capture").click()
    hosted.locator("#outcome-passes").click()
    expect(hosted.locator("h1", has_text="Back")).to_be_visible()
    assert page.evaluate("heard") == []


def test_ada_can_do_it_all_by_keyboard_in_spanish(
    browser_page: OpenPage, company: Company, controls: Controls
) -> None:
    page = browser_page(locale="es-ES", viewport=(360, 740))
    page.goto(company.create(docType="Passport")["url"])
    expect(page.locator("h1:visible")).to_have_text("Confirmemos que eres tú")
    page.locator("#begin").press("Enter")
    expect(page.locator("h1:focus")).to_have_text("Ten tu documento a mano")
    for words in ("Página con tu foto", "¿Se lee todo bien?", "Hazte un selfi"):
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator("h1:focus")).to_have_text(words)
        if words != "¿Se lee todo bien?":
            expect(page.locator("#capture")).to_be_enabled()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("h1:focus")).to_have_text("Tus imágenes han llegado")
    page.locator("#outcome-passes").press("Space")
    expect(page.locator("h1:focus")).to_have_text("Listo")
    assert only_process(controls)["state"] == "VERIFIED"


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in found]


def walk_every_screen(page: Page) -> Iterator[str]:
    """Stop at each screen in turn, by its name."""
    yield "intro"
    page.click("#begin")
    page.wait_for_selector('[data-document="IDCard"]')
    yield "choose"
    page.click('[data-document="IDCard"]')
    page.wait_for_selector("#capture:enabled")
    yield "front"
    page.click("#capture")
    page.wait_for_selector("#keep")
    yield "review"
    page.click("#keep")
    page.click("#capture")
    page.click("#keep")
    page.wait_for_selector("#capture:enabled")
    yield "selfie"
    page.click("#capture")
    page.wait_for_selector("#outcome-passes")
    yield "outcome"
    page.get_by_text("More errors").click()
    yield "more errors"
    page.click("#outcome-camera-denied")
    page.wait_for_selector("#dialog-accept")
    yield "dialog"
    page.click("#dialog-accept")
    page.wait_for_selector("#stopped-title")
    yield "stopped"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_every_screen_is_accessible_and_fits(
    browser_page: OpenPage, company: Company, scheme: str, width: int
) -> None:
    page = browser_page(viewport=(width, 740), color_scheme=scheme, bypass_csp=True)
    page.goto(company.create()["url"])
    for screen in walk_every_screen(page):
        assert violations(page) == [], screen
        assert page.evaluate("document.documentElement.scrollWidth") <= width, screen


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_control_page_is_accessible_and_its_buttons_work(
    browser_page: OpenPage,
    company: Company,
    controls: Controls,
    gateway: RunningGateway,
    scheme: str,
) -> None:
    scan_id = company.create()["scanId"]
    page = browser_page(viewport=(360, 740), color_scheme=scheme, bypass_csp=True)
    page.goto(f"{gateway.url}/_sandbox/")
    row = page.locator(f'[data-process="{scan_id}"]')
    row.get_by_role("button", name="passes").click()
    expect(row.locator(".state")).to_have_text("VERIFIED")
    expect(page.locator("[data-delivery]")).to_contain_text(["VIDEO_AVAILABLE", "VERIFIED"])
    assert violations(page) == []
    page.get_by_label("down", exact=True).check()
    expect(page.get_by_label("down", exact=True)).to_be_checked()
    assert controls.get("/switches")["down"] is True
    page.get_by_role("button", name="Reset everything").click()
    expect(page.locator("#no-processes")).to_be_visible()
    assert controls.get("/switches")["down"] is False
