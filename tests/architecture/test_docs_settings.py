"""Checks that docs/settings.md lists the names and defaults of the code."""

import re
import tomllib
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from webapp.config.site_tables import flow_checks, site_checks
from webapp.config.sites import Flow, Site, load_sites
from webapp.config.table import SETTINGS


@pytest.fixture(scope="module")
def settings_page(root: Path) -> str:
    return (root / "docs" / "settings.md").read_text("utf-8")


def rows(section: str) -> dict[str, str]:
    """Return the first two cells of each table row of a section."""
    found = re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", section, re.M)
    names = [name for name, _ in found]
    assert len(set(names)) == len(names), "a name has several rows"
    return dict(found)


def section_of(text: str, heading: str) -> str:
    after = text.split(f"# {heading}\n", 1)[1]
    return re.split(r"^##+ ", after, flags=re.M)[0]


def test_settings_page_lists_exactly_the_settings(settings_page):
    settings = settings_page.split("## sites.toml")[0]
    assert sorted(rows(settings)) == sorted(setting.name for setting in SETTINGS)


def test_required_section_lists_exactly_the_required_settings(settings_page):
    required = {setting.name for setting in SETTINGS if setting.required}
    assert rows(section_of(settings_page, "Required")).keys() == required


@pytest.mark.parametrize("setting", [s for s in SETTINGS if s.default], ids=lambda s: s.name)
def test_documented_default_of_a_setting_matches_the_code(settings_page, setting):
    assert rows(settings_page)[setting.name] == f"`{setting.default}`"


@pytest.mark.parametrize(
    ("heading", "checks"), [("Keys of a site", site_checks({})), ("Keys of a flow", flow_checks())]
)
def test_settings_page_lists_exactly_the_keys_of_sites_toml(settings_page, heading, checks):
    documented = rows(section_of(settings_page, heading))
    assert documented.keys() == checks.keys() - {"flows"}


@pytest.mark.parametrize(("heading", "kind"), [("Keys of a site", Site), ("Keys of a flow", Flow)])
def test_documented_default_of_a_key_matches_the_code(settings_page, heading, kind):
    documented = rows(section_of(settings_page, heading))
    words = {None: ("none", "any", "never"), False: ("`false`",), (): ("`[]`",)}
    for each in fields(kind):
        default = each.default
        if each.name not in documented or default is MISSING:
            continue
        documented_default = documented[each.name]
        if isinstance(default, tuple) and default:
            assert tomllib.loads(f"x = {documented_default.strip('`')}")["x"] == list(default)
        else:
            assert documented_default in words.get(default, (f"`{default}`",)), each.name


def test_example_sites_toml_loads(settings_page, tmp_path):
    (tmp_path / "sites.toml").write_text(re.findall(r"```toml\n(.*?)```", settings_page, re.S)[0])
    sites = load_sites(tmp_path / "sites.toml", {"SHOP_HANDOFF_KEY": "x" * 32})
    assert sites["shop"].flows["default"].consent_version == "2026-01"
