"""An installation for tests: settings, sites, database and rows in a temporary folder."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from webapp.config.settings import Settings
from webapp.domain.onboarding import Onboarding, Status
from webapp.store import migrate
from webapp.wiring import Components, build

SITES = """
[sites.shop]
name = "Example Shop"
handoff_keys = ["a secret of at least 32 bytes, only for tests"]
"""
ANOTHER_KEY = '["b2tvb2tvb2tvb2tvb2tvb2tvb2tvb2tvb2tvb2tvb2s="]'
#: The value of every field with personal data.
MARKER = "ada-marker"


class Installation:
    def __init__(self, folder: Path, gateway_url: str, **more: str) -> None:
        self.folder = folder
        sites = folder / "sites.toml"
        sites.write_text(SITES)
        self.environ = {
            "MOBBSCAN_GATEWAY_URL": gateway_url,
            "MOBBSCAN_API_KEY": "key-of-the-account",
            "MOBBSCAN_API_SECRET": "secret-of-the-account",
            "MOBBSCAN_WEBHOOK_HEADERS": '{"X-Notice-Key": "agreed"}',
            "PUBLIC_URL": "http://localhost:8000",
            "SECRET_KEY": "only for tests: thirty-two characters and more",
            "DATA_KEYS": '["a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="]',
            "SITES_FILE": str(sites),
            "INSTANCE_DIR": str(folder / "instance"),
            "RECONCILE_AFTER": "1s,2s,5s",
            **more,
        }

    @property
    def settings(self) -> Settings:
        return Settings.from_environment(self.environ)

    def process_environment(self) -> dict[str, str]:
        """Return the environment of a subprocess: the settings, PATH and HOME."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return {**kept, **self.environ}

    def upgrade(self) -> None:
        with self.parts() as parts:
            migrate.upgrade(parts.engine)

    @contextmanager
    def parts(self) -> Iterator[Components]:
        """Build the components that another process of this installation would have."""
        parts = build(self.settings)
        try:
            yield parts
        finally:
            parts.gateway.close()
            parts.engine.dispose()

    def add(self, subject: str = MARKER, **fields: Any) -> Onboarding:
        """Add a started onboarding that is due for polling."""
        with self.parts() as parts:
            return self.add_to(parts, subject, **fields)

    @staticmethod
    def add_to(parts: Components, subject: str = MARKER, **fields: Any) -> Onboarding:
        """Add it with existing components."""
        now = datetime.now(UTC)
        with parts.database.writing() as work:
            person = work.people.admit(
                "shop", subject, f"hash {subject}"[:64], now, name=MARKER, locale="en"
            )
            standard = {
                "id": str(uuid.uuid4()),
                "person_id": person.id,
                "site": "shop",
                "flow": "default",
                "status": Status.STARTED,
                "attempt": 1,
                "mode": "iframe",
                "locale": "en",
                "livemode": False,
                "created_at": now,
                "updated_at": now,
                "expires_at": now + timedelta(hours=48),
                "hosted_url": f"https://gateway.example/{MARKER}",
                "onboarding_token": MARKER,
                "create_calls": 1,
                "next_poll_at": now,
                "poll_reason": "waiting",
            }
            row = Onboarding(**{**standard, **fields})
            work.onboardings.add(row)
        return row

    def row(self, onboarding_id: str) -> Onboarding:
        with self.parts() as parts, parts.database.reading() as work:
            found = work.onboardings.get(onboarding_id)
        assert found is not None
        return found

    def events(self, onboarding_id: str) -> list[str]:
        with self.parts() as parts, parts.database.reading() as work:
            return [line.event for line in work.timeline.of(onboarding_id)]
