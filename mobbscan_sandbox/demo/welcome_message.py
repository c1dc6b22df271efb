"""What the demo tells the person who started it."""

from pathlib import Path

from mobbscan_sandbox.demo.addresses import Addresses

WELCOME = """
  Everything is running on this machine, and none of it is real.

    Example Shop        {shop}
    Identity server     {server}
    Gateway in a box    {gateway}/_sandbox/
    Identity provider   {provider}

  Get Ada verified
    1. Open {shop}, log in as Ada and choose "Verify my identity".
       (Or begin at the identity server: open {server} and log in as Ada there.)
    2. Agree, and show the camera anything you like: nothing is looked at.
    3. Choose how it ends, go back, and watch the page change by itself.
       (The shop does not ask how it ended: messages to host sites come with a later version.)

  The gateway's control page decides how the next check goes, and breaks things on request.
  Ben is a second customer, who speaks Spanish.
  Logs and secrets: {folder}

  Ctrl-C stops everything.
"""

STARTING = "  Starting the server, the gateway in a box, the identity provider and the shop …"


def welcome(addresses: Addresses, folder: Path) -> str:
    """The message for a demo that is up."""
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
