"""A server under gunicorn with a verified onboarding, and a gateway that breaks HTTP at will."""

from __future__ import annotations

import hashlib
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.gunicorn_server import GUNICORN, GunicornServer
from tests.unit.cli.installation import Installation
from tests.unit.gateway.raw_server import Behaviour, Connection, RawServer, respond_with
from webapp.domain.evidence import EvidenceView
from webapp.domain.onboarding import Status

ID = "5f0c2a9e-7b1d-4c36-9a52-0d8e6f3b1c77"
PUBLIC_URL = "http://localhost:8000/verify"
KEY = "an API key of the shop"
_HASH = hashlib.sha256(KEY.encode()).hexdigest()
_SITES = f"""
[sites.shop]
name = "Example Shop"
api_keys = [{{ name = "back office", hash = "sha256:{_HASH}", scopes = ["evidence"] }}]
"""
_TYPE = re.compile(rb"/recording/(\w+) ")


@dataclass
class EvidenceServer:
    """`behaviours` say how the gateway answers a request for each type of recording."""

    server: GunicornServer
    installation: Installation
    behaviours: dict[str, Behaviour]

    @property
    def url(self) -> str:
        return "http://{}:{}".format(*self.server.address)

    def connect(self, receive_bytes: int = 65536) -> socket.socket:
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        connection.settimeout(30)
        connection.connect(self.server.address)
        return connection

    def views(self) -> list[EvidenceView]:
        with self.installation.parts() as parts, parts.database.reading() as work:
            return work.evidence_views.of(ID)

    def forget_views(self) -> None:
        with self.installation.parts() as parts, parts.database.writing() as work:
            work.connection.exec_driver_sql("DELETE FROM evidence_views")


def path_of(type_: str) -> str:
    return f"/api/v1/onboardings/{ID}/recordings/{type_}"


def request_of(
    type_: str, method: str = "GET", version: str = "1.1", header: str = "Accept: */*"
) -> bytes:
    lines = (
        f"{method} {path_of(type_)} HTTP/{version}",
        "Host: localhost",
        f"Authorization: Bearer {KEY}",
        header,
    )
    return "\r\n".join((*lines, "", "")).encode()


@contextmanager
def running_evidence_server(folder: Path, root: Path, **environ: str) -> Iterator[EvidenceServer]:
    behaviours: dict[str, Behaviour] = {}
    token = respond_with(b'{"accessToken": "a-token"}')
    absent = respond_with(b"", status="404 Not Found")

    def behave(connection: Connection) -> None:
        if connection.request.startswith(b"POST /auth/token"):
            token(connection)
            return
        found = _TYPE.search(connection.request)
        behaviours.get(found[1].decode() if found else "", absent)(connection)

    with ExitStack() as running:
        gateway = running.enter_context(RawServer(behave))
        settings = {"WEB_CONCURRENCY": "1", "PUBLIC_URL": PUBLIC_URL, **environ}
        installation = Installation(folder, gateway.url, **settings)
        (folder / "sites.toml").write_text(_SITES)
        installation.upgrade()
        installation.add(
            id=ID, status=Status.VERIFIED, gateway_status="VERIFIED", next_poll_at=None
        )
        server = GunicornServer(
            installation.process_environment(), GUNICORN, root, folder / "server.log"
        )
        yield EvidenceServer(running.enter_context(server).ready(), installation, behaviours)
