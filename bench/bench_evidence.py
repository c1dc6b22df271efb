"""Stream evidence through the API, against nginx that proxies the same bytes without buffering.

A recording of 200 MB comes from a third nginx, raw as the gateway's binary form or as base64 in
JSON; the control carries exactly what the gateway sends. For the first byte the gateway needs
100 ms, as in the bench of starts. The memory is that of the worker, beyond its use after a first
stream. `--rounds` and `--megabytes` make it shorter.
"""

from __future__ import annotations

import argparse
import base64
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import common
from serving import EVIDENCE_KEY, BenchInstallation

from tests.unit.cli.installation import Installation

ID = "5f0c2a9e-7b1d-4c36-9a52-0d8e6f3b1c77"
UPSTREAM_PATH = f"/mobbscan-agent/{ID}/recording/video_liveness"
OUR_PATH = f"/api/v1/onboardings/{ID}/recordings/video_liveness"
TOKEN = '{"accessToken": "a-token"}'
AT_ONCE = 20
LATENCY_SECONDS = 0.1
PIECE = bytes(range(256)) * 3072
MP4 = b"\x00\x00\x00\x18ftypisom"

NGINX = """
daemon off; master_process off; pid {folder}/{name}.pid; error_log {folder}/{name}.log;
events {{ worker_connections 256; }}
http {{
  access_log off; sendfile on; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port}; {rules} }}
}}
"""
GATEWAY_RULES = """
location = /auth/token {{ default_type application/json; return 200 '{token}'; }}
location = /files {{ return 200 ''; }}
location = {path} {{ default_type image/jpeg; alias {file}; }}
"""
PROXY_RULES = """
location / {{
  proxy_pass {upstream}; proxy_buffering off; proxy_http_version 1.1;
  proxy_set_header Connection "";
}}
"""


def free_port() -> int:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def nginx(folder: Path, name: str, rules: str) -> Iterator[str]:
    """Run nginx with these rules; yields its address."""
    port = free_port()
    file = folder / f"{name}.conf"
    file.write_text(NGINX.format(folder=folder, name=name, port=port, rules=rules))
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        raise SystemExit("this bench needs nginx")
    process = subprocess.Popen([program, "-p", str(folder), "-c", str(file)])
    try:
        common._wait_for(("127.0.0.1", port), process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def write_recording(file: Path, megabytes: int, form: str) -> None:
    """Write the recording as the gateway sends it."""
    pieces = [MP4.ljust(len(PIECE), b"\0"), *[PIECE] * (megabytes * 1_000_000 // len(PIECE))]
    with file.open("wb") as target:
        if form == "raw":
            target.writelines(pieces)
            return
        target.write(b'{"timestamp": "2026-01-10T09:00:00Z", "image": "')
        target.writelines(map(base64.b64encode, pieces))
        target.write(b'"}')


def read(url: str, path: str) -> tuple[float, float, int]:
    """Return seconds to the first byte of the body, seconds to its end, and its bytes."""
    host, _, port = url.removeprefix("http://").partition(":")
    request = (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"
        f"Accept: image/jpeg\r\nAuthorization: Bearer {EVIDENCE_KEY}\r\n\r\n"
    )
    buffer, size, began = bytearray(1 << 20), 0, time.perf_counter()
    with socket.create_connection((host, int(port)), timeout=120) as client:
        client.sendall(request.encode())
        head = b""
        while b"\r\n\r\n" not in head or head.endswith(b"\r\n\r\n"):
            received = client.recv(65536)
            head += received
            if not received:
                break
        first = time.perf_counter() - began
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"{url} answered {head[:300]!r}")
        size = len(head) - head.index(b"\r\n\r\n") - 4
        while count := client.recv_into(buffer):
            size += count
    return first, time.perf_counter() - began, size


def rate(url: str, path: str, least: int) -> float:
    """Return megabytes of the client's file per second."""
    _first, seconds, size = read(url, path)
    if size < least:
        raise SystemExit(f"{url} sent {size} of {least} bytes")
    return least / seconds / 1e6


@contextmanager
def server(folder: Path, gateway_url: str) -> Iterator[tuple[str, int]]:
    """Run our server with a verified onboarding; yields its address and process id."""
    installation = BenchInstallation(folder, gateway_url)
    fields = {"status": "verified", "next_poll_at": None, "gateway_status": "VERIFIED"}
    Installation.add_to(installation.wired, id=ID, **fields)
    with common.gunicorn("wsgi:app", folder, **installation.environment) as (address, pid):
        yield f"http://{address[0]}:{address[1]}", pid


def measure_rates(folder: Path, megabytes: int, rounds: int, form: str) -> list[str]:
    file = folder / f"recording.{form}"
    write_recording(file, megabytes, form)
    least = (megabytes * 1_000_000 // len(PIECE) + 1) * len(PIECE)
    rules = GATEWAY_RULES.format(token=TOKEN, path=UPSTREAM_PATH, file=file)
    with nginx(folder, f"gateway-{form}", rules) as gateway:
        proxy_rules = PROXY_RULES.format(upstream=gateway)
        with (
            nginx(folder, f"proxy-{form}", proxy_rules) as proxy,
            server(folder / form, gateway) as (ours, pid),
        ):
            rate(ours, OUR_PATH, least)
            found = common.interleaved(
                {
                    "ours": lambda: rate(ours, OUR_PATH, least),
                    "nginx": lambda: rate(proxy, UPSTREAM_PATH, least),
                },
                rounds,
            )
            growth = memory_growth(ours, pid, least)
    ratio = common.ratios(found["ours"], found["nginx"])
    return [
        form,
        common.spread(found["ours"], "{:.0f}"),
        common.spread(found["nginx"], "{:.0f}"),
        common.spread(ratio),
        f"{growth:.1f}",
    ]


def memory_growth(url: str, master: int, least: int) -> float:
    """Return by how many MB the worker grows while it sends 20 files at once."""
    worker = max(common._family(master), key=_memory_kb)
    before = _memory_kb(worker)
    Path(f"/proc/{worker}/clear_refs").write_text("5")  # resets the peak
    threads = [threading.Thread(target=rate, args=(url, OUR_PATH, least)) for _ in range(AT_ONCE)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return (_memory_kb(worker, "VmHWM") - before) / 1024


def _memory_kb(pid: int, name: str = "VmRSS") -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), 0)


class SlowGateway(BaseHTTPRequestHandler):
    """Sends a small recording after the latency."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == UPSTREAM_PATH:
            time.sleep(LATENCY_SECONDS)
        self._send(MP4 + PIECE[:65536])

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._send(TOKEN.encode())

    def _send(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def measure_first_byte(folder: Path, rounds: int) -> list[str]:
    gateway = ThreadingHTTPServer(("127.0.0.1", 0), SlowGateway)
    threading.Thread(target=gateway.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{gateway.server_port}"
    with (
        nginx(folder, "proxy-first", PROXY_RULES.format(upstream=url)) as proxy,
        server(folder / "first", url) as (ours, _pid),
    ):
        read(ours, OUR_PATH)
        found = common.interleaved(
            {
                "ours": lambda: read(ours, OUR_PATH)[0] * 1000,
                "nginx": lambda: read(proxy, UPSTREAM_PATH)[0] * 1000,
            },
            rounds * 5,
        )
    gateway.shutdown()
    ratio = common.ratios(found["ours"], found["nginx"])
    return [
        common.spread(found["ours"], "{:.0f}"),
        common.spread(found["nginx"], "{:.0f}"),
        common.spread(ratio),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--megabytes", type=int, default=200)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mobbscan-embed-bench-") as name:
        folder = Path(name)
        rows = [measure_rates(folder, given.megabytes, given.rounds, f) for f in ("raw", "json")]
        head = ["Gateway sends", "MB/s", "nginx MB/s", "Ratio", f"Growth, {AT_ONCE} at once, MB"]
        common.table(f"A recording of {given.megabytes} MB", head, rows)
        first = measure_first_byte(folder, given.rounds)
        common.table("First byte", ["ms", "nginx ms", "Ratio"], [first])


if __name__ == "__main__":
    main()
