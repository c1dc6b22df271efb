"""Fixtures: the required settings, and readers of sites.toml texts."""

from pathlib import Path

import pytest

from tests.unit.config.samples import MINIMAL
from webapp.config.settings import SettingsError
from webapp.config.sites_file import load_sites


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    sites = tmp_path / "sites.toml"
    sites.write_text(MINIMAL)
    return {
        "MOBBSCAN_GATEWAY_URL": "https://gateway.example",
        "MOBBSCAN_API_KEY": "the-key",
        "MOBBSCAN_API_SECRET": "the-api-secret",
        "PUBLIC_URL": "https://id.example",
        "SECRET_KEY": "the-signing-secret-of-thirty-two-or-more",
        "SITES_FILE": str(sites),
    }


@pytest.fixture
def load(tmp_path: Path):
    """Read the text as a sites.toml."""

    def load(text: str, environ: dict[str, str] | None = None):
        path = tmp_path / "sites.toml"
        path.write_text(text, encoding="utf-8")
        return load_sites(path, environ or {})

    return load


@pytest.fixture
def site_problems(load):
    """Return the problems of the text as a sites.toml."""

    def problems(text: str, environ: dict[str, str] | None = None) -> tuple[str, ...]:
        with pytest.raises(SettingsError) as caught:
            load(text, environ)
        return caught.value.problems

    return problems
