"""`python -m mobbscan_sandbox.shop`: the example shop alone."""

import argparse
from pathlib import Path

from mobbscan_sandbox.http_server import BindAddress, bind, listen
from mobbscan_sandbox.shop.app import ShopOptions, create_shop
from mobbscan_sandbox.shop.handoff import IdentityServer


def _file(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise argparse.ArgumentTypeError(f"cannot read {path}: {error.strerror}") from error


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m mobbscan_sandbox.shop", description=__doc__)
    add = parser.add_argument
    add("--bind", type=bind, default=BindAddress("127.0.0.1", 8003), metavar="HOST:PORT")
    add("--own-url", default="http://shop.localhost:8003", help="where browsers reach the shop")
    add("--identity-url", default="http://localhost:8000", help="PUBLIC_URL of the server")
    add("--site", default="shop", help="the shop's id in sites.toml")
    add("--handoff-key-file", type=_file, required=True, metavar="FILE", dest="handoff_key")
    add("--secret-key-file", type=_file, required=True, metavar="FILE", dest="secret_key")
    add("--verbose", action="store_true", help="log every request")
    return parser.parse_args()


def main() -> None:
    """Read the command line and serve."""
    options = _options()
    identity = IdentityServer(options.identity_url.rstrip("/"), options.site, options.handoff_key)
    shop = create_shop(ShopOptions(options.own_url.rstrip("/"), identity, options.secret_key))
    listen(shop, options.bind, verbose=options.verbose)


if __name__ == "__main__":
    main()
