"""The demo: its folder, its files, and the command as a person at a terminal meets it."""

import json
import re
import signal
import socket
import stat
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from mobbscan_sandbox.demo.__main__ import _own_folder
from mobbscan_sandbox.demo.addresses import Addresses
from mobbscan_sandbox.demo.errors import AddressUnavailable, FolderHasOtherFiles, PortInUse
from mobbscan_sandbox.demo.instance_folder import SECRETS, InstanceFolder
from mobbscan_sandbox.demo.program_output import LogLineFilter
from mobbscan_sandbox.demo.programs import programs, server_settings
from mobbscan_sandbox.demo.sites_file import shop_flow, shop_site, sites_toml
from mobbscan_sandbox.gateway.command_line import _options, _parser
from tests.support.eventually import eventually
from tests.support.free_ports import free_addresses
from webapp.config.settings import Settings

ADDRESSES = Addresses.from_base(8000)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def instance(tmp_path: Path) -> InstanceFolder:
    made = InstanceFolder(tmp_path / "demo")
    made.prepare(keep=False)
    site = shop_site(ADDRESSES, made.secret_file("handoff_key"))
    made.write_sites(sites_toml({"sites.shop": site, "sites.shop.flows.default": shop_flow()}))
    return made


class TestTheFolder:
    def test_only_its_owner_can_read_anything_in_it(self, instance: InstanceFolder) -> None:
        for path in [instance.folder, *instance.folder.rglob("*")]:
            assert mode(path) == (0o700 if path.is_dir() else 0o600), path

    def test_secrets_are_made_once_and_are_nobody_elses(
        self, instance: InstanceFolder, tmp_path: Path
    ) -> None:
        before = {name: instance.secret(name) for name in SECRETS}
        instance.prepare(keep=False)
        assert {name: instance.secret(name) for name in SECRETS} == before
        other = InstanceFolder(tmp_path / "other")
        other.prepare(keep=False)
        assert not set(before.values()) & {other.secret(name) for name in SECRETS}

    def test_each_start_begins_without_state_unless_it_is_to_be_kept(
        self, instance: InstanceFolder
    ) -> None:
        left = instance.state / "mobbscan-embed.sqlite3"
        left.write_text("of yesterday")
        instance.prepare(keep=True)
        assert left.exists()
        instance.prepare(keep=False)
        assert not left.exists()

    def test_a_folder_with_other_things_in_it_is_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "server").mkdir()
        treasure = tmp_path / "server" / "treasure.txt"
        treasure.write_text("gold")
        with pytest.raises(FolderHasOtherFiles):
            InstanceFolder(tmp_path).prepare(keep=False)
        assert treasure.read_text() == "gold"


class TestTheFiles:
    def test_the_server_accepts_settings_and_sites(self, instance: InstanceFolder) -> None:
        settings = Settings.from_environment(server_settings(ADDRESSES, instance))
        shop = settings.sites["shop"]
        assert shop.oidc
        assert shop.handoff_keys == (instance.secret("handoff_key"),)
        assert shop.origins == ("http://shop.localhost:8003",)
        assert shop.return_urls == ("http://shop.localhost:8003/account",)
        assert shop.locales == ("en", "es")
        flow = shop.flows["default"]
        assert (flow.country, flow.document_type, flow.attempts) == ("ESP", "IDCard", 3)
        assert flow.consent_version
        assert settings.public_url == "http://localhost:8000"
        assert not settings.data_keys_derived

    def test_a_secret_that_begins_with_a_dash_is_no_option(self, instance: InstanceFolder) -> None:
        """One in 64 does."""
        for name in ("api_key", "api_secret"):
            instance.secret_file(name).write_text(f"-{name}", encoding="utf-8")
        addresses = Addresses.from_base(20_000)
        settings = server_settings(addresses, instance)
        gateway = programs(addresses, instance, settings)["gateway"]
        options = _options(_parser().parse_args(gateway.arguments[1:]))
        assert (options.api_key, options.api_secret) == ("-api_key", "-api_secret")

    def test_all_four_parties_are_different_sites(self) -> None:
        urls = [
            ADDRESSES.server_url,
            ADDRESSES.gateway_url,
            ADDRESSES.identity_provider_url,
            ADDRESSES.shop_url,
        ]
        assert len({httpx.URL(url).host for url in urls}) == 4

    def test_secrets_are_on_no_command_line(self, instance: InstanceFolder) -> None:
        settings = server_settings(ADDRESSES, instance)
        secrets = {instance.secret(name) for name in SECRETS if name != "api_key"}
        token = json.loads(instance.secret("webhook_headers"))["Authorization"]
        for program in programs(ADDRESSES, instance, settings).values():
            words = " ".join(program.command())
            assert not [one for one in (*secrets, token) if one in words], program.name

    def test_sites_toml_survives_strange_values(self) -> None:
        strange = {
            "name": 'A "quoted" \\ naïve\tshop',
            "list": ["a", "b"],
            "on": True,
            "none": None,
        }
        text = sites_toml({"sites.shop": {**strange, "brand": {"color": "#0a5"}}})
        assert tomllib.loads(text)["sites"]["shop"] == {
            "name": 'A "quoted" \\ naïve\tshop',
            "list": ["a", "b"],
            "on": True,
            "brand": {"color": "#0a5"},
        }


class TestPorts:
    def test_a_taken_port_is_named_with_the_cure(self) -> None:
        addresses = free_addresses()
        taken = socket.create_server(("127.0.0.1", addresses.gateway))
        with taken, pytest.raises(PortInUse) as refused:
            addresses.check_free()
        assert f"Port {addresses.gateway}" in str(refused.value)
        assert "gateway" in str(refused.value)
        assert "make run PORT=9000" in str(refused.value)
        assert "(pid" not in str(refused.value), "the tests are none of the demo's programs"

    def test_a_missing_address_is_named_with_the_cure(self) -> None:
        assert "sudo ifconfig lo0 alias 127.0.0.2 up" in str(
            AddressUnavailable("provider", "127.0.0.2")
        )


class TestWhatIsWorthShowing:
    @pytest.mark.parametrize(
        ("line", "shown"),
        [
            ('{"event": "request", "level": "info"}', False),
            ('{"event": "gateway_away", "level": "warning"}', True),
            ("[2026-11-23 06:49:00] [12] [INFO] Listening", False),
            ("[ERROR] it broke", True),
            ('{"event": "login_failed", "code": "denied", "level": "warning"}', False),
            ('{"event": "handoff_refused", "code": "already_used", "level": "warning"}', False),
            ("sandbox: notice 5f0c2a9e-7b1d-4c36-9a52-0d8e6f3b1c77 VERIFIED: 204", False),
            ("sandbox: notice 5f0c2a9e-7b1d-4c36-9a52-0d8e6f3b1c77 VERIFIED: 401", True),
            ("sandbox: 127.0.0.1 - - [23/Nov] Request timed out: TimeoutError('timed out')", False),
            ("Traceback (most recent call last):", True),
            ("", False),
        ],
    )
    def test_warnings_and_errors_of_standard_error_are(self, line: str, shown: bool) -> None:
        assert LogLineFilter(unmarked=True).about(line) is shown

    def test_a_traceback_belongs_to_the_line_before(self) -> None:
        worry = LogLineFilter(unmarked=True)
        assert not worry.about("[INFO] a job failed and is tried again")
        assert not worry.about('  File "jobs.py", line 1')
        assert worry.about("[ERROR] a job failed for good")
        assert worry.about('  File "jobs.py", line 1')

    def test_plain_lines_of_standard_output_are_not(self) -> None:
        assert not LogLineFilter(unmarked=False).about("gateway in a box   http://127.0.0.1:8001")
        assert LogLineFilter(unmarked=False).about("[WARNING] odd")


StartDemo = Callable[..., "Demo"]


class Demo:
    """The command, with the port base of its own choice."""

    def __init__(self, folder: Path, addresses: Addresses, *options: str) -> None:
        self.addresses = addresses
        command = [sys.executable, "-m", "mobbscan_sandbox.demo", "--instance", str(folder)]
        self.process = subprocess.Popen(
            [*command, "--port-base", str(addresses.server), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.family: list[psutil.Process] = []

    def welcome(self) -> str:
        assert self.process.stdout is not None
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if "Ctrl-C stops" in line:
                break
        self.family = psutil.Process(self.process.pid).children(recursive=True)
        return "".join(lines)

    def member(self, words: str) -> psutil.Process:
        return next(each for each in self.family if words in " ".join(each.cmdline()))

    def end(self, seconds: float = 60) -> tuple[int, str]:
        _, said = self.process.communicate(timeout=seconds)
        return self.process.returncode, said


@pytest.fixture
def start_demo(tmp_path: Path) -> Iterator[StartDemo]:
    started: list[Demo] = []

    def start(addresses: Addresses | None = None, *options: str) -> Demo:
        started.append(Demo(tmp_path / "demo", addresses or free_addresses(), *options))
        return started[-1]

    yield start
    for demo in started:
        demo.process.kill()
        for process in demo.family:
            if process.is_running():
                process.kill()
        demo.process.communicate()


def nobody_left(demo: Demo) -> bool:
    return not any(_works(each) for each in demo.family)


def _works(process: psutil.Process) -> bool:
    """One that has ended, and that its new parent has not looked at yet, does not."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:  # a zombie, too, for some versions
        return False


class TestTheCommand:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
    def test_it_says_where_to_go_and_stops_all_when_asked(
        self, start_demo: StartDemo, number: signal.Signals
    ) -> None:
        demo = start_demo()
        said = demo.welcome()
        for url in re.findall(r"http://127\S+|http://localhost\S+", said):
            assert httpx.get(url, follow_redirects=True).status_code == 200, url
        for url in (
            demo.addresses.shop_url,
            demo.addresses.server_url,
            demo.addresses.identity_provider_url,
        ):
            assert url in said
        demo.process.send_signal(number)
        code, complaints = demo.end()
        assert (code, complaints) == (0, "")
        assert nobody_left(demo)
        demo.addresses.check_free()

    def test_it_can_be_stopped_while_it_starts(self, start_demo: StartDemo) -> None:
        demo = start_demo()
        process = psutil.Process(demo.process.pid)
        demo.family = eventually(lambda: process.children(recursive=True))
        demo.process.terminate()
        assert demo.end()[0] == 0
        assert nobody_left(demo)

    def test_when_one_of_them_dies_it_says_so_and_stops_the_rest(
        self, start_demo: StartDemo
    ) -> None:
        demo = start_demo()
        demo.welcome()
        demo.member("sandbox.identity_provider").kill()
        code, said = demo.end()
        assert code == 1
        assert "The provider stopped by itself (SIGKILL)" in said
        assert "provider.log" in said
        assert nobody_left(demo)

    def test_when_it_is_killed_nobody_stays_behind(self, start_demo: StartDemo) -> None:
        demo = start_demo()
        demo.welcome()
        assert len(demo.family) >= 4
        demo.process.kill()
        assert eventually(lambda: nobody_left(demo), seconds=60)

    def test_a_second_one_in_the_same_folder_or_on_the_same_ports_changes_nothing(
        self, start_demo: StartDemo, tmp_path: Path
    ) -> None:
        first = start_demo()
        first.welcome()
        database = tmp_path / "demo" / "server" / "mobbscan-embed.sqlite3"
        before = database.stat().st_ino
        code, said = start_demo().end()
        assert code == 1
        assert f"is in use by another demo (pid {first.process.pid})" in said
        assert "make run PORT=" in said
        code, said = Demo(tmp_path / "another", first.addresses).end()
        assert code == 1
        assert f'is already taken by "webapp serve" (pid {first.member("serve").pid}).' in said
        assert database.stat().st_ino == before
        assert httpx.get(f"{first.addresses.gateway_url}/_sandbox/").status_code == 200

    def test_each_port_has_a_folder_of_its_own(self) -> None:
        assert _own_folder(8000) == Path("instance/demo")
        assert _own_folder(9000) == Path("instance/demo-9000")

    def test_a_taken_port_stops_it_before_anything_starts(self, start_demo: StartDemo) -> None:
        addresses = free_addresses()
        with socket.create_server(("127.0.0.1", addresses.shop)):
            code, said = start_demo(addresses).end()
        assert code == 1
        assert f"Port {addresses.shop} on 127.0.0.1, meant for the shop, is already taken." in said
        assert "Traceback" not in said

    def test_no_secret_is_ever_printed(self, start_demo: StartDemo, tmp_path: Path) -> None:
        demo = start_demo(None, "--verbose")
        printed = demo.welcome()
        httpx.get(f"{demo.addresses.identity_provider_url}/")
        demo.process.terminate()
        printed += demo.end()[1]
        assert "provider|" in printed
        instance = InstanceFolder(tmp_path / "demo")
        for name in SECRETS:
            assert instance.secret(name) not in printed, name
