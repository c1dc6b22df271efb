"""Tests of `doctor`: LIVE_MODE and the gateway's address."""

from pathlib import Path

import pytest

from tests.unit.cli.installation import Installation
from webapp.cli.doctor import live_mode


@pytest.mark.parametrize(
    ("gateway_url", "setting", "warning"),
    [
        ("http://127.0.0.1:8001", "", ""),
        ("http://127.0.0.1:8001", "false", ""),
        ("http://127.0.0.1:8001", "true", "host sites take invented results for real ones"),
        ("https://gateway.example", "", ""),
        ("https://gateway.example", "true", ""),
        ("https://gateway.example", "false", "pages say TEST"),
    ],
)
def test_findings_warn_when_live_mode_contradicts_the_gateway(
    tmp_path: Path, gateway_url: str, setting: str, warning: str
) -> None:
    installation = Installation(tmp_path, gateway_url, LIVE_MODE=setting)
    found = [str(each) for each in live_mode.findings(installation.settings)]
    assert len(found) == bool(warning)
    assert all(warning in each for each in found)
