"""Checks of requirements/*.txt: pinned with hashes, no host names, in step with pyproject.toml."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

LISTS = ("core", "sandbox", "dev")


def text(root: Path, name: str) -> str:
    return (root / "requirements" / f"{name}.txt").read_text("utf-8")


def entries(root: Path, name: str) -> dict[str, str]:
    """Return the lines of each requirement, by its name."""
    joined = text(root, name).replace("\\\n", " ").splitlines()
    return {re.split(r"[=\[ ]", line)[0]: line for line in joined if line.strip()}


def pins(root: Path, name: str) -> set[str]:
    return {line.split("--hash")[0].strip() for line in entries(root, name).values()}


@pytest.mark.parametrize("name", LISTS)
def test_list_contains_no_host_and_no_option_but_hash(root, name):
    assert "://" not in text(root, name)
    assert set(re.findall(r"--[a-z-]+", text(root, name))) == {"--hash"}
    assert not re.search(r"^\s*-[a-z]", text(root, name), re.M)


@pytest.mark.parametrize("name", LISTS)
def test_each_requirement_is_pinned_with_hashes(root, name):
    for line in entries(root, name).values():
        assert re.match(r"[a-z0-9-]+==[^ ]+( ; .+?)?( +--hash=sha256:[0-9a-f]{64})+$", line), line


@pytest.mark.parametrize(("smaller", "larger"), [("core", "sandbox"), ("sandbox", "dev")])
def test_larger_list_contains_the_smaller_one(root, smaller, larger):
    assert pins(root, smaller) <= pins(root, larger)


def declared(root: Path) -> dict[str, list[str]]:
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    return {
        "core": project["project"]["dependencies"],
        "sandbox": project["project"]["optional-dependencies"]["sandbox"],
        "dev": project["dependency-groups"]["dev"],
    }


@pytest.mark.parametrize("name", LISTS)
def test_list_satisfies_pyproject(root, name):
    found = entries(root, name)
    for line in declared(root)[name]:
        wanted = Requirement(line)
        version = found[wanted.name.lower()].split("==")[1].split()[0]
        assert wanted.specifier.contains(version), f"{line}: run make lock"


def test_core_list_contains_no_development_tool(root):
    tools = {Requirement(line).name for line in declared(root)["dev"]}
    assert not tools & entries(root, "core").keys()
