"""Run the gateway in a box: `python -m mobbscan_sandbox`."""

import sys

from mobbscan_sandbox.dependencies import exit_if_packages_are_missing

if __name__ == "__main__":
    exit_if_packages_are_missing()
    from mobbscan_sandbox.gateway.command_line import main

    sys.exit(main(sys.argv[1:]))
