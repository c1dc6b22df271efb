"""Run the sandbox identity provider alone: `python -m mobbscan_sandbox.identity_provider`."""

import argparse

from mobbscan_sandbox.http_server import BindAddress, parse_bind_address, serve
from mobbscan_sandbox.identity_provider.app import create_identity_provider

_DEFAULT_ADDRESS = BindAddress("127.0.0.2", 8002)


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(
        prog="python -m mobbscan_sandbox.identity_provider", description=__doc__
    )
    parser.add_argument(
        "--bind", type=parse_bind_address, default=_DEFAULT_ADDRESS, metavar="HOST:PORT"
    )
    parser.add_argument("--verbose", action="store_true", help="log every request")
    options = parser.parse_args()
    serve(create_identity_provider(), options.bind, verbose=options.verbose)


if __name__ == "__main__":
    main()
