"""Ports for programs of tests."""

import random

from mobbscan_sandbox.demo.addresses import Addresses
from mobbscan_sandbox.demo.errors import PortInUse

# Below the range from which the system takes ports for outgoing connections.
FIRST, LAST = 20_000, 31_000


def free_addresses() -> Addresses:
    """Four ports in a row that nobody uses now. Seeded by the system, not by the test run."""
    choice = random.SystemRandom()
    for _ in range(100):
        addresses = Addresses.from_base(choice.randrange(FIRST, LAST, 4))
        try:
            addresses.check_free()
        except PortInUse:
            continue
        return addresses
    raise AssertionError("no four free ports in a row")
