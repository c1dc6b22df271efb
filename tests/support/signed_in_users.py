"""Inserts logged-in users with a started onboarding and builds their requests."""

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from flask import Flask

from webapp.config.settings import Settings
from webapp.domain.onboarding import Onboarding, Status
from webapp.store.login_sessions import Session
from webapp.store.replay_guard import hash_of
from webapp.store.unit_of_work import Database
from webapp.web.cookies import configure_session


@dataclass(frozen=True)
class SignedInUser:
    """A logged-in user; `cookie` is the value of the Cookie header."""

    onboarding_id: str
    session_id: str
    cookie: str

    def request(self, resource: str = "stream", **headers: str) -> bytes:
        """Return the bytes of a request for a resource of the onboarding."""
        more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return (
            f"GET /onboardings/{self.onboarding_id}/{resource} HTTP/1.1\r\nHost: localhost\r\n"
            f"Cookie: {self.cookie}\r\n{more}\r\n"
        ).encode()


def create_signed_in_users(
    database: Database, settings: Settings, count: int
) -> list[SignedInUser]:
    """Insert users of the shop, each with a session and a started onboarding without a due poll."""
    now = datetime.now(UTC)
    sign = _signer(settings)
    made = []
    with database.writing() as work:
        for _ in range(count):
            subject, session_id = uuid.uuid4().hex, secrets.token_urlsafe(32)
            person = work.people.admit(
                "shop", subject, hash_of(subject), now, name=None, locale="en"
            )
            work.sessions.add(
                Session(session_id, person.id, "handoff", now + timedelta(hours=8), seen_at=now),
                now,
            )
            row = Onboarding(
                id=str(uuid.uuid4()),
                person_id=person.id,
                site="shop",
                flow="default",
                status=Status.STARTED,
                attempt=1,
                mode="iframe",
                locale="en",
                livemode=False,
                created_at=now,
                updated_at=now,
                expires_at=now + timedelta(hours=48),
            )
            work.onboardings.add(row)
            made.append(SignedInUser(row.id, session_id, sign({"sid": session_id, "site": "shop"})))
    return made


def change_status(database: Database, onboarding_id: str, status: Status) -> int:
    """Save the status and its timeline entry as a job does; return the new version."""
    now = datetime.now(UTC)
    with database.writing() as work:
        row = work.onboardings.get(onboarding_id, for_update=True)
        assert row is not None
        work.onboardings.save(
            replace(row, status=status, updated_at=now, version=row.version + 1), was=row.version
        )
        work.timeline.add(now, "moved", actor="gateway", onboarding_id=row.id, status=str(status))
        return row.version + 1


def _signer(settings: Settings):  # type: ignore[no-untyped-def]
    app = Flask(__name__)
    configure_session(app, settings)
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    name = app.config["SESSION_COOKIE_NAME"]

    def sign(content: Mapping[str, str]) -> str:
        return f"{name}={signer.dumps(content)}"

    return sign
