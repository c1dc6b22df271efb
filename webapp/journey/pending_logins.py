"""Logins between the browser's requests: sealed for the browser, and each used once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from webapp.journey.dependencies import JourneyDependencies
from webapp.store.errors import AlreadyExists, WrongKey

#: The time within which a user logs in at the identity provider.
OPEN_LOGIN_LIFE = timedelta(hours=1)


class PendingLogins:
    """Seals a login into a text that only the nodes of this server can read."""

    def __init__(self, deps: JourneyDependencies) -> None:
        self._deps = deps

    def seal(self, purpose: str, content: Mapping[str, Any], life: timedelta) -> str:
        """Encrypt `content`, which must be JSON, with DATA_KEYS; it can be opened for `life`."""
        expires_at = (self._deps.clock() + life).timestamp()
        text = json.dumps({"for": purpose, "until": expires_at, "content": content})
        return self._deps.database.cipher.seal(text).decode()

    def open(self, purpose: str, text: str) -> dict[str, Any] | None:
        """Return the content; None unless it was sealed here for `purpose` and is still valid."""
        try:
            sealed = json.loads(self._deps.database.cipher.open(text.encode()))
        except (WrongKey, UnicodeEncodeError):
            return None
        if sealed["for"] != purpose or sealed["until"] < self._deps.clock().timestamp():
            return None
        content: dict[str, Any] = sealed["content"]
        return content

    def use_state(self, state: str) -> bool:
        """Mark the state of an open login as used; return False if any node has done so before."""
        until: datetime = self._deps.clock() + OPEN_LOGIN_LIFE
        try:
            with self._deps.database.writing() as work:
                work.replay_guard.use("login_state", state, until)
        except AlreadyExists:
            return False
        return True
