"""Check that the packages of `requirements/sandbox.txt` are installed."""

import sys
from importlib.util import find_spec

_PACKAGES = {
    "cryptography": "cryptography",
    "flask": "flask",
    "fpdf": "fpdf2",
    "httpx": "httpx",
    "joserfc": "joserfc",
    "oidc_provider_mock": "oidc-provider-mock",
    "PIL": "pillow",
    "standardwebhooks": "standardwebhooks",
}
"""Module names and the packages that provide them."""


def exit_if_packages_are_missing() -> None:
    """End the program with one sentence when a package is missing."""
    missing = [package for module, package in _PACKAGES.items() if find_spec(module) is None]
    if missing:
        sys.exit(
            f"The sandbox needs {', '.join(missing)}: "
            "install them with python -m pip install -r requirements/sandbox.txt"
        )
