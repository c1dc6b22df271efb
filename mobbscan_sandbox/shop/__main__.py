"""Run the example shop alone: `python -m mobbscan_sandbox.shop`."""

import argparse
from pathlib import Path

from mobbscan_sandbox.http_server import BindAddress, parse_bind_address, serve
from mobbscan_sandbox.shop.app import ShopOptions, create_shop
from mobbscan_sandbox.shop.handoff import IdentityServer
from mobbscan_sandbox.shop.identity_api import IdentityApi
from mobbscan_sandbox.shop.messages import MessageVerifier
from mobbscan_sandbox.shop.results import Results
from mobbscan_sandbox.shop.signed_results import ResultVerifier
from mobbscan_sandbox.shop.verification import IdentityConnection
from mobbscan_sandbox.text_files import read_secret

_DEFAULT_ADDRESS = BindAddress("127.0.0.1", 8003)


def _read_file(path: str) -> str:
    try:
        return read_secret(Path(path))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text in UTF-8"
        raise argparse.ArgumentTypeError(f"cannot read {path}: {reason}") from error


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m mobbscan_sandbox.shop", description=__doc__)
    add = parser.add_argument
    add("--bind", type=parse_bind_address, default=_DEFAULT_ADDRESS, metavar="HOST:PORT")
    add("--own-url", default="http://shop.localhost:8003", help="where browsers reach the shop")
    add("--identity-url", default="http://localhost:8000", help="PUBLIC_URL of the server")
    add("--site", default="shop", help="the shop's id in sites.toml")
    add("--handoff-key-file", type=_read_file, required=True, metavar="FILE", dest="handoff_key")
    add("--api-key-file", type=_read_file, required=True, metavar="FILE", dest="api_key")
    add("--webhook-secret-file", type=_read_file, required=True, metavar="FILE")
    add("--database", type=Path, required=True, metavar="FILE", help="SQLite file of the results")
    add("--secret-key-file", type=_read_file, required=True, metavar="FILE", dest="secret_key")
    add("--verbose", action="store_true", help="log every request")
    return parser.parse_args()


def main() -> None:
    """Read the command line and serve."""
    options = _parse_arguments()
    own_url, server_url = options.own_url.rstrip("/"), options.identity_url.rstrip("/")
    identity = IdentityConnection(
        IdentityServer(server_url, options.site, options.handoff_key),
        IdentityApi(server_url, options.api_key),
        MessageVerifier(options.webhook_secret_file),
        ResultVerifier(server_url, options.site),
        Results(options.database),
    )
    shop = create_shop(ShopOptions(own_url, identity, options.secret_key))
    serve(shop, options.bind, verbose=options.verbose)


if __name__ == "__main__":
    main()
