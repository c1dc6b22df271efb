"""Test of the health check of deploy/Dockerfile, run as the image runs it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest


class _Healthy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 500)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), _Healthy)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def health_check(root: Path, port: int) -> list[str]:
    """Return the command of the image, with this interpreter and port."""
    text = (root / "deploy" / "Dockerfile").read_text("utf-8")
    found = re.search(r"HEALTHCHECK[^\[]*CMD (\[.*?\])$", text, re.S | re.M)
    assert found, "deploy/Dockerfile has no HEALTHCHECK with a JSON command"
    program, *arguments = json.loads(found[1].replace("\\\n", " "))
    assert program.endswith("/python")
    return [sys.executable, *(each.replace(":8000/", f":{port}/") for each in arguments)]


@pytest.mark.parametrize("proxy", ["", "http://127.0.0.1:1"])
def test_health_check_of_a_healthy_server_succeeds_behind_any_proxy_variable(
    root: Path, port: int, proxy: str
) -> None:
    names = ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")
    environment = {**os.environ, **(dict.fromkeys(names, proxy) if proxy else {})}
    for name in ("no_proxy", "NO_PROXY"):
        environment.pop(name, None)
    done = subprocess.run(health_check(root, port), env=environment, timeout=60, check=False)
    assert done.returncode == 0


def test_health_check_without_server_fails(root: Path) -> None:
    done = subprocess.run(health_check(root, 1), capture_output=True, timeout=60, check=False)
    assert done.returncode != 0
