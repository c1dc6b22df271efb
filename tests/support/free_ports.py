"""Finds free ports for the programs of a test."""

import random

from mobbscan_sandbox.demo.addresses import Addresses
from mobbscan_sandbox.demo.errors import PortInUse

# Below the range of ports for outgoing connections.
FIRST, LAST = 20_000, 31_000


def free_addresses() -> Addresses:
    """Return four consecutive unused ports, chosen independently of the seed of the run."""
    choice = random.SystemRandom()
    for _ in range(100):
        addresses = Addresses.from_base(choice.randrange(FIRST, LAST, 4))
        try:
            addresses.check_free()
        except PortInUse:
            continue
        return addresses
    raise AssertionError("no four free ports in a row")
