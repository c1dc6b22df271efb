"""The TypeScript compiler checks the element, the frame's side of its protocol, and their types."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.node_packages import node_packages

pytestmark = pytest.mark.needs("node", "npm")

OPTIONS = [
    "--noEmit",
    "--strict",
    "--noUnusedLocals",
    "--allowJs",
    "--checkJs",
    "--moduleDetection",
    "force",
    "--target",
    "es2022",
    "--module",
    "esnext",
    "--moduleResolution",
    "bundler",
    "--lib",
    "es2023,dom,dom.iterable",
]

RIGHT = """
import type { ErrorCode } from "STATIC/embed-v1.js";
const element = document.createElement("mobbscan-onboarding");
element.fetchToken = async () => "token";
element.addEventListener("status", ({ detail }) => {
  const result: string | null = detail.result;
  if (detail.status === "verified" && detail.final) console.log(result);
});
element.addEventListener("error", (event) => {
  const code: ErrorCode = event.detail.code;
  if (code === "frame_silent" && event.detail.retry) event.preventDefault();
});
element.addEventListener("click", (event) => event.preventDefault());
element.addEventListener("closed", ({ detail }) => console.log(detail.reason));
element.open();
element.close();
element.destroy();
"""
WRONG = {
    "fetchToken that returns a number": "element.fetchToken = async () => 7;",
    "unknown field": "element.addEventListener('status', ({ detail }) => detail.verdict);",
    "unknown method": "element.start();",
}


def compile_files(root: Path, *files: Path) -> str:
    """Return the errors that the compiler finds."""
    compiler = node_packages(root) / ".bin" / "tsc"
    command = [str(compiler), *OPTIONS, *map(str, files)]
    ran = subprocess.run(
        command, cwd=root, capture_output=True, text=True, timeout=120, check=False
    )
    return ran.stdout + ran.stderr


def test_element_and_protocol_pass_the_compiler(root: Path) -> None:
    static = root / "static"
    files = [static / name for name in ("embed-v1.js", "embed-v1.d.ts", "embed/port.js")]
    assert compile_files(root, *files) == ""


def test_types_serve_a_typescript_page(root: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.ts"
    page.write_text(RIGHT.replace("STATIC", str(root / "static")))
    assert compile_files(root, page) == ""


def test_types_refuse_mistakes(root: Path, tmp_path: Path) -> None:
    for number, line in enumerate(WRONG.values()):
        page = tmp_path / f"wrong{number}.ts"
        page.write_text(RIGHT.replace("STATIC", str(root / "static")) + line)
    errors = compile_files(root, *sorted(tmp_path.glob("wrong*.ts")))
    for number, what in enumerate(WRONG):
        assert f"wrong{number}.ts" in errors, what
