"""Who may import whom, and which library. The floors stand in pyproject.toml, as contracts."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# A library that a floor may use by name; everything else is for another floor.
LIBRARIES = {
    "domain": set(),
    "outbound": {"httpcore", "httpx"},
    "gateway": {"httpx", "joserfc", "pybreaker", "pydantic", "stamina"},
    "hostsite": {"httpx", "joserfc", "standardwebhooks"},
    "store": {"alembic", "cryptography", "sqlalchemy"},
    "live": {"psycopg"},
    "journey": set(),
    "web": {
        "authlib",
        "flask",
        "flask_babel",
        "flask_wtf",
        "itsdangerous",
        "markupsafe",
        "pydantic",
        "segno",
        "structlog",
        "werkzeug",
    },
    "jobs": {"dbos", "sqlalchemy", "structlog"},
    "cli": {"click", "gunicorn", "httpx", "sqlalchemy", "structlog"},
    "sandbox": {
        "PIL",
        "authlib",
        "click",
        "cryptography",
        "flask",
        "fpdf",
        "httpx",
        "joserfc",
        "oidc_provider_mock",
        "pytest",  # for the fixtures that a company's own tests load
        "werkzeug",
    },
    "configuration": {"babel", "cryptography", "joserfc", "psycopg", "sqlalchemy"},
}


def test_the_contracts_hold():
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[done.stdout.find("Contracts") :]


def test_every_package_is_on_a_floor(root):
    packages = {path.parent.name for path in (root / "webapp").glob("*/__init__.py")}
    assert packages <= LIBRARIES.keys()


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("floor", LIBRARIES)
def test_a_floor_uses_its_own_libraries_only(root, floor):
    used = {
        (path.relative_to(root).as_posix(), library)
        for path in (root / "webapp" / floor).rglob("*.py")
        for library in (name.split(".")[0] for name in imported(path))
        if library not in sys.stdlib_module_names and library not in ("webapp", "_typeshed")
    }
    assert {use for use in used if use[1] not in LIBRARIES[floor]} == set()


def test_the_job_library_is_known_in_one_place(root):
    """It may be exchanged one day (docs/decisions): then one folder changes."""
    users = {
        path.relative_to(root / "webapp").parts[0]
        for path in (root / "webapp").rglob("*.py")
        if "dbos" in {name.split(".")[0] for name in imported(path)}
    }
    assert users <= {"jobs"}
