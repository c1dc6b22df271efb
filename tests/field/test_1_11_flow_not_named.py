"""Hand-offs that name no flow, at sites with one flow, with `default`, and with several others."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.eventually import eventually
from tests.support.http_session import HttpSession, Page
from tests.support.stack import Person, Stack

KEY = "key-of-the-field-tests-of-32-bytes-and-more"
ADA = Person("ada-of-flows", "Ada Lovelace", "en")


def _site(name: str) -> dict[str, object]:
    return {"name": name, "handoff_keys": [KEY], "oidc": True}


@pytest.fixture(scope="module")
def flows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with a site of each kind; each flow has a consent version that pages show."""
    tables: dict[str, dict[str, object]] = {}
    for site, names in {
        "single": ["premium"],
        "with-default": ["premium", "default"],
        "several": ["premium", "basic"],
    }.items():
        tables[f"sites.{site}"] = _site(site.title())
        for name in names:
            tables[f"sites.{site}.flows.{name}"] = {"consent_version": f"of-{name}"}
    with Stack(
        tmp_path_factory.mktemp("flows"), database="sqlite", tables=tables, leave_out=("shop",)
    ) as stack:
        yield stack


def hand_off(flows: Stack, site: str, **claims: object) -> tuple[HttpSession, Page]:
    token = flows.handoff_token(ADA, key=KEY, iss=site, return_url=None, **claims)
    browser = flows.http_session()
    return browser, browser.get("/handoff", params={"token": token})


def log_lines(flows: Stack, word: str) -> list[str]:
    """Wait for lines with this word in the server's log, and return them."""
    return eventually(
        lambda: [line for line in flows.logs("server").splitlines() if word in line], seconds=5
    )


@pytest.mark.parametrize("claims", [{}, {"flow": ""}, {"flow": False}, {"flow": 0}])
def test_handoff_without_flow_at_several_flows_is_401(
    flows: Stack, claims: dict[str, object]
) -> None:
    browser, refused = hand_off(flows, "several", **claims)
    assert refused.status == 401
    assert "Ada Lovelace" not in browser.get("/").text, "not signed in"


def test_handoff_without_flow_at_several_flows_logs_the_fix(flows: Stack) -> None:
    hand_off(flows, "several")
    lines = log_lines(flows, "flow_missing")
    assert "premium, basic" in lines[-1], "the fix names the flows"
    assert "default" in lines[-1], "or how to give the site a default"


def test_handoff_without_flow_does_not_use_the_token_up(flows: Stack) -> None:
    assert hand_off(flows, "several", jti="once")[1].status == 401
    assert hand_off(flows, "several", jti="once", flow="basic")[1].status == 200


@pytest.mark.parametrize(
    ("site", "claims", "flow"),
    [
        ("single", {}, "premium"),
        ("with-default", {}, "default"),
        ("with-default", {"flow": "premium"}, "premium"),
        ("several", {"flow": "basic"}, "basic"),
        ("several", {"flow": "premium"}, "premium"),
    ],
)
def test_handoff_gets_the_named_the_only_or_the_default_flow(
    flows: Stack, site: str, claims: dict[str, object], flow: str
) -> None:
    _, home = hand_off(flows, site, **claims)
    assert home.status == 200
    assert dict(home.form("/onboardings").filled())["flow"] == flow


def test_handoff_with_unknown_flow_logs_the_flows_of_the_site(flows: Stack) -> None:
    assert hand_off(flows, "several", flow="platinum")[1].status == 401
    lines = log_lines(flows, "unknown_flow")
    assert "premium" in lines[-1]
    assert "basic" in lines[-1]
    assert "platinum" not in lines[-1]


def test_doctor_warns_of_login_at_several_flows_without_default(flows: Stack) -> None:
    """A login at the identity provider cannot name a flow."""
    printed = flows.command("doctor").stdout
    warnings = [line for line in printed.splitlines() if "flow" in line and "several" in line]
    assert len(warnings) == 1, printed
    assert "premium" in warnings[0]
    assert "default" in warnings[0]
    assert not [
        line for line in printed.splitlines() if "with-default: " in line and "flow" in line
    ]


def test_handoff_page_explains_which_flow_is_used(root: Path) -> None:
    page = root / "docs" / "host-guide.md"
    assert page.is_file(), "docs/host-guide.md explains the claims"
    text = page.read_text("utf-8")
    assert "`flow`" in text
    assert "`default`" in text
    assert "flow_missing" in text
