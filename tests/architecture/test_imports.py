"""Checks of import contracts (pyproject.toml) and of the libraries that each package imports."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# The libraries that each package may import directly.
LIBRARIES = {
    "basics": set(),
    "domain": set(),
    "http_transport": {"httpcore", "httpx"},
    "gateway": {"httpx", "joserfc", "pydantic", "stamina"},
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
    "cli": {"click", "http_sf", "httpx", "sqlalchemy", "structlog"},
    "server": {"gunicorn", "structlog"},
    "observability": {"prometheus_client", "structlog"},
    "mobbscan_sandbox": {
        "PIL",
        "standardwebhooks",
        "authlib",
        "click",
        "cryptography",
        "flask",
        "fpdf",
        "httpx",
        "joserfc",
        "oidc_provider_mock",
        "pytest",  # for the fixtures of the pytest plugin
        "werkzeug",
    },
    "config": {
        "babel",
        "cryptography",
        "joserfc",
        "psycopg",
        "pydantic",
        "pydantic_core",
        "sqlalchemy",
    },
}


def test_import_contracts_hold():
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[done.stdout.find("Contracts") :]


def test_each_package_has_a_library_list(root):
    packages = {path.parent.name for path in (root / "webapp").glob("*/__init__.py")}
    assert packages <= LIBRARIES.keys()


def folder_of(root: Path, package: str) -> Path:
    return root / package if package == "mobbscan_sandbox" else root / "webapp" / package


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("package", LIBRARIES)
def test_package_imports_only_its_listed_libraries(root, package):
    used = {
        (path.relative_to(root).as_posix(), library)
        for path in folder_of(root, package).rglob("*.py")
        for library in (name.split(".")[0] for name in imported(path))
        if library not in sys.stdlib_module_names
        and library not in ("webapp", "mobbscan_sandbox", "_typeshed")
    }
    assert {use for use in used if use[1] not in LIBRARIES[package]} == set()


def test_job_library_is_imported_only_by_jobs(root):
    """Replacing the library (docs/decisions) then changes one package."""
    users = {
        path.relative_to(root / "webapp").parts[0]
        for path in (root / "webapp").rglob("*.py")
        if "dbos" in {name.split(".")[0] for name in imported(path)}
    }
    assert users <= {"jobs"}
