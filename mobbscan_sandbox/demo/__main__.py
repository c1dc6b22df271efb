"""Run the demo (`make run`): server, gateway, identity provider and shop on this machine."""

import argparse
import signal
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

from mobbscan_sandbox.demo.addresses import Addresses
from mobbscan_sandbox.demo.child_processes import ChildProcess, ChildProcesses
from mobbscan_sandbox.demo.errors import DemoError
from mobbscan_sandbox.demo.folder_lock import lock_folder
from mobbscan_sandbox.demo.instance_folder import InstanceFolder
from mobbscan_sandbox.demo.program_output import Terminal
from mobbscan_sandbox.demo.programs import programs, server_settings, write_server_settings
from mobbscan_sandbox.demo.sites_file import shop_flow, shop_site, sites_toml
from mobbscan_sandbox.demo.website import DEFAULT_URL, Website
from mobbscan_sandbox.demo.welcome_message import STARTING, welcome
from mobbscan_sandbox.dependencies import exit_if_packages_are_missing

DEFAULT_PORT, DEFAULT_FOLDER = 8000, Path("instance/demo")


def _port_base(text: str) -> int:
    if not text.isdecimal() or not 1024 <= int(text) <= 65532:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1024 to 65532")
    return int(text)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m mobbscan_sandbox.demo", description=__doc__)
    parser.add_argument(
        "--port-base",
        type=_port_base,
        default=DEFAULT_PORT,
        metavar="PORT",
        help="the first of four ports in a row (default: %(default)s)",
    )
    parser.add_argument(
        "--instance",
        type=Path,
        metavar="FOLDER",
        help="private folder for secrets, logs and state "
        f"(default: {DEFAULT_FOLDER}, with the port appended unless it is {DEFAULT_PORT})",
    )
    parser.add_argument(
        "--website",
        type=_website_url,
        default=DEFAULT_URL,
        metavar="URL",
        help="address of your own website on this machine (default: %(default)s)",
    )
    parser.add_argument("--keep", action="store_true", help="keep the state of the last run")
    parser.add_argument(
        "--verbose", action="store_true", help="show the whole output of the programs"
    )
    options = parser.parse_args()
    options.instance = options.instance or _folder_for(options.port_base)
    return options


def _folder_for(port_base: int) -> Path:
    """Return a folder of its own for each port, so that demos do not share one."""
    if port_base == DEFAULT_PORT:
        return DEFAULT_FOLDER
    return DEFAULT_FOLDER.with_name(f"{DEFAULT_FOLDER.name}-{port_base}")


def _website_url(text: str) -> str:
    url = urlsplit(text.rstrip("/"))
    host = url.hostname or ""
    is_local = host in ("localhost", "127.0.0.1") or host.endswith(".localhost")
    if url.scheme != "http" or not is_local or url.path:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not like {DEFAULT_URL}; the host may be localhost, 127.0.0.1, or a name "
            "such as shop.localhost, which is another site for browsers"
        )
    return url.geturl()


def _prepare(addresses: Addresses, instance: InstanceFolder, options: argparse.Namespace) -> None:
    addresses.check_free()
    instance.prepare(keep=options.keep)
    shop = {
        "sites.shop": shop_site(addresses, instance),
        "sites.shop.flows.default": shop_flow(),
    }
    website = Website.of_demo(options.website, instance)
    instance.write_sites(sites_toml({**shop, **website.tables()}))
    website.write_settings(addresses.server_url, instance)


def _run(instance: InstanceFolder, options: argparse.Namespace, stop: threading.Event) -> None:
    instance.open()
    with lock_folder(instance.folder):
        _run_programs(instance, options, stop)


def _run_programs(
    instance: InstanceFolder, options: argparse.Namespace, stop: threading.Event
) -> None:
    addresses = Addresses.from_base(options.port_base)
    _prepare(addresses, instance, options)
    terminal = Terminal(verbose=options.verbose)
    settings = server_settings(addresses, instance)
    write_server_settings(settings, instance)
    by_name = programs(addresses, instance, settings)
    with ChildProcesses(
        ChildProcess(program, instance.logs / f"{name}.log", terminal)
        for name, program in by_name.items()
    ) as children:
        try:
            print(STARTING, flush=True)
            children.start()
            children.wait_until_ready(canceled=stop.is_set)
            if not stop.is_set():
                print(welcome(addresses, instance.folder), flush=True)
            children.watch(until=stop)
        finally:
            terminal.mute()


def main() -> int:
    """Run until Ctrl-C, SIGTERM or SIGHUP; returns 1 on a `DemoError`."""
    exit_if_packages_are_missing()
    options = _parse_arguments()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    try:
        _run(InstanceFolder(options.instance), options, stop)
    except DemoError as error:
        print(f"\n  {error}", file=sys.stderr)
        return 1
    print("\n  Stopped.", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
