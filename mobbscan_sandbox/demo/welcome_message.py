"""The messages that the demo prints while it starts and when it is ready."""

from pathlib import Path

from mobbscan_sandbox.demo.addresses import Addresses

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
       (The shop does not learn the result: messages to host sites come in a later version.)

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
    )


def _short(folder: Path) -> str:
    here = Path.cwd()
    return f"./{folder.relative_to(here)}" if folder.is_relative_to(here) else str(folder)
