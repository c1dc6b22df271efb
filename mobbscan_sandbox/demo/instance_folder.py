"""The demo's private folder: generated secrets, logs, `sites.toml`, state of server and shop."""

import base64
import json
import secrets
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from mobbscan_sandbox.demo.errors import FolderHasOtherFiles
from mobbscan_sandbox.text_files import read_secret

MARKER_FILE = "README.txt"
MARKER_TEXT = """\
This folder belongs to "make run". It holds the secrets of the demo, generated on its first run,
the logs of its programs, the settings of your own website and of the server's commands
(docs/host-guide.md), and the state of server and shop, which each start deletes (--keep keeps it).
Nothing else needs it. You can delete it at any time.
"""


def _data_keys() -> str:
    return json.dumps([base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()])


def _webhook_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def _webhook_headers() -> str:
    return json.dumps({"Authorization": f"Bearer {secrets.token_urlsafe(32)}"})


SECRETS: Mapping[str, Callable[[], str]] = {
    "secret_key": lambda: secrets.token_urlsafe(48),
    "data_keys": _data_keys,
    "api_key": lambda: f"demo-{secrets.token_hex(6)}",
    "api_secret": lambda: secrets.token_urlsafe(32),
    "webhook_headers": _webhook_headers,
    "handoff_key": lambda: secrets.token_urlsafe(32),
    "shop_secret_key": lambda: secrets.token_urlsafe(32),
    "shop_api_key": lambda: f"shop_{secrets.token_urlsafe(32)}",
    "shop_webhook_secret": _webhook_secret,
    "website_api_key": lambda: f"site_{secrets.token_urlsafe(32)}",
    "website_webhook_secret": _webhook_secret,
    "website_handoff_key": lambda: secrets.token_urlsafe(32),
    "oidc_client_secret": lambda: secrets.token_urlsafe(32),
    "operations_token": lambda: secrets.token_urlsafe(32),
}


class InstanceFolder:
    """The instance folder, readable by its owner only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.state = self.folder / "server"
        self.shop_state = self.folder / "shop"
        self.logs = self.folder / "logs"
        self.sites_file = self.folder / "sites.toml"

    def open(self) -> None:
        """Create the folder. Raises `FolderHasOtherFiles` if it contains other files."""
        if self.folder.exists() and any(self.folder.iterdir()) and not self._belongs_to_demo():
            raise FolderHasOtherFiles(self.folder)
        _private_folder(self.folder)
        if not self._belongs_to_demo():
            _private_file(self.folder / MARKER_FILE, MARKER_TEXT)

    def prepare(self, *, keep: bool) -> None:
        """Create missing folders and secrets; delete the state of server and shop unless `keep`.

        The gateway in a box loses its state when it stops, so a kept state can contain
        onboardings that the gateway no longer knows.
        """
        self.open()
        if not keep:
            shutil.rmtree(self.state, ignore_errors=True)
            shutil.rmtree(self.shop_state, ignore_errors=True)
        for folder in (self.state, self.shop_state, self.logs, self.folder / "secrets"):
            _private_folder(folder)
        for name, make in SECRETS.items():
            if not self.secret_file(name).exists():
                _private_file(self.secret_file(name), make())

    def secret_file(self, name: str) -> Path:
        return self.folder / "secrets" / name

    def secret(self, name: str) -> str:
        return read_secret(self.secret_file(name))

    def write_sites(self, text: str) -> None:
        self.write(self.sites_file.name, text)

    def write(self, name: str, text: str) -> None:
        """Write a file of the folder, over one of that name."""
        (self.folder / name).unlink(missing_ok=True)
        _private_file(self.folder / name, text)

    def _belongs_to_demo(self) -> bool:
        return (self.folder / MARKER_FILE).exists()


def _private_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)


def _private_file(path: Path, text: str) -> None:
    # Created with its mode: other users can never read it.
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(text, encoding="utf-8")
