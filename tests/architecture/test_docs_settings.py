"""Tests that docs/settings.md has the names and defaults of the code."""

import re
import tomllib
from pathlib import Path

import pytest

from webapp.config.setting_fields import SETTINGS
from webapp.config.sites import Flow, Site
from webapp.config.sites_file import load_sites


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
    assert sorted(rows(settings)) == sorted(SETTINGS)


def test_the_required_settings_are_those_under_that_heading(settings_page):
    required = {name for name, field in SETTINGS.items() if field.is_required()}
    assert rows(chapter(settings_page, "Required")).keys() == required


@pytest.mark.parametrize(
    ("name", "default"),
    [
        (name, field.default)
        for name, field in SETTINGS.items()
        if isinstance(field.default, str) and field.default
    ],
)
def test_default_of_a_setting_is_the_documented_one(settings_page, name, default):
    assert rows(settings_page)[name] == f"`{default}`"


@pytest.mark.parametrize(("heading", "model"), [("Keys of a site", Site), ("Keys of a flow", Flow)])
def test_keys_of_sites_toml_are_the_documented_ones(settings_page, heading, model):
    keys = {name for name, field in model.model_fields.items() if not field.alias}
    assert rows(chapter(settings_page, heading)).keys() == keys - {"flows"}


@pytest.mark.parametrize(("heading", "model"), [("Keys of a site", Site), ("Keys of a flow", Flow)])
def test_default_of_a_key_is_the_documented_one(settings_page, heading, model):
    documented = rows(chapter(settings_page, heading))
    words = {"None": ("none", "any", "never"), "False": ("`false`",), "()": ("`[]`",)}
    for name, field in model.model_fields.items():
        if name not in documented or field.is_required():
            continue
        said, default = documented[name], field.default
        if isinstance(default, tuple) and default:
            assert tomllib.loads(f"x = {said.strip('`')}")["x"] == list(default)
        elif isinstance(default, str | int | tuple | None):
            assert said in words.get(repr(default), (f"`{default}`",)), name


def test_the_example_on_the_page_is_accepted(settings_page, tmp_path):
    (tmp_path / "sites.toml").write_text(re.findall(r"```toml\n(.*?)```", settings_page, re.S)[0])
    sites = load_sites(tmp_path / "sites.toml", {"SHOP_HANDOFF_KEY": "x" * 32})
    assert sites["shop"].flows["default"].consent_version == "2026-01"
