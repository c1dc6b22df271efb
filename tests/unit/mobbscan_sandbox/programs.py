"""One of the pretended parties as a real process, alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mobbscan_sandbox.demo.addresses import Addresses
from mobbscan_sandbox.demo.children import Child, Children
from mobbscan_sandbox.demo.instance import Instance
from mobbscan_sandbox.demo.output import Terminal
from mobbscan_sandbox.demo.programs import programs, server_settings
from tests.support.ports import free_addresses


@contextmanager
def running(name: str, folder: Path) -> Iterator[tuple[Addresses, Instance, Child]]:
    """Start the program called `name` on a free port, and stop it."""
    addresses, instance = free_addresses(), Instance(folder / "instance")
    instance.prepare(keep=False)
    program = programs(addresses, instance, server_settings(addresses, instance))[name]
    child = Child(program, instance.logs / f"{name}.log", Terminal(verbose=False))
    with Children([child]) as children:
        children.start()
        children.wait_until_ready()
        yield addresses, instance, child
