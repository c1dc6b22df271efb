"""The house keeps its shape: names mirror each other, files stay small, nothing leaks in."""

import ast
import re
from pathlib import Path

import pytest

# Lines. Tests may be longer: they are lists of sentences.
LONGEST = {"webapp": 300, "templates": 300, "static": 300, "tests": 400}
# Read as one from top to bottom, and better so; each with how long it may become.
LONGER = {"webapp/web/page_texts.py": 400, "static/base.css": 400}


def relative(root: Path, paths) -> list[str]:
    return [path.relative_to(root).as_posix() for path in paths]


def folders(path: Path) -> set[str]:
    return {each.name for each in path.iterdir() if each.is_dir() and each.name != "__pycache__"}


@pytest.mark.parametrize("kind", ["templates", "static"])
def test_pages_and_their_files_carry_the_names_of_the_webs_sections(root, kind):
    sections = {path.stem for path in (root / "webapp" / "web").iterdir()}
    # The browser's half of a package of ours may carry that package's name.
    packages = folders(root / "webapp")
    assert folders(root / kind) <= sections | packages


def test_unit_tests_lie_where_their_subject_lies(root):
    assert folders(root / "tests" / "unit") - {"support"} <= folders(root / "webapp")


def test_no_file_grows_long(root, files):
    long = []
    for path in files(".py", ".js", ".css", ".html"):
        name = path.relative_to(root).as_posix()
        longest = LONGER.get(name, LONGEST.get(name.split("/")[0], 300))
        if "versions" not in path.parts and path.read_text("utf-8").count("\n") > longest:
            long.append(name)
    assert long == []


def test_the_environment_is_read_by_the_settings_alone(root):
    readers = {
        "webapp/config/settings.py",
        "webapp/config/sites.py",
        "webapp/cli/serve.py",  # takes an empty number from gunicorn, which reads it by itself
        "webapp/observability/multiprocess.py",  # sets the metrics library's folder
        "mobbscan_sandbox/demo/programs.py",  # hands its children what every program needs
    }
    touching = [
        path
        for path in (root / "webapp").rglob("*.py")
        if re.search(r"\bos\.(environ|getenv|putenv)|from os import .*environ", path.read_text())
    ]
    assert set(relative(root, touching)) <= readers


def test_init_files_hold_names_and_nothing_that_lives(root):
    """Live objects in them are how circles of imports begin."""
    for path in (root / "webapp").rglob("__init__.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            names = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
            imports = isinstance(node, ast.Import | ast.ImportFrom)
            assert docstring or names or imports, f"{path}:{node.lineno}"


# Written in two pieces each, so that this file does not name what it looks for.
FOREIGN = [
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


def test_no_file_names_a_package_host_or_a_machines_folder(root, files):
    found = []
    for path in files():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue  # a picture, or a compiled catalogue
        found += [(path.relative_to(root).as_posix(), word) for word in FOREIGN if word in text]
    assert found == []
