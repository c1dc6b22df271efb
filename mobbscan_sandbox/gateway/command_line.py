"""The command line of the gateway in a box."""

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
from mobbscan_sandbox.gateway.server import listen
from mobbscan_sandbox.gateway.tenants import NOTICE_STATES


def main(argv: list[str]) -> int:
    """Serve until told to stop; returns the exit status."""
    arguments = _parser().parse_args(argv)
    host, port = arguments.bind
    options = _options(arguments)
    logging.basicConfig(level=logging.INFO, format="sandbox: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    app = create_gateway(options)
    server = listen(app, host, port)
    _introduce(options, f"http://{host}:{server.port}", arguments)
    signal.signal(signal.SIGTERM, _stop)
    with suppress(KeyboardInterrupt, SystemExit):
        server.serve_forever()
    gateway_of(app).close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mobbscan_sandbox",
        description="The MobbScan gateway in a box: API, hosted page and notices, all pretended.",
    )
    add = parser.add_argument
    add("--bind", type=_address, default=("127.0.0.1", 8001), metavar="HOST:PORT")
    add("--api-key", metavar="KEY", help="made up and printed when absent")
    secret = parser.add_mutually_exclusive_group()
    secret.add_argument("--api-secret", metavar="SECRET", help="made up and printed when absent")
    secret.add_argument(
        "--api-secret-file",
        type=_text,
        metavar="FILE",
        dest="api_secret",
        help="the secret in a file, so that no list of processes shows it",
    )
    add("--webhook", metavar="URL", help="where notices go; absent: nowhere")
    add(
        "--webhook-header",
        type=_header,
        action="append",
        default=[],
        metavar="'NAME: VALUE'",
        help="a header that every notice carries; may be repeated",
    )
    add(
        "--webhook-header-file",
        type=_headers,
        default={},
        metavar="FILE",
        help="such headers in a file, as one JSON object of names and values",
    )
    add(
        "--webhook-state",
        action="append",
        choices=NOTICE_STATES,
        help="a state the webhook wants to hear of; may be repeated; absent: all",
    )
    add("--state", type=Path, metavar="FILE", help="keep everything there over a restart")
    add("--public-url", metavar="URL", help="where browsers reach it; default: as it was called")
    return parser


def _address(text: str) -> tuple[str, int]:
    host, separator, port = text.rpartition(":")
    if not (separator and host and port.isdecimal() and int(port) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return host.strip("[]"), int(port)


def _header(text: str) -> tuple[str, str]:
    name, separator, value = text.partition(":")
    if not (separator and name.strip() and value.strip()):
        raise argparse.ArgumentTypeError("a header is written 'Name: value'")
    return name.strip(), value.strip()


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise argparse.ArgumentTypeError(f"cannot read {path}") from error


def _headers(path: str) -> dict[str, str]:
    try:
        found = json.loads(_text(path))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{path} holds no JSON") from error
    if not isinstance(found, dict):
        raise argparse.ArgumentTypeError(f"{path} holds no JSON object")
    return dict(_header(f"{name}: {value}") for name, value in found.items())


def _options(arguments: argparse.Namespace) -> SandboxOptions:
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


def _introduce(options: SandboxOptions, url: str, arguments: argparse.Namespace) -> None:
    print(f"gateway in a box   {url}")
    print(f"controls           {url}/_sandbox/")
    if arguments.api_key is None:
        print(f"api key            {options.api_key}")
    if arguments.api_secret is None:
        print(f"api secret         {options.api_secret}")
    print(f"notices to         {options.webhook.url or 'nobody (no --webhook)'}", flush=True)


def _stop(_number: int, _frame: object) -> None:
    raise SystemExit(0)
