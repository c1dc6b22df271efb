"""Tests of the command line as a whole: its version and the alias of the sandbox."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from webapp.cli.main import main


def test_version_option_prints_the_version_of_pyproject(root: Path):
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    printed = CliRunner().invoke(main, ["--version"])
    assert printed.exit_code == 0
    assert printed.output == f"mobbscan-embed, version {project['version']}\n"


@pytest.mark.parametrize("group", [[], ["onboardings"], ["notices"], ["database"]])
def test_help_shows_every_summary_whole(group: list[str]):
    printed = CliRunner().invoke(main, [*group, "--help"], terminal_width=80)
    assert printed.exit_code == 0
    summaries = printed.output.partition("Commands:\n")[2].splitlines()
    assert summaries
    assert [line for line in summaries if line.endswith("...")] == []


def test_sandbox_without_its_package_says_in_one_sentence_what_is_missing(
    root: Path, tmp_path: Path
):
    (tmp_path / "webapp").symlink_to(root / "webapp")  # the image has no mobbscan_sandbox either
    done = subprocess.run(
        [sys.executable, "-m", "webapp", "sandbox", "--help"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: the package mobbscan_sandbox is missing here")
    assert done.stderr.count("\n") == 1


def test_sandbox_passes_its_arguments_on(root: Path):
    done = subprocess.run(
        [sys.executable, "-m", "webapp", "sandbox", "--help"],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    assert "--api-key" in done.stdout
