"""The messages that the demo prints while it starts and when it is ready."""

from pathlib import Path

from mobbscan_sandbox.demo.addresses import Addresses
from mobbscan_sandbox.demo.website import ENVIRONMENT_FILE

WELCOME = """
  Everything runs on this machine. No real identity is verified.

    Example Shop        {shop}
    Identity server     {server}
    Gateway in a box    {gateway}/_sandbox/
    Identity provider   {provider}

  Get Ada verified
    1. Open {shop}, log in as Ada and choose "Verify my identity".
       (Or start at the identity server: open {server} and log in as Ada there.)
    2. Agree and show anything to the camera: the pictures are not examined.
    3. Choose the result, go back, and see the page update by itself.
    4. Go back to the shop: a signed message has brought it the result.

  Connect your own website (docs/host-guide.md)
    set -a; . {settings}; set +a

  The gateway's control page sets the result of the next check and can simulate failures.
  Ben is a second customer, whose language is Spanish.
  Logs and secrets: {folder}

  Ctrl-C stops everything.
"""

STARTING = "  Starting the server, the gateway in a box, the identity provider and the shop …"


def welcome(addresses: Addresses, folder: Path) -> str:
    """Return the message for a running demo."""
    return WELCOME.format(
        shop=addresses.shop_url,
        server=addresses.server_url,
        gateway=addresses.gateway_url,
        provider=addresses.identity_provider_url,
        folder=_short(folder),
        settings=_short(folder / ENVIRONMENT_FILE),
    )


def _short(path: Path) -> str:
    here = Path.cwd()
    return f"./{path.relative_to(here)}" if path.is_relative_to(here) else str(path)
