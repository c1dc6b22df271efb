"""The example of docs/sandbox-in-tests.md, run as it stands there, by a pytest of its own."""

import re
import subprocess
import sys
from pathlib import Path

_BLOCK = re.compile(r"```python\n# (\S+)\n(.*?)```", re.S)


def test_the_example_of_the_documentation_runs(root: Path, tmp_path: Path) -> None:
    page = (root / "docs" / "sandbox-in-tests.md").read_text("utf-8")
    files = _BLOCK.findall(page)
    assert [name for name, _ in files] == ["conftest.py", "test_my_shop.py"]
    for name, content in files:
        (tmp_path / name).write_text(content, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "."],
        cwd=tmp_path,
        env={"PYTHONPATH": str(root), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


def test_every_method_is_in_the_documentation(root: Path) -> None:
    page = (root / "docs" / "sandbox-in-tests.md").read_text("utf-8")
    source = (root / "mobbscan_sandbox" / "pytest_plugin.py").read_text("utf-8")
    methods = set(re.findall(r"    def ([a-z]\w*)\(self", source)) - {"close"}
    assert [name for name in methods if not re.search(rf"`[^`]*\b{name}\(", page)] == []


def test_it_loads_nothing_of_the_server(root: Path) -> None:
    program = (
        "import sys, mobbscan_sandbox.pytest_plugin;"
        "print(sorted(name for name in sys.modules if name.split('.')[0] == 'webapp'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
