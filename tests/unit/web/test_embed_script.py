"""The addresses of the element's script and types, which pages of other origins load."""

from __future__ import annotations

import base64
import gzip
import hashlib
import os
import subprocess
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from webapp.web import static_files
from webapp.web.embed_script import script_hash, script_integrity

JAVASCRIPT = "text/javascript; charset=utf-8"
MAX_GZIP_BYTES = 8_000


@pytest.fixture
def folder(root: Path) -> Path:
    return root / "static"


@pytest.mark.parametrize(
    ("name", "content_type"),
    [("embed-v1.js", JAVASCRIPT), ("embed-v1.d.ts", "text/plain; charset=utf-8")],
)
def test_element_files_are_open_to_every_origin(
    anonymous: FlaskClient, name: str, content_type: str
) -> None:
    response = anonymous.get(f"/static/{name}", buffered=True)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == content_type
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" not in response.headers["Cache-Control"]
    assert "Set-Cookie" not in response.headers


def test_element_script_unchanged_answers_304(anonymous: FlaskClient) -> None:
    first = anonymous.get("/static/embed-v1.js", buffered=True)
    headers = {"If-None-Match": first.headers["ETag"]}
    assert anonymous.get("/static/embed-v1.js", headers=headers, buffered=True).status_code == 304


@pytest.mark.parametrize("name", ["embed-v1.js", "embed-v1.d.ts", "embed/session.js"])
def test_element_file_of_same_size_and_time_but_other_content_is_sent_again(
    app: Flask, anonymous: FlaskClient, folder: Path, tmp_path: Path, name: str
) -> None:
    """Reproducible images give all files the same time."""
    copy = tmp_path / "static" / name
    copy.parent.mkdir(parents=True)
    app.static_folder = str(tmp_path / "static")
    content = (folder / name).read_bytes()
    old = _answer_with(anonymous, copy, content)
    new = _answer_with(anonymous, copy, b" " + content[1:], etag=old.headers["ETag"])
    assert (old.status_code, new.status_code) == (200, 200)
    assert new.headers["ETag"] != old.headers["ETag"]


def _answer_with(client: FlaskClient, file: Path, content: bytes, etag: str = "") -> TestResponse:
    file.write_bytes(content)
    os.utime(file, (1, 1))
    static_files._hash.cache_clear()  # another process
    path = file.as_posix().partition("/static/")[2]
    return client.get(f"/static/{path}", headers={"If-None-Match": etag}, buffered=True)


def test_element_script_at_its_hash_is_immutable(anonymous: FlaskClient, folder: Path) -> None:
    response = anonymous.get(f"/static/embed-v1.{script_hash(folder)}.js", buffered=True)
    assert response.data == (folder / "embed-v1.js").read_bytes()
    assert response.headers["Content-Type"] == JAVASCRIPT
    assert "immutable" in response.headers["Cache-Control"]
    assert response.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("version", ["000000000000", "", "x", "..%2fbase"])
def test_element_script_at_another_hash_is_not_found(anonymous: FlaskClient, version: str) -> None:
    assert anonymous.get(f"/static/embed-v1.{version}.js").status_code == 404


def test_other_static_files_are_not_open_to_other_origins(anonymous: FlaskClient) -> None:
    headers = anonymous.get("/static/embed/port.js", buffered=True).headers
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in headers


def test_script_integrity_is_the_sha256_in_base64(folder: Path) -> None:
    digest = hashlib.sha256((folder / "embed-v1.js").read_bytes()).digest()
    assert script_integrity(folder) == "sha256-" + base64.b64encode(digest).decode()


def test_element_script_is_small(folder: Path) -> None:
    assert len(gzip.compress((folder / "embed-v1.js").read_bytes(), 9)) <= MAX_GZIP_BYTES


@pytest.mark.parametrize(
    "sink",
    ["innerHTML", "outerHTML", "insertAdjacentHTML", "srcdoc", "eval(", "new Function", '"*"'],
)
def test_element_script_has_no_html_or_script_sink(folder: Path, sink: str) -> None:
    assert sink not in (folder / "embed-v1.js").read_text("utf-8")


@pytest.mark.needs("node")
def test_element_script_imported_without_dom_defines_nothing(folder: Path) -> None:
    """Node stands for a host site that renders its pages on the server."""
    program = (
        f"const before = Reflect.ownKeys(globalThis).length;"
        f"await import({(folder / 'embed-v1.js').as_uri()!r});"
        "console.log(Reflect.ownKeys(globalThis).length - before)"
    )
    command = ["node", "--experimental-default-type=module", "--input-type=module", "-e", program]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stdout) == (0, "0\n"), ran.stderr
