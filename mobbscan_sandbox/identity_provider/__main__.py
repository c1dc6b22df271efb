"""`python -m mobbscan_sandbox.identity_provider`: the pretend identity provider alone."""

import argparse

from mobbscan_sandbox.http_server import BindAddress, bind, listen
from mobbscan_sandbox.identity_provider.app import create_identity_provider


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(
        prog="python -m mobbscan_sandbox.identity_provider", description=__doc__
    )
    parser.add_argument(
        "--bind", type=bind, default=BindAddress("127.0.0.2", 8002), metavar="HOST:PORT"
    )
    parser.add_argument("--verbose", action="store_true", help="log every request")
    options = parser.parse_args()
    listen(create_identity_provider(), options.bind, verbose=options.verbose)


if __name__ == "__main__":
    main()
