"""`python -m mobbscan_sandbox.demo` as a program: start, stop, errors and printed output."""

import re
import signal
import subprocess
import sys

import httpx
import psutil
import pytest

from mobbscan_sandbox.demo.instance_folder import SECRETS, InstanceFolder
from tests.support.eventually import eventually
from tests.support.free_ports import free_addresses


class Demo:
    """A running demo with its child processes."""

    def __init__(self, folder, addresses, *options):
        self.addresses = addresses
        command = [sys.executable, "-m", "mobbscan_sandbox.demo", "--instance", str(folder)]
        self.process = subprocess.Popen(
            [*command, "--port-base", str(addresses.server), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.children = []

    def wait_until_ready(self):
        """Return what the demo prints until it is ready."""
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if "Ctrl-C stops" in line:
                break
        self.children = psutil.Process(self.process.pid).children(recursive=True)
        return "".join(lines)

    def child(self, word):
        return next(each for each in self.children if word in each.cmdline())

    def wait_for_end(self):
        """Return the exit status and the standard error."""
        _, errors = self.process.communicate(timeout=60)
        return self.process.returncode, errors

    def has_stopped(self):
        return not any(_is_alive(child) for child in self.children)


def _is_alive(process):
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # some versions raise for a zombie
        return False


@pytest.fixture
def start_demo(tmp_path):
    started = []

    def start(*options):
        started.append(Demo(tmp_path / "demo", free_addresses(), *options))
        return started[-1]

    yield start
    for demo in started:
        demo.process.kill()
        for process in demo.children:
            if process.is_running():
                process.kill()
        demo.process.communicate()


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGHUP, marks=pytest.mark.nightly)]
)
def test_demo_prints_working_addresses_and_stops_everything_on_a_signal(start_demo, number):
    demo = start_demo()
    printed = demo.wait_until_ready()
    for url in re.findall(r"http://127\S+|http://localhost\S+", printed):
        assert httpx.get(url, follow_redirects=True).status_code == 200, url
    addresses = demo.addresses
    for url in (addresses.shop_url, addresses.server_url, addresses.identity_provider_url):
        assert url in printed
    demo.process.send_signal(number)
    assert demo.wait_for_end() == (0, "")
    assert demo.has_stopped()
    addresses.check_free()


def test_demo_can_be_stopped_while_it_starts(start_demo):
    demo = start_demo()
    process = psutil.Process(demo.process.pid)
    demo.children = eventually(lambda: process.children(recursive=True))
    demo.process.terminate()
    assert demo.wait_for_end()[0] == 0
    assert demo.has_stopped()


def test_demo_with_a_killed_program_names_it_and_stops_the_rest(start_demo):
    demo = start_demo()
    demo.wait_until_ready()
    demo.child("mobbscan_sandbox.identity_provider").kill()
    status, errors = demo.wait_for_end()
    assert status == 1
    assert "The provider stopped by itself (SIGKILL)" in errors
    assert "provider.log" in errors
    assert demo.has_stopped()


def test_second_demo_changes_nothing_and_the_killed_first_leaves_no_program(start_demo, tmp_path):
    first = start_demo()
    first.wait_until_ready()
    database = tmp_path / "demo" / "server" / "mobbscan-embed.sqlite3"
    before = database.stat().st_ino
    status, errors = start_demo().wait_for_end()
    assert status == 1
    assert f"is in use by another demo (pid {first.process.pid})" in errors
    assert "make run PORT=" in errors
    status, errors = Demo(tmp_path / "another", first.addresses).wait_for_end()
    assert status == 1
    assert f'is already in use by "webapp serve" (pid {first.child("serve").pid}).' in errors
    assert "Traceback" not in errors
    assert database.stat().st_ino == before
    assert httpx.get(f"{first.addresses.gateway_url}/_sandbox/").status_code == 200
    assert len(first.children) >= 4
    first.process.kill()
    assert eventually(first.has_stopped, seconds=60), "a killed demo leaves programs running"


def test_verbose_output_contains_no_secret(start_demo, tmp_path):
    demo = start_demo("--verbose")
    printed = demo.wait_until_ready()
    httpx.get(f"{demo.addresses.identity_provider_url}/")
    demo.process.terminate()
    printed += demo.wait_for_end()[1]
    assert "provider|" in printed
    instance = InstanceFolder(tmp_path / "demo")
    for name in SECRETS:
        assert instance.secret(name) not in printed, name
