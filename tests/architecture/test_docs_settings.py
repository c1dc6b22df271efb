"""docs/settings.md says what the code does: the same names, the same defaults."""

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
    """First and second cell of each row of the section's tables."""
    found = re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", section, re.M)
    names = [name for name, _ in found]
    assert len(set(names)) == len(names), "a name has two rows"
    return dict(found)


def chapter(text: str, heading: str) -> str:
    after = text.split(f"# {heading}\n", 1)[1]
    return re.split(r"^##+ ", after, flags=re.M)[0]


def test_every_setting_has_its_row_and_nothing_else_has(settings_page):
    settings = settings_page.split("## sites.toml")[0]
    assert sorted(rows(settings)) == sorted(setting.name for setting in SETTINGS)


def test_the_required_settings_are_those_under_that_heading(settings_page):
    required = {setting.name for setting in SETTINGS if setting.required}
    assert rows(chapter(settings_page, "Required")).keys() == required


@pytest.mark.parametrize("setting", [s for s in SETTINGS if s.default], ids=lambda s: s.name)
def test_a_settings_default_is_the_documented_one(settings_page, setting):
    assert rows(settings_page)[setting.name] == f"`{setting.default}`"


@pytest.mark.parametrize(
    ("heading", "checks"), [("Keys of a site", site_checks({})), ("Keys of a flow", flow_checks())]
)
def test_every_key_of_sites_toml_has_its_row(settings_page, heading, checks):
    documented = rows(chapter(settings_page, heading))
    assert documented.keys() == checks.keys() - {"flows"}


@pytest.mark.parametrize(("heading", "kind"), [("Keys of a site", Site), ("Keys of a flow", Flow)])
def test_a_keys_default_is_the_documented_one(settings_page, heading, kind):
    documented = rows(chapter(settings_page, heading))
    words = {None: ("none", "any", "never"), False: ("`false`",), (): ("`[]`",)}
    for each in fields(kind):
        default = each.default
        if each.name not in documented or default is MISSING:
            continue
        said = documented[each.name]
        if isinstance(default, tuple) and default:
            assert tomllib.loads(f"x = {said.strip('`')}")["x"] == list(default)
        else:
            assert said in words.get(default, (f"`{default}`",)), each.name


def test_the_example_on_the_page_is_accepted(settings_page, tmp_path):
    (tmp_path / "sites.toml").write_text(re.findall(r"```toml\n(.*?)```", settings_page, re.S)[0])
    sites = load_sites(tmp_path / "sites.toml", {"SHOP_HANDOFF_KEY": "x" * 32})
    assert sites["shop"].flows["default"].consent_version == "2026-01"
