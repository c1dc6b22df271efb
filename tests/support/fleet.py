"""Two nodes with one PostgreSQL behind a load balancer, and one gateway."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from mobbscan_sandbox.demo.child_processes import ChildProcess, ChildProcesses
from mobbscan_sandbox.demo.program_output import Terminal
from mobbscan_sandbox.demo.programs import Program
from tests.support.eventually import eventually
from tests.support.forked_child import ForkedChild
from tests.support.free_ports import free_addresses
from tests.support.http_session import HttpSession, Page
from tests.support.load_balancer import LoadBalancer
from tests.support.server_processes import jobs_process_of
from tests.support.stack import Person, Stack


@dataclass(frozen=True)
class Node:
    """A node with its own server: master, web workers and jobs process in one process group."""

    child: ChildProcess
    port: int

    @property
    def state(self) -> Path:
        return Path(self.child.program.environment["INSTANCE_DIR"])

    @property
    def executor_id(self) -> str:
        """The executor id of the node in the job library, once its jobs process has one."""
        name = self.state / "executor-id"
        eventually(name.exists)
        return name.read_text().strip()

    def kill(self) -> None:
        """Kill master, workers and jobs process at once, as a power failure does."""
        os.killpg(self.child.pid, signal.SIGKILL)
        self.child.kill_group()

    def kill_jobs(self) -> None:
        """Kill the jobs process, which the master then restarts."""
        os.kill(eventually(lambda: jobs_process_of(self.child.pid)), signal.SIGKILL)

    @contextmanager
    def jobs_paused(self) -> Iterator[None]:
        """Pause the jobs process until the end of the block."""
        jobs = eventually(lambda: jobs_process_of(self.child.pid))
        os.kill(jobs, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(jobs, signal.SIGCONT)

    def stop(self) -> None:
        """Stop the server with SIGTERM and wait for its exit."""
        self.child.send(signal.SIGTERM)
        assert self.child.wait(30), "still running"
        self.child.kill_group()

    def start(self) -> None:
        """Start it unless it runs, and wait until it answers."""
        if not self.child.running:
            self.child.start()
        ChildProcesses([self.child]).wait_until_ready()


class Fleet:
    """The nodes share settings, secrets and the database; each has its own folder and port.

    PUBLIC_URL is that of the balancer. Requests to the port of a node are equivalent, since
    addresses come from PUBLIC_URL only.
    """

    def __init__(self, folder: Path, **environment: str) -> None:
        self.balancer = LoadBalancer()
        self.stack = Stack(
            folder,
            database="postgresql",
            environment={"PUBLIC_URL": self.balancer.url, **environment},
            leave_out=("provider", "shop"),
        )
        _send_notices_to(self.stack, f"http://127.0.0.1:{self.balancer.port}")
        first = self.stack.children.by_name["server"]
        port = free_addresses().server
        second = ForkedChild(
            _second_node(first.program, folder / "second", port),
            self.stack.instance.logs / "second.log",
            _silent(),
        )
        self.hosts = (Node(first, self.stack.addresses.server), Node(second, port))
        self.balancer.ports = [host.port for host in self.hosts]

    def __enter__(self) -> "Fleet":
        try:
            self.stack.start("gateway")
            self.heal()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.balancer.close()
        for host in self.hosts:
            host.child.kill_group()
        self.stack.close()

    def heal(self) -> None:
        """Start all nodes that do not run."""
        for host in self.hosts:
            if not host.child.running:
                host.child.start()
        ChildProcesses([host.child for host in self.hosts]).wait_until_ready()

    def browser_at(self, host: Node) -> HttpSession:
        """Return a browser session whose connections all go to this node."""
        browser = HttpSession(self.stack.public_url, through=host.port)
        self.stack.sessions.append(browser)
        return browser

    def arrive(self, person: Person, host: Node) -> tuple[HttpSession, Page]:
        """Log in with a hand-off at this node."""
        return self.stack.login_handoff(person, self.browser_at(host))


@pytest.fixture(scope="package")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with Fleet(tmp_path_factory.mktemp("fleet")) as running:
        yield running


@pytest.fixture
def fleet(both: Fleet) -> Fleet:
    """Return the shared fleet with both nodes running."""
    both.heal()
    return both


def _second_node(program: Program, state: Path, port: int) -> Program:
    return replace(
        program,
        name="second",
        arguments=(*program.arguments[:-1], f"127.0.0.1:{port}"),
        environment={**program.environment, "INSTANCE_DIR": str(state)},
        ready_url=f"http://127.0.0.1:{port}/healthz",
    )


def _send_notices_to(stack: Stack, url: str) -> None:
    gateway = stack.children.by_name["gateway"]
    own = f"http://127.0.0.1:{stack.addresses.server}"
    words = tuple(word.replace(own, url) for word in gateway.program.arguments)
    gateway.program = replace(gateway.program, arguments=words)


def _silent() -> Terminal:
    terminal = Terminal(verbose=False)
    terminal.mute()
    return terminal
