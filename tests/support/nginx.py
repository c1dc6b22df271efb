"""A real nginx with the very file of deploy/, on ports and folders of a test."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.conftest import find_program
from tests.support.eventually import eventually

ROOT = Path(__file__).resolve().parents[2]
# All that surrounds the file: one process, nothing outside of its folder.
AROUND = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 512; }}
http {{
    client_body_temp_path {folder}/temp/body;
    proxy_temp_path {folder}/temp/proxy;
    fastcgi_temp_path {folder}/temp/fastcgi;
    uwsgi_temp_path {folder}/temp/uwsgi;
    scgi_temp_path {folder}/temp/scgi;
    include {folder}/deployed.conf;
}}
"""


class Nginx:
    """In front of `upstream` (HOST:PORT). `changes` spoil the file: what it has to what it gets."""

    def __init__(
        self, folder: Path, port: int, upstream: str, changes: dict[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.url = f"https://localhost:{port}"
        self._certificate()
        text = (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
        own = {
            "listen 443 ssl http2;": f"listen 127.0.0.1:{port} ssl http2;",
            "server 127.0.0.1:8000;": f"server {upstream};",
            "/etc/ssl/shop.example/fullchain.pem": f"{folder}/certificate.pem",
            "/etc/ssl/shop.example/privkey.pem": f"{folder}/key.pem",
            "/var/log/nginx/": f"{folder}/",
            "server_name shop.example;": "server_name localhost;",
        }
        for found, instead in {**own, **(changes or {})}.items():
            assert found in text, f"deploy/nginx.conf has no {found!r} any more"
            text = text.replace(found, instead)
        (folder / "deployed.conf").write_text(text)
        (folder / "nginx.conf").write_text(AROUND.format(folder=folder))
        (folder / "temp").mkdir()

    def __enter__(self) -> "Nginx":
        program = find_program("nginx")
        assert program, "mark the test with needs('nginx')"
        command = [program, "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        eventually(self._answers, seconds=20)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait(timeout=20)

    def _answers(self) -> bool:
        assert self._process.poll() is None, (self.folder / "nginx.log").read_text()
        try:
            return bool(httpx.get(self.url, verify=False, trust_env=False).status_code)
        except httpx.TransportError:
            return False

    @property
    def on_disk(self) -> list[Path]:
        """What it has put aside in files, deleted or not."""
        open_ = [link.resolve() for link in Path(f"/proc/{self._process.pid}/fd").iterdir()]
        temp = self.folder / "temp"
        return [path for path in (*open_, *temp.rglob("*")) if temp in path.parents and path.suffix]

    @property
    def logs(self) -> str:
        return "".join(path.read_text() for path in self.folder.glob("*.log"))

    def _certificate(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .sign(key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        (self.folder / "certificate.pem").write_bytes(certificate.public_bytes(pem))
        private = key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (self.folder / "key.pem").write_bytes(private)
