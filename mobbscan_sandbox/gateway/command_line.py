"""Command line of the gateway in a box: parse options and serve."""

import argparse
import json
import logging
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

from mobbscan_sandbox.gateway.app import create_gateway
from mobbscan_sandbox.gateway.options import SandboxOptions, Webhook
from mobbscan_sandbox.gateway.request_context import gateway_of
from mobbscan_sandbox.gateway.server import bind_server
from mobbscan_sandbox.gateway.tenants import NOTICE_STATES
from mobbscan_sandbox.text_files import read_secret


def main(argv: list[str]) -> int:
    """Serve until SIGTERM or Ctrl-C; returns the exit status."""
    arguments = argument_parser().parse_args(argv)
    host, port = arguments.bind
    options = options_from(arguments)
    logging.basicConfig(level=logging.INFO, format="sandbox: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    app = create_gateway(options)
    server = bind_server(app, host, port)
    _print_addresses(options, f"http://{host}:{server.port}", arguments)
    signal.signal(signal.SIGTERM, _exit)
    with suppress(KeyboardInterrupt, SystemExit):
        server.serve_forever()
    gateway_of(app).close()
    return 0


def argument_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mobbscan_sandbox",
        description="Run the gateway in a box: the MobbScan API, its hosted page and its notices.",
    )
    add = parser.add_argument
    add("--bind", type=_parse_address, default=("127.0.0.1", 8001), metavar="HOST:PORT")
    add("--api-key", metavar="KEY", help="generated and printed when absent")
    secret = parser.add_mutually_exclusive_group()
    secret.add_argument("--api-secret", metavar="SECRET", help="generated and printed when absent")
    secret.add_argument(
        "--api-secret-file",
        type=_read_text,
        metavar="FILE",
        dest="api_secret",
        help="file with the secret, so that no process list shows it",
    )
    add("--webhook", metavar="URL", help="receiver of the notices; without it none are sent")
    add(
        "--webhook-header",
        type=_parse_header,
        action="append",
        default=[],
        metavar="'NAME: VALUE'",
        help="header of every notice; may be repeated",
    )
    add(
        "--webhook-header-file",
        type=_read_headers,
        default={},
        metavar="FILE",
        help="file with such headers, as one JSON object of names and values",
    )
    add(
        "--webhook-state",
        action="append",
        choices=NOTICE_STATES,
        help="state the webhook subscribes to; may be repeated; default: all",
    )
    add("--state", type=Path, metavar="FILE", help="file that keeps all state across restarts")
    add("--public-url", metavar="URL", help="address for browsers; default: the Host header")
    return parser


def _parse_address(text: str) -> tuple[str, int]:
    host, separator, port = text.rpartition(":")
    if not (separator and host and port.isdecimal() and int(port) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return host.strip("[]"), int(port)


def _parse_header(text: str) -> tuple[str, str]:
    name, separator, value = text.partition(":")
    if not (separator and name.strip() and value.strip()):
        raise argparse.ArgumentTypeError("write a header as 'Name: value'")
    return name.strip(), value.strip()


def _read_text(path: str) -> str:
    try:
        return read_secret(Path(path))
    except (OSError, UnicodeDecodeError) as error:
        raise argparse.ArgumentTypeError(f"cannot read {path}") from error


def _read_headers(path: str) -> dict[str, str]:
    try:
        found = json.loads(_read_text(path))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{path} does not hold JSON") from error
    if not isinstance(found, dict):
        raise argparse.ArgumentTypeError(f"{path} does not hold a JSON object")
    return dict(_parse_header(f"{name}: {value}") for name, value in found.items())


def options_from(arguments: argparse.Namespace) -> SandboxOptions:
    chosen: dict[str, Any] = {
        "api_key": arguments.api_key,
        "api_secret": arguments.api_secret,
        "state_file": arguments.state,
        "public_url": arguments.public_url and arguments.public_url.rstrip("/"),
    }
    states = tuple(arguments.webhook_state or NOTICE_STATES)
    headers = {**arguments.webhook_header_file, **dict(arguments.webhook_header)}
    webhook = Webhook(arguments.webhook, headers, states)
    given = {name: value for name, value in chosen.items() if value is not None}
    return SandboxOptions(webhook=webhook, **given)


def _print_addresses(options: SandboxOptions, url: str, arguments: argparse.Namespace) -> None:
    print(f"gateway in a box   {url}")
    print(f"controls           {url}/_sandbox/")
    if arguments.api_key is None:
        print(f"api key            {options.api_key}")
    if arguments.api_secret is None:
        print(f"api secret         {options.api_secret}")
    print(f"notices to         {options.webhook.url or 'none (no --webhook)'}", flush=True)


def _exit(_number: int, _frame: object) -> None:
    raise SystemExit(0)
