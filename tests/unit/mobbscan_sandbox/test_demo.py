"""The demo's instance folder, settings and output filter; test_demo_command.py runs it."""

import argparse
import hashlib
import json
import os
import socket
import stat
import subprocess
import tomllib

import httpx
import pytest

from mobbscan_sandbox.demo.__main__ import _folder_for, _website_url
from mobbscan_sandbox.demo.addresses import Addresses
from mobbscan_sandbox.demo.errors import AddressUnavailable, FolderHasOtherFiles, PortInUse
from mobbscan_sandbox.demo.instance_folder import SECRETS, InstanceFolder
from mobbscan_sandbox.demo.program_output import LogLineFilter
from mobbscan_sandbox.demo.programs import programs, server_settings, write_server_settings
from mobbscan_sandbox.demo.sites_file import shop_flow, shop_site, sites_toml
from mobbscan_sandbox.demo.website import Website
from mobbscan_sandbox.gateway.command_line import argument_parser, options_from
from tests.support.free_ports import free_addresses
from webapp.config.settings import Settings

ADDRESSES = Addresses.from_base(8000)


@pytest.fixture
def instance(tmp_path):
    folder = InstanceFolder(tmp_path / "demo")
    folder.prepare(keep=False)
    site = shop_site(ADDRESSES, folder)
    shop = {"sites.shop": site, "sites.shop.flows.default": shop_flow()}
    website = Website.of_demo("http://localhost:3000", folder)
    folder.write_sites(sites_toml({**shop, **website.tables()}))
    website.write_settings(ADDRESSES.server_url, folder)
    return folder


def test_instance_folder_is_readable_by_its_owner_only(instance):
    for path in [instance.folder, *instance.folder.rglob("*")]:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path


def test_secrets_are_generated_once_per_folder(instance, tmp_path):
    before = {name: instance.secret(name) for name in SECRETS}
    instance.prepare(keep=False)
    assert {name: instance.secret(name) for name in SECRETS} == before
    other = InstanceFolder(tmp_path / "other")
    other.prepare(keep=False)
    assert not set(before.values()) & {other.secret(name) for name in SECRETS}


def test_prepare_deletes_the_state_unless_it_is_kept(instance):
    database = instance.state / "mobbscan-embed.sqlite3"
    database.write_text("state of an earlier run")
    instance.prepare(keep=True)
    assert database.exists()
    instance.prepare(keep=False)
    assert not database.exists()


def test_folder_with_other_files_is_refused_and_unchanged(tmp_path):
    (tmp_path / "server").mkdir()
    other_file = tmp_path / "server" / "notes.txt"
    other_file.write_text("notes")
    with pytest.raises(FolderHasOtherFiles):
        InstanceFolder(tmp_path).prepare(keep=False)
    assert other_file.read_text() == "notes"


def test_each_port_has_a_folder_of_its_own():
    folders = [_folder_for(port).as_posix() for port in (8000, 9000)]
    assert folders == ["instance/demo", "instance/demo-9000"]


def test_server_accepts_the_settings_and_sites_of_the_demo(instance):
    settings = Settings.from_environment(server_settings(ADDRESSES, instance))
    shop = settings.sites["shop"]
    assert shop.oidc
    assert shop.handoff_keys == (instance.secret("handoff_key"),)
    assert shop.origins == ("http://shop.localhost:8003",)
    assert shop.return_urls == ("http://shop.localhost:8003/account",)
    assert shop.flows["default"].consent_version
    assert settings.public_url == "http://localhost:8000"
    assert not settings.data_keys_derived


def test_server_and_shop_share_key_and_secret_of_the_api_and_of_messages(instance):
    settings = Settings.from_environment(server_settings(ADDRESSES, instance))
    shop = settings.sites["shop"]
    digest = hashlib.sha256(instance.secret("shop_api_key").encode()).hexdigest()
    assert [key.sha256 for key in shop.api_keys] == [digest]
    assert shop.webhook_url == "http://127.0.0.1:8003/hooks/identity"
    assert shop.webhook_secrets == (instance.secret("shop_webhook_secret"),)


def test_settings_of_the_own_website_can_be_loaded_by_a_shell(instance):
    file = instance.folder / "my-site.env"
    printed = subprocess.run(
        ["sh", "-c", f'set -a; . "{file}"; set +a; env'],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    loaded = dict(line.split("=", 1) for line in printed.splitlines())
    expected = Website.of_demo("http://localhost:3000", instance).settings(ADDRESSES.server_url)
    assert {name: loaded[name] for name in expected} == expected
    assert expected["PORT"] == "3000"
    site = Settings.from_environment(server_settings(ADDRESSES, instance)).sites["my-site"]
    assert site.handoff_keys == (expected["IDENTITY_HANDOFF_KEY"],)
    assert site.webhook_secrets == (expected["IDENTITY_WEBHOOK_SECRET"],)
    assert site.webhook_url == "http://localhost:3000/hooks/identity"


def test_settings_of_the_server_can_be_loaded_by_a_shell_for_its_commands(tmp_path):
    instance = InstanceFolder(tmp_path / "a folder")
    instance.prepare(keep=False)
    settings = server_settings(ADDRESSES, instance)
    write_server_settings(settings, instance)
    file = instance.folder / "server.env"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    printed = subprocess.run(
        ["sh", "-c", f'set -a; . "{file}"; set +a; env'],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    loaded = dict(line.split("=", 1) for line in printed.splitlines())
    assert {name: loaded[name] for name in settings} == settings


def test_port_of_the_own_website_in_the_environment_does_not_move_the_demo(root):
    printed = subprocess.run(
        ["make", "--dry-run", "run"],
        env={"PATH": os.environ["PATH"], "PORT": "3000"},
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "--port-base 8000" in printed


def test_address_of_the_own_website_is_one_of_this_machine():
    assert _website_url("http://localhost:4000/") == "http://localhost:4000"
    assert _website_url("http://my-site.localhost:4000") == "http://my-site.localhost:4000"
    for text in ("https://localhost", "http://my-site.example", "http://localhost/path", "4000"):
        with pytest.raises(argparse.ArgumentTypeError, match="is not like http://localhost:3000"):
            _website_url(text)


def test_messages_to_an_own_website_below_localhost_go_to_localhost(instance):
    tables = Website.of_demo("http://my-site.localhost:4000", instance).tables()
    site = tables["sites.my-site"]
    assert site["origins"] == ["http://my-site.localhost:4000"]
    assert site["webhook_url"] == "http://localhost:4000/hooks/identity"


def test_secret_that_begins_with_a_dash_is_not_parsed_as_an_option(instance):
    for name in ("api_key", "api_secret"):
        instance.secret_file(name).write_text(f"-{name}", encoding="utf-8")
    gateway = programs(ADDRESSES, instance, server_settings(ADDRESSES, instance))["gateway"]
    options = options_from(argument_parser().parse_args(gateway.arguments[1:]))
    assert (options.api_key, options.api_secret) == ("-api_key", "-api_secret")


def test_four_programs_have_four_host_names():
    parts = ("server", "gateway", "identity_provider", "shop")
    assert len({httpx.URL(getattr(ADDRESSES, f"{part}_url")).host for part in parts}) == 4


def test_command_lines_contain_no_secrets(instance):
    secrets = [instance.secret(name) for name in SECRETS if name != "api_key"]
    secrets.append(json.loads(instance.secret("webhook_headers"))["Authorization"])
    for program in programs(ADDRESSES, instance, server_settings(ADDRESSES, instance)).values():
        command = " ".join(program.command())
        assert not [secret for secret in secrets if secret in command], program.name


def test_sites_toml_quotes_values_and_leaves_none_out():
    values = {"name": 'A "quoted" \\ naïve\tshop', "list": ["a", "b"], "on": True, "none": None}
    text = sites_toml({"sites.shop": {**values, "brand": {"color": "#0a5"}}})
    del values["none"]
    assert tomllib.loads(text)["sites"]["shop"] == {**values, "brand": {"color": "#0a5"}}


def test_port_in_use_error_names_the_port_and_how_to_change_it():
    addresses = free_addresses()
    with (
        socket.create_server(("127.0.0.1", addresses.gateway)),
        pytest.raises(PortInUse) as raised,
    ):
        addresses.check_free()
    assert f"Port {addresses.gateway}" in str(raised.value)
    assert "make run PORT=9000" in str(raised.value)
    assert "(pid" not in str(raised.value), "the test process is not a program of this project"


def test_address_unavailable_error_has_the_command_that_adds_it():
    error = AddressUnavailable("provider", "127.0.0.2")
    assert "sudo ifconfig lo0 alias 127.0.0.2 up" in str(error)


@pytest.mark.parametrize(
    ("line", "is_shown"),
    [
        ('{"event": "request", "level": "info"}', False),
        ('{"event": "gateway_unavailable", "level": "warning"}', True),
        ("[2026-11-23 06:49:00] [12] [INFO] Listening", False),
        ("[ERROR] it broke", True),
        ('{"event": "login_failed", "code": "denied", "level": "warning"}', False),
        ("sandbox: notice 5f0c2a9e-7b1d-4c36-9a52-0d8e6f3b1c77 VERIFIED: 204", False),
        ("sandbox: notice 5f0c2a9e-7b1d-4c36-9a52-0d8e6f3b1c77 VERIFIED: 401", True),
        ("sandbox: 127.0.0.1 - - [23/Nov] Request timed out: TimeoutError('timed out')", False),
        ("Traceback (most recent call last):", True),
        ("", False),
    ],
)
def test_filter_of_standard_error_shows_warnings_and_errors(line, is_shown):
    assert LogLineFilter(unmarked=True).is_shown(line) is is_shown


def test_filter_treats_an_indented_line_as_the_line_before():
    line_filter = LogLineFilter(unmarked=True)
    assert not line_filter.is_shown("[INFO] a job failed and is repeated")
    assert not line_filter.is_shown('  File "jobs.py", line 1')
    assert line_filter.is_shown("[ERROR] a job failed for the last time")
    assert line_filter.is_shown('  File "jobs.py", line 1')


def test_filter_of_standard_output_hides_lines_without_a_level():
    line_filter = LogLineFilter(unmarked=False)
    assert not line_filter.is_shown("gateway in a box   http://127.0.0.1:8001")
    assert line_filter.is_shown("[WARNING] odd")
