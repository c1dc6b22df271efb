"""Checks of the source tree: folder names, file lengths, environment access, host names."""

import ast
import re
from pathlib import Path

import pytest

# Lines per file, by top folder.
MAX_LINES = {"webapp": 300, "templates": 300, "static": 300, "tests": 400}
# Files that are easier to read undivided, each with its own limit.
MAX_LINES_OF_FILE = {
    "static/base.css": 400,
    "static/embed-v1.js": 700,  # one file, so that host sites can state its `integrity`
}


def relative(root: Path, paths) -> list[str]:
    return [path.relative_to(root).as_posix() for path in paths]


def folders(path: Path) -> set[str]:
    return {each.name for each in path.iterdir() if each.is_dir() and each.name != "__pycache__"}


@pytest.mark.parametrize("kind", ["templates", "static"])
def test_template_and_static_folders_match_web_sections(root, kind):
    sections = {path.stem for path in (root / "webapp" / "web").iterdir()}
    # Browser code of another package uses that package's name.
    packages = folders(root / "webapp")
    assert folders(root / kind) <= sections | packages


def test_unit_test_folders_match_packages(root):
    packages = folders(root / "webapp") | {"mobbscan_sandbox", "support"}
    assert folders(root / "tests" / "unit") <= packages


def test_source_files_stay_below_their_line_limit(root, files):
    too_long = []
    for path in files(".py", ".js", ".css", ".html"):
        name = path.relative_to(root).as_posix()
        limit = MAX_LINES_OF_FILE.get(name, MAX_LINES.get(name.split("/")[0], 300))
        if "versions" not in path.parts and path.read_text("utf-8").count("\n") > limit:
            too_long.append(name)
    assert too_long == []


def test_environment_is_accessed_only_by_listed_modules(root):
    readers = {
        "webapp/config/settings.py",
        "webapp/config/current.py",
        "webapp/cli/serve.py",  # removes an empty number that gunicorn would read
        "webapp/observability/multiprocess.py",  # sets the folder of the metrics library
    }
    accessing = [
        path
        for path in (root / "webapp").rglob("*.py")
        if re.search(r"\bos\.(environ|getenv|putenv)|from os import .*environ", path.read_text())
    ]
    assert set(relative(root, accessing)) <= readers


def test_init_files_contain_only_imports_and_names(root):
    """Objects created in `__init__.py` lead to import circles."""
    for path in (root / "webapp").rglob("__init__.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            names = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in (
                "__all__",
                "__version__",
            )
            imports = isinstance(node, ast.Import | ast.ImportFrom)
            assert docstring or names or imports, f"{path}:{node.lineno}"


# Each is split in two, so that this file does not contain it.
FORBIDDEN_TEXTS = [
    first + second
    for first, second in [
        ("/wo", "rk/"),
        ("/fa", "rm/"),
        ("../sha", "red"),
        ("pypi", ".org"),
        ("python", "hosted"),
        ("registry", ".npmjs"),
        ("deb", ".debian"),
    ]
]


def test_files_name_no_package_host_and_no_local_folder(root, files):
    found = []
    for path in files():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue  # an image or a compiled catalogue
        found += [
            (path.relative_to(root).as_posix(), word) for word in FORBIDDEN_TEXTS if word in text
        ]
    assert found == []
