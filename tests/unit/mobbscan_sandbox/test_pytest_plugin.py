"""The pytest plugin: its documented example passes, and every method is documented."""

import re
import subprocess
import sys

_BLOCK = re.compile(r"```python\n# (\S+)\n(.*?)```", re.S)


def test_example_of_the_documentation_passes(root, tmp_path):
    page = (root / "docs" / "sandbox-in-tests.md").read_text("utf-8")
    files = _BLOCK.findall(page)
    assert [name for name, _ in files] == ["conftest.py", "test_my_shop.py"]
    for name, content in files:
        (tmp_path / name).write_text(content, "utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "."],
        cwd=tmp_path,
        env={"PYTHONPATH": str(root), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "3 passed" in ran.stdout


def test_documentation_has_every_method(root):
    page = (root / "docs" / "sandbox-in-tests.md").read_text("utf-8")
    source = (root / "mobbscan_sandbox" / "pytest_plugin.py").read_text("utf-8")
    methods = set(re.findall(r"    def ([a-z]\w*)\(self", source)) - {"close"}
    assert [name for name in methods if not re.search(rf"`[^`]*\b{name}\(", page)] == []


def test_plugin_imports_nothing_of_the_product(root):
    program = (
        "import sys, mobbscan_sandbox.pytest_plugin;"
        "print(sorted(name for name in sys.modules if name.split('.')[0] == 'webapp'))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"
