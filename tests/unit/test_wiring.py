"""The composition root takes `livemode` from LIVE_MODE, or from the gateway's URL."""

from pathlib import Path

import pytest

from tests.unit.cli.installation import Installation


@pytest.mark.parametrize(
    ("gateway_url", "live"),
    [
        ("http://localhost:8001", False),
        ("http://127.0.0.1:8001", False),
        ("http://127.1.2.3:8001", False),
        ("http://[::1]:8001", False),
        ("https://gateway.example", True),
        ("https://127.gateway.example", True),
        ("https://localhost.gateway.example", True),
    ],
)
def test_livemode_is_false_only_for_a_gateway_on_loopback(
    tmp_path: Path, gateway_url: str, live: bool
):
    with Installation(tmp_path, gateway_url).parts() as parts:
        assert parts.steps.livemode is live


@pytest.mark.parametrize(
    ("gateway_url", "setting", "live"),
    [
        ("http://localhost:8001", "true", True),
        ("https://gateway.example", "false", False),
        ("https://gateway.example", "", True),
    ],
)
def test_live_mode_decides_livemode_whatever_the_gateway(
    tmp_path: Path, gateway_url: str, setting: str, live: bool
):
    installation = Installation(tmp_path, gateway_url)
    installation.environ["LIVE_MODE"] = setting
    with installation.parts() as parts:
        assert parts.steps.livemode is live
