"""`python -m mobbscan_sandbox.gateway`."""

import sys

from mobbscan_sandbox.gateway.command import main

sys.exit(main(sys.argv[1:]))
