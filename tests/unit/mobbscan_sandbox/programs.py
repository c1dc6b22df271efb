"""One of the pretended parties as a real process, alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mobbscan_sandbox.demo.addresses import Addresses
from mobbscan_sandbox.demo.child_processes import ChildProcess, ChildProcesses
from mobbscan_sandbox.demo.instance_folder import InstanceFolder
from mobbscan_sandbox.demo.program_output import Terminal
from mobbscan_sandbox.demo.programs import programs, server_settings
from tests.support.free_ports import free_addresses


@contextmanager
def running(name: str, folder: Path) -> Iterator[tuple[Addresses, InstanceFolder, ChildProcess]]:
    """Start the program called `name` on a free port, and stop it."""
    addresses, instance = free_addresses(), InstanceFolder(folder / "instance")
    instance.prepare(keep=False)
    program = programs(addresses, instance, server_settings(addresses, instance))[name]
    child = ChildProcess(program, instance.logs / f"{name}.log", Terminal(verbose=False))
    with ChildProcesses([child]) as children:
        children.start()
        children.wait_until_ready()
        yield addresses, instance, child
