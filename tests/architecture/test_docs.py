"""Checks of the documentation: links, decision records, table descriptions."""

import re
from pathlib import Path

import pytest

from webapp.store.schema import metadata


def pages(root: Path) -> list[Path]:
    return [*root.glob("*.md"), *(root / "docs").rglob("*.md")]


def test_relative_links_point_to_existing_files(root):
    broken = [
        f"{page.relative_to(root)}: {target}"
        for page in pages(root)
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert broken == []


def test_decisions_are_listed_and_have_unique_numbers(root):
    listed = (root / "docs" / "README.md").read_text("utf-8")
    decisions = sorted((root / "docs" / "decisions").glob("*.md"))
    numbers = [page.name[:4] for page in decisions]
    assert all(number.isdigit() for number in numbers)
    assert len(set(numbers)) == len(numbers)
    assert all(page.name in listed for page in decisions)


@pytest.mark.parametrize("heading", ["## Context", "## Decision", "## Consequences"])
def test_each_decision_has_the_heading(root, heading):
    for page in (root / "docs" / "decisions").glob("*.md"):
        assert heading in page.read_text("utf-8"), page.name


def test_each_database_table_is_documented(root):
    page = (root / "docs" / "architecture.md").read_text("utf-8")
    assert [name for name in metadata.tables if f"| `{name}` |" not in page] == []


def test_anchors_of_links_exist(root):
    broken = []
    for page in pages(root):
        for target in re.findall(r"\]\(([^):\s]*#[^)]+)\)", page.read_text("utf-8")):
            file, _, anchor = target.partition("#")
            other = (page.parent / file) if file else page
            if anchor not in anchors(other.read_text("utf-8")):
                broken.append(f"{page.relative_to(root)}: {target}")
    assert broken == []


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    text = re.sub(r"^ *```.*?^ *```$", "", text, flags=re.M | re.S)
    headings = re.findall(r"^#+ (.+)$", text, re.M)
    plain = (re.sub(r"[^\w\- ]", "", each.lower()) for each in headings)
    return {each.replace(" ", "-") for each in plain}
