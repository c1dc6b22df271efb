"""Create an installation to measure, with logged-in users and their raw HTTP requests."""

from __future__ import annotations

import base64
import hashlib
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import session
from flask_wtf.csrf import generate_csrf

from webapp.app import create_app
from webapp.config.settings import Settings
from webapp.domain.session_life import SESSION_LIFE
from webapp.store import migrate
from webapp.store.engine import make_engine
from webapp.store.login_sessions import Session
from webapp.store.replay_guard import hash_of

SITES = """
[sites.shop]
name = "Example Shop"
handoff_keys = ["0123456789abcdef0123456789abcdef"]
api_keys = [
  "sha256:abababababababababababababababababababababababababababababababab",
  { hash = "sha256:@EVIDENCE_HASH@", scopes = ["evidence"] },
]
[sites.shop.flows.default]
mode = "iframe"
country = "ESP"
document_type = "IDCard"
consent_version = "2026-01"
"""


#: An API key with the scope `evidence`.
EVIDENCE_KEY = "evidence-key-of-the-bench"
SITES = SITES.replace("@EVIDENCE_HASH@", hashlib.sha256(EVIDENCE_KEY.encode()).hexdigest())


@dataclass(frozen=True)
class FormUser:
    """A logged-in user: session id, session cookie, and CSRF token of a form."""

    session_id: str
    cookie: str
    form_token: str

    def start_request(self) -> bytes:
        """Return the bytes of the request that the home page's button sends."""
        body = f"csrf_token={self.form_token}&consent=2026-01".encode()
        head = (
            "POST /onboardings HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Cookie: mobbscan={self.cookie}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


class BenchInstallation:
    """Settings, database and users of one installation; a bench starts the server itself."""

    def __init__(self, folder: Path, gateway_url: str, database_url: str | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "sites.toml").write_text(SITES)
        self.environment = {
            "MOBBSCAN_GATEWAY_URL": gateway_url,
            "MOBBSCAN_API_KEY": "key",
            "MOBBSCAN_API_SECRET": "secret",
            "MOBBSCAN_WEBHOOK_HEADERS": '{"X-Notice-Key": "agreed"}',
            "PUBLIC_URL": "http://127.0.0.1:1",  # need not be the server's address
            "SECRET_KEY": secrets.token_urlsafe(32),
            "DATA_KEYS": f'["{base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()}"]',
            "SITES_FILE": str(folder / "sites.toml"),
            "INSTANCE_DIR": str(folder / "instance"),
            **({"DATABASE_URL": database_url} if database_url else {}),
        }
        self.settings = Settings.from_environment(self.environment)
        self.settings.instance_dir.mkdir(mode=0o700, exist_ok=True)
        engine = make_engine(self.settings.database_url)
        migrate.upgrade(engine)
        engine.dispose()
        self.app = create_app(self.settings)
        self.wired = self.app.extensions["wired"]

    def start_requests(self) -> Iterator[bytes]:
        """Yield start requests, each of a new user."""
        while True:
            yield from [user.start_request() for user in self.add_users(500)]

    def add_users(self, count: int) -> list[FormUser]:
        """Insert `count` new users with a session each."""
        now = datetime.now(UTC)
        sessions = []
        with self.wired.database.writing() as work:
            for _ in range(count):
                subject = uuid.uuid4().hex
                person = work.people.admit(
                    "shop", subject, hash_of(subject), now, name="Ada Lovelace", locale="en"
                )
                sessions.append(
                    Session(
                        secrets.token_urlsafe(32),
                        person.id,
                        "handoff",
                        now + SESSION_LIFE,
                        seen_at=now + timedelta(minutes=5),
                    )
                )
                work.sessions.add(sessions[-1], now)
        return [self._form_user(one) for one in sessions]

    def _form_user(self, opened: Session) -> FormUser:
        with self.app.test_request_context():
            session["sid"], session["site"] = opened.id, "shop"
            form_token = generate_csrf()
            signer = self.app.session_interface.get_signing_serializer(self.app)
            assert signer is not None
            return FormUser(opened.id, signer.dumps(dict(session)), form_token)
