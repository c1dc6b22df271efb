"""Both commands of the gateway in a box without the packages of `requirements/sandbox.txt`."""

import os
import subprocess
import sys

import pytest

from mobbscan_sandbox.demo.child_processes import CHECKOUT

BLOCK_PACKAGES = """
import sys
sys.modules.update(dict.fromkeys(["PIL", "fpdf", "oidc_provider_mock"]))
"""


@pytest.mark.parametrize("command", [["mobbscan_sandbox"], ["webapp", "sandbox"]])
def test_sandbox_command_without_its_packages_names_them_in_one_sentence(tmp_path, command):
    (tmp_path / "sitecustomize.py").write_text(BLOCK_PACKAGES)
    ran = subprocess.run(
        [sys.executable, "-m", *command, "--bind", "127.0.0.1:0"],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert ran.returncode == 1
    assert ran.stderr == (
        "The sandbox needs fpdf2, oidc-provider-mock, pillow: "
        "install them with python -m pip install -r requirements/sandbox.txt\n"
    )


def test_sandbox_alias_without_the_sandbox_says_so_in_one_sentence(tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['mobbscan_sandbox'] = None")
    ran = subprocess.run(
        [sys.executable, "-m", "webapp", "sandbox"],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("Error: The sandbox is not part of this installation")
    assert len(ran.stderr.splitlines()) == 1
