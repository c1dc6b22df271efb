"""Apply faults while an HTTP response is written: drops, slow writes and truncation."""

import time
from collections.abc import Callable

from mobbscan_sandbox.gateway.faults import Fault

ENVIRON_KEY = "sandbox.fault"
"""Key in the WSGI environment that passes the fault of a call to the server."""

Write = Callable[[bytes], object]


def write_response(write: Write, head: bytes, body: bytes, fault: Fault | None) -> bool:
    """Write a response with the fault applied; returns False if the connection must be closed."""
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
        _write_slowly(write, head, options["bytes"], options["ms"])
        write(body)
    elif kind == "drip_body":
        write(head)
        _write_slowly(write, body, options["bytes"], options["ms"])
    else:
        write(head + body)
    return True


def _write_slowly(write: Write, content: bytes, size: int, milliseconds: int) -> None:
    for start in range(0, len(content), size):
        write(content[start : start + size])
        time.sleep(milliseconds / 1000)
