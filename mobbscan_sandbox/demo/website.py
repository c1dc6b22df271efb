"""The site of a developer's own website in the demo: its table in `sites.toml`, its settings."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from mobbscan_sandbox.demo.instance_folder import InstanceFolder
from mobbscan_sandbox.demo.sites_file import api_key_hash, shop_flow

SITE, DEFAULT_URL = "my-site", "http://localhost:3000"
#: All of them: the developer tries every call.
SCOPES = ["onboardings", "data", "evidence", "decide", "erase"]
ENVIRONMENT_FILE = f"{SITE}.env"
_HEAD = "# Each start of the demo overwrites this file. Load it: set -a; . {file}; set +a\n"


@dataclass(frozen=True)
class Website:
    """A website at `url`, without a path, and the secrets that it shares with the server."""

    site: str
    url: str
    api_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    handoff_key: str = field(repr=False)

    @classmethod
    def of_demo(cls, url: str, instance: InstanceFolder) -> "Website":
        """Return the developer's website with the secrets of the instance folder."""
        names = ("website_api_key", "website_webhook_secret", "website_handoff_key")
        return cls(SITE, url, *(instance.secret(name) for name in names))

    def tables(self) -> dict[str, dict[str, object]]:
        """Return the tables of `sites.toml`."""
        site: dict[str, object] = {
            "name": "My Site",
            "origins": [self.url],
            "return_urls": [f"{self.url}/"],
            "handoff_keys": [self.handoff_key],
            "api_keys": [{"hash": api_key_hash(self.api_key), "scopes": SCOPES}],
            "webhook_url": f"{self._receiver_url}/hooks/identity",
            "webhook_secrets": [self.webhook_secret],
            "allow_private_webhook": True,
            "locales": ["en", "es"],
        }
        name = f"sites.{self.site}"
        return {
            name: site,
            f"{name}.flows.default": shop_flow(),
            f"{name}.flows.own-decision": {**shop_flow(), "decide": "host"},
        }

    @property
    def _receiver_url(self) -> str:
        """The website as the server reaches it: only browsers resolve names below localhost."""
        url = urlsplit(self.url)
        if not (url.hostname or "").endswith(".localhost"):
            return self.url
        return f"http://localhost:{url.port or 80}"

    def settings(self, server_url: str) -> dict[str, str]:
        """Return the environment variables of docs/host-guide.md."""
        return {
            "IDENTITY_URL": server_url,
            "IDENTITY_SITE": self.site,
            "IDENTITY_API_KEY": self.api_key,
            "IDENTITY_WEBHOOK_SECRET": self.webhook_secret,
            "IDENTITY_HANDOFF_KEY": self.handoff_key,
            "WEBSITE_URL": self.url,
            "PORT": str(urlsplit(self.url).port or 80),
        }

    def write_settings(self, server_url: str, instance: InstanceFolder) -> None:
        """Write the settings as a file for shells. Its values need no quotes."""
        lines = (f"{name}={value}\n" for name, value in self.settings(server_url).items())
        head = _HEAD.format(file=instance.folder / ENVIRONMENT_FILE)
        instance.write(ENVIRONMENT_FILE, head + "".join(lines))
