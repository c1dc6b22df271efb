"""Faults below HTTP: drops, drips and answers cut short."""

import time
from collections.abc import Callable

from mobbscan_sandbox.gateway.faults import Fault

TRANSPORT = "sandbox.fault"
"""Where in the WSGI environment a view's fault waits for the server."""

Write = Callable[[bytes], object]


def deliver(write: Write, head: bytes, body: bytes, fault: Fault | None) -> bool:
    """Write an answer, or as much of it as the fault lets through; False: hang up now."""
    kind = fault.kind if fault else ""
    options = fault.options if fault else {}
    if kind == "drop":
        if options["when"] == "after_headers":
            write(head)
        return False
    if kind == "truncated":
        write(head + body[: int(len(body) * options["keep"])])
        return False
    if kind == "drip_headers":
        _drip(write, head, options["bytes"], options["ms"])
        write(body)
    elif kind == "drip_body":
        write(head)
        _drip(write, body, options["bytes"], options["ms"])
    else:
        write(head + body)
    return True


def _drip(write: Write, content: bytes, size: int, milliseconds: int) -> None:
    for start in range(0, len(content), size):
        write(content[start : start + size])
        time.sleep(milliseconds / 1000)
