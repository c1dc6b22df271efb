"""Runs nginx with deploy/nginx-first-party.conf: a website, and the server below a path of it."""

from pathlib import Path

from tests.support.nginx import Nginx


class FirstPartyNginx(Nginx):
    """`website` is HOST:PORT of the host site itself."""

    file = "nginx-first-party.conf"

    def __init__(
        self,
        folder: Path,
        port: int,
        upstream: str,
        website: str,
        changes: dict[str, str] | None = None,
    ) -> None:
        self._website = website
        super().__init__(folder, port, upstream, changes)

    def own(self, port: int, upstream: str) -> dict[str, str]:
        return {**super().own(port, upstream), "127.0.0.1:3000": self._website}
