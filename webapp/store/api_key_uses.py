"""Store when each API key was last used."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from webapp.store.api_tables import api_key_uses
from webapp.store.repository import Repository
from webapp.store.sql import insert_into


class ApiKeyUses(Repository):
    def record(self, site: str, name: str, now: datetime) -> None:
        """Store `now` as the time of the key's last use."""
        new = insert_into(self._connection, api_key_uses).values(site=site, name=name, used_at=now)
        self._connection.execute(
            new.on_conflict_do_update(index_elements=["site", "name"], set_={"used_at": now})
        )

    def of_site(self, site: str) -> dict[str, datetime]:
        """Return the last use (aware UTC) by the name of the key."""
        rows = self._connection.execute(select(api_key_uses).where(api_key_uses.c.site == site))
        return {row.name: row.used_at for row in rows}
