"""`python -m mobbscan_sandbox.people`: the pretend identity provider alone."""

import argparse

from mobbscan_sandbox.listening import Bind, bind, listen
from mobbscan_sandbox.people.app import create_people


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m mobbscan_sandbox.people", description=__doc__)
    parser.add_argument("--bind", type=bind, default=Bind("127.0.0.2", 8002), metavar="HOST:PORT")
    parser.add_argument("--verbose", action="store_true", help="log every request")
    options = parser.parse_args()
    listen(create_people(), options.bind, verbose=options.verbose)


if __name__ == "__main__":
    main()
