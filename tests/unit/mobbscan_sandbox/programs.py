"""Run one program of the demo alone, as a real process."""

from contextlib import contextmanager

from mobbscan_sandbox.demo.child_processes import ChildProcesses
from mobbscan_sandbox.demo.instance_folder import InstanceFolder
from mobbscan_sandbox.demo.program_output import Terminal
from mobbscan_sandbox.demo.programs import programs, server_settings
from tests.support.forked_child import ForkedChild
from tests.support.free_ports import free_addresses


@contextmanager
def running_program(name, folder):
    """Start the program `name` on a free port; yields addresses, instance folder and process."""
    addresses, instance = free_addresses(), InstanceFolder(folder / "instance")
    instance.prepare(keep=False)
    program = programs(addresses, instance, server_settings(addresses, instance))[name]
    child = ForkedChild(program, instance.logs / f"{name}.log", Terminal(verbose=False))
    with ChildProcesses([child]) as children:
        children.start()
        children.wait_until_ready()
        yield addresses, instance, child
