"""Installs the npm packages of tests/support/node once per version of its lock file."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

_LISTS = Path(__file__).parent / "node"
_FILES = ("package.json", "package-lock.json")


def node_packages(root: Path) -> Path:
    """Return the `node_modules` folder below `root`; skip the test where npm cannot install it.

    With REQUIRE_ALL=1 the test fails instead.
    """
    digest = hashlib.sha256((_LISTS / "package-lock.json").read_bytes()).hexdigest()[:12]
    folder = root / ".node-packages" / digest
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            _install(folder)
            (folder / "complete").touch()
    return folder / "node_modules"


def _install(folder: Path) -> None:
    for name in _FILES:
        shutil.copy(_LISTS / name, folder / name)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    ran = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    if ran.returncode:
        problem = f"npm could not install the packages of tests/support/node: {ran.stderr[-500:]}"
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail(problem, pytrace=False)
        pytest.skip(problem)
