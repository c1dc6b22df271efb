"""Fuzzing of the API over HTTP from its own description: no 5xx, and answers as described."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.web.api.conftest import SHOP, Api

#: The flow and the return URLs of a site are no part of the description, so 422 is right for many.
_CONFIG = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "409", "422"]
"""


def fuzz(url: str, folder: Path, examples: int, seconds: float) -> None:
    """Run schemathesis with all its checks; fail with its report."""
    config = folder / "schemathesis.toml"
    config.write_text(_CONFIG)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config)),
            *("run", f"{url}/openapi.json", "--url", url, "--max-examples", str(examples)),
            *("-H", f"Authorization: Bearer {SHOP}", "--no-color", "--generation-database", "none"),
        ],
        cwd=folder,
        env={**os.environ, "NO_PROXY": "*", "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.timeout(600)
def test_api_keeps_its_description(api: Api, url: str, tmp_path: Path) -> None:
    for subject in ("ada", "ben"):
        api.create(subject)
    api.number_changes()
    fuzz(url, tmp_path, examples=5, seconds=580)


@pytest.mark.nightly
@pytest.mark.timeout(8 * 3600)
def test_api_keeps_its_description_with_10000_examples(url: str, tmp_path: Path) -> None:
    fuzz(url, tmp_path, examples=10_000, seconds=8 * 3600)
