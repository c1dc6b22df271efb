"""`python -m webapp.sandbox.gateway`."""

import sys

from webapp.sandbox.gateway.command import main

sys.exit(main(sys.argv[1:]))
