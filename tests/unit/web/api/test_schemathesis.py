"""Fuzzing of the API over HTTP from its own description: no 5xx, and answers as described."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from tests.unit.web.api.conftest import ALL_SCOPES, Api
from webapp.config.sites import Site
from webapp.web.attempt_counts import AttemptCounts
from webapp.web.limits import ApiQuota, Limits, Surface

#: More requests than a run sends.
HIGH = 10**9
#: The flow and the return URLs of a site are no part of the description, so 422 is right for many.
_CONFIG = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "409", "422"]

# A deleted onboarding stays readable: its id, and that it is erased.
[checks.use_after_free]
enabled = false

# The gateway has no data, evidence or decision of an onboarding that no user has started.
[[operations]]
include-path-regex = "/(data|decision|evidence|images|recordings|pdf|zip)"
checks.ensure_resource_availability.enabled = false
"""


def fuzz(url: str, folder: Path, examples: int, seconds: float) -> None:
    """Run schemathesis with all its checks; fail with its report.

    The report grows in a file, so that one can look at a run of hours and keep what it has found.
    """
    config, report = folder / "schemathesis.toml", folder / "report.txt"
    config.write_text(_CONFIG)
    with report.open("w") as output:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config)),
                *("run", f"{url}/openapi.json", "--url", url, "--max-examples", str(examples)),
                *("-H", f"Authorization: Bearer {ALL_SCOPES}", "--no-color"),
                *("--generation-database", "none"),
            ],
            cwd=folder,
            env={**os.environ, "NO_PROXY": "*", "PYTHONWARNINGS": "ignore"},
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            check=False,
        )
    assert done.returncode == 0, report.read_text()


class HighLimits(Limits):
    """Limits that a fuzzer does not reach: beyond them it would meet nothing but 429."""

    def api_request(self, site: Site, *, is_create: bool = False) -> ApiQuota:
        return super().api_request(site.model_copy(update={"api_rate": HIGH}), is_create=is_create)

    def failure(self, surface: Surface, client: str) -> None:
        """The fuzzer sends wrong keys to every operation, all of them from one address."""


@pytest.fixture
def url(app: Flask, url: str) -> str:
    """Return the address of an API with high limits."""
    counts = AttemptCounts(app.extensions["steps"].share_limit_counts)
    app.extensions["limits"] = HighLimits(counts, creates_per_minute=HIGH)
    return url


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
