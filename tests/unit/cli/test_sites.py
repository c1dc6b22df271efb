"""`sites show`: settings of sites without secrets, and reports of the element."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.cli.conftest import Run
from tests.unit.cli.installation import Installation
from webapp.domain.element_reports import Display, ElementCode

SECRET = "another secret of at least 32 bytes, only for tests"
OTHER_SITE = f"""
[sites.bank]
name = "Example Bank"
origins = ["https://bank.example", "https://www.bank.example"]
handoff_keys = ["{SECRET}"]
api_keys = ["sha256:{"0" * 64}"]
webhook_url = "https://bank.example/hooks?key=the-secret"
webhook_secrets = ["whsec_{"YWFh" * 11}"]

[sites.bank.flows.default]
[sites.bank.flows.loan]
mode = "redirect"
"""


@pytest.fixture
def two_sites(ready: Installation) -> Installation:
    with (ready.folder / "sites.toml").open("a") as sites:
        sites.write(OTHER_SITE)
    return ready


def report(installed: Installation, code: ElementCode, days: int = 0) -> None:
    with installed.parts() as parts, parts.database.writing() as work:
        at = datetime.now(UTC) - timedelta(days=days)
        work.element_reports.add("bank", code, Display.MODAL, at)


def test_sites_show_prints_reports_with_what_to_do(two_sites: Installation, run: Run) -> None:
    report(two_sites, ElementCode.FRAME_BLOCKED_BY_CSP)
    report(two_sites, ElementCode.FRAME_BLOCKED_BY_CSP, days=1)
    report(two_sites, ElementCode.INSECURE_CONTEXT, days=40)
    result = run("sites", "show")
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[0] == "shop  Example Shop"
    assert "  origins  none: no page can embed the element" in lines
    assert "  reports  none in 30 days" in lines
    bank = lines[lines.index("bank  Example Bank") :]
    assert bank[1:5] == [
        "  origins  https://bank.example https://www.bank.example",
        "  admits   hand-off, api",
        "  flows    default (iframe), loan (redirect)",
        "  embed    http://localhost:8000/embed/bank",
    ]
    (reported,) = bank[5:]
    assert reported.split()[:5] == ["reports", "frame_blocked_by_csp", "modal", "2", "x"]
    assert "doctor embed" in reported


def test_sites_show_one_as_json(two_sites: Installation, run: Run) -> None:
    report(two_sites, ElementCode.TOKEN_FAILED)
    (site,) = json.loads(run("sites", "show", "bank", "--json").output)
    (reported,) = site.pop("reports")
    assert site == {
        "site": "bank",
        "name": "Example Bank",
        "origins": ["https://bank.example", "https://www.bank.example"],
        "locales": ["en"],
        "admits": ["hand-off", "api"],
        "flows": {"default": "iframe", "loan": "redirect"},
        "embed": "http://localhost:8000/embed/bank",
    }
    counted = [reported[name] for name in ("code", "display", "count")]
    assert counted == ["token_failed", "modal", 1]
    assert datetime.fromisoformat(reported["last_at"]).tzinfo is not None
    assert reported["fix"]


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_sites_show_prints_no_secret(
    two_sites: Installation, run: Run, arguments: list[str]
) -> None:
    output = run("sites", "show", *arguments).output
    assert "Example Bank" in output
    for secret in (SECRET, "0" * 16, "the-secret", "whsec_", "thirty-two"):
        assert secret not in output


def test_sites_show_unknown_site_names_the_known_ones(two_sites: Installation, run: Run) -> None:
    result = run("sites", "show", "other")
    assert result.exit_code == 1
    assert "no site other; sites.toml has shop, bank" in result.output


def test_sites_show_says_what_to_do_about_each_code(two_sites: Installation, run: Run) -> None:
    for code in ElementCode:
        report(two_sites, code)
    (site,) = json.loads(run("sites", "show", "bank", "--json").output)
    assert {each["code"] for each in site["reports"]} == set(ElementCode)
    assert all(each["fix"] for each in site["reports"])
