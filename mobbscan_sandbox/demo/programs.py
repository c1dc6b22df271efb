"""Command lines, environments and readiness addresses of the demo's four programs."""

import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from mobbscan_sandbox.demo.addresses import Addresses
from mobbscan_sandbox.demo.instance_folder import InstanceFolder

# Settings that a developer has exported belong to another server, so they are not inherited.
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "PYTHONPATH")
SERVER_FILE = "server.env"


@dataclass(frozen=True)
class Program:
    """One program; it is ready when `ready_url` answers with a status below 500."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    ready_url: str

    def command(self) -> tuple[str, ...]:
        return (sys.executable, "-m", *self.arguments)


def server_settings(addresses: Addresses, instance: InstanceFolder) -> dict[str, str]:
    """Return the server's settings as environment variables, secrets as `NAME_FILE`."""

    def secret(name: str) -> str:
        return str(instance.secret_file(name))

    return {
        "PUBLIC_URL": addresses.server_url,
        "MOBBSCAN_GATEWAY_URL": addresses.gateway_url,
        "MOBBSCAN_API_KEY_FILE": secret("api_key"),
        "MOBBSCAN_API_SECRET_FILE": secret("api_secret"),
        "MOBBSCAN_WEBHOOK_HEADERS_FILE": secret("webhook_headers"),
        "SECRET_KEY_FILE": secret("secret_key"),
        "DATA_KEYS_FILE": secret("data_keys"),
        "OPERATIONS_TOKEN_FILE": secret("operations_token"),
        "OIDC_ISSUER": addresses.identity_provider_url,
        "OIDC_CLIENT_ID": "mobbscan-embed",
        "OIDC_CLIENT_SECRET_FILE": secret("oidc_client_secret"),
        "SITES_FILE": str(instance.sites_file),
        "INSTANCE_DIR": str(instance.state),
    }


def write_server_settings(settings: Mapping[str, str], instance: InstanceFolder) -> None:
    """Write the settings as a file for shells, for the commands of `python -m webapp`."""
    lines = (f"{name}={shlex.quote(value)}\n" for name, value in settings.items())
    instance.write(SERVER_FILE, "# Each start of the demo overwrites this file.\n" + "".join(lines))


def programs(
    addresses: Addresses, instance: InstanceFolder, settings: Mapping[str, str]
) -> dict[str, Program]:
    """Return the four programs by name."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    inherited["PYTHONUNBUFFERED"] = "1"
    all_programs = (
        Program(
            "server",
            ("webapp", "serve", "--bind", f"127.0.0.1:{addresses.server}"),
            {**inherited, **settings},
            f"http://127.0.0.1:{addresses.server}/healthz",
        ),
        Program(
            "gateway",
            ("mobbscan_sandbox", *_gateway_options(addresses, instance)),
            inherited,
            f"{addresses.gateway_url}/_sandbox/api/health",
        ),
        Program(
            "provider",
            (
                "mobbscan_sandbox.identity_provider",
                "--bind",
                f"127.0.0.2:{addresses.identity_provider}",
                "--verbose",
            ),
            inherited,
            f"{addresses.identity_provider_url}/",
        ),
        Program(
            "shop",
            ("mobbscan_sandbox.shop", *_shop_options(addresses, instance, settings["PUBLIC_URL"])),
            inherited,
            f"http://127.0.0.1:{addresses.shop}/",
        ),
    )
    return {program.name: program for program in all_programs}


def _gateway_options(addresses: Addresses, instance: InstanceFolder) -> list[str]:
    options = ["--bind", f"127.0.0.1:{addresses.gateway}"]
    options += [f"--api-key={instance.secret('api_key')}"]
    # In files: command lines are public in `ps`.
    options += ["--api-secret-file", str(instance.secret_file("api_secret"))]
    options += ["--webhook", f"http://127.0.0.1:{addresses.server}/webhooks/mobbscan"]
    options += ["--webhook-header-file", str(instance.secret_file("webhook_headers"))]
    return options


def _shop_options(addresses: Addresses, instance: InstanceFolder, public_url: str) -> list[str]:
    options = ["--bind", f"127.0.0.1:{addresses.shop}", "--own-url", addresses.shop_url]
    options += ["--identity-url", public_url, "--verbose"]
    options += ["--handoff-key-file", str(instance.secret_file("handoff_key"))]
    options += ["--api-key-file", str(instance.secret_file("shop_api_key"))]
    options += ["--webhook-secret-file", str(instance.secret_file("shop_webhook_secret"))]
    options += ["--database", str(instance.shop_state / "results.sqlite3")]
    options += ["--secret-key-file", str(instance.secret_file("shop_secret_key"))]
    return options
