"""Count what failing attempts write to the database: beyond a limit, and from many addresses.

The control is a good hand-off, which opens a session and so has to write.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import common
import httpx
from joserfc import jwt
from joserfc.jwk import OctKey
from serving import BenchInstallation

KEY = OctKey.import_key("0123456789abcdef0123456789abcdef")
CLIENTS = 16
API = "/api/v1/onboardings"
Requests = Callable[[], Iterator[bytes]]


def handoff_token(**changes: object) -> str:
    now = int(time.time())
    claims = {"iss": "shop", "aud": "http://127.0.0.1:1", "sub": uuid.uuid4().hex, "iat": now}
    claims |= {"exp": now + 290, "jti": uuid.uuid4().hex, **changes}
    return jwt.encode({"alg": "HS256"}, claims, KEY)


def requests(
    path: Callable[[], str], addresses: int = 1, headers: Callable[[], str] = lambda: ""
) -> Iterator[bytes]:
    """Yield GET requests; `headers` returns further lines of the head, each with its CRLF."""
    for number in count():
        place = number % addresses
        client = f"10.{place >> 16}.{place >> 8 & 255}.{place & 255}"
        yield (
            f"GET {path()} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"X-Forwarded-For: {client}\r\n{headers()}\r\n"
        ).encode()


def wrong_key() -> str:
    return f"Authorization: Bearer {uuid.uuid4().hex}\r\n"


def attacks() -> dict[str, Iterator[bytes]]:
    used = handoff_token()
    return {
        "good hand-offs (control)": requests(lambda: f"/handoff?token={handoff_token()}"),
        "bad hand-offs, one address": requests(lambda: "/handoff?token=garbage"),
        "a used hand-off, one address": requests(lambda: f"/handoff?token={used}"),
        "unknown links, one address": requests(lambda: f"/l/{uuid.uuid4().hex}"),
        "bad hand-offs, 10,000 addresses": requests(lambda: "/handoff?token=garbage", 10_000),
        "wrong API keys, one address": requests(lambda: API, headers=wrong_key),
        "wrong API keys, 10,000 addresses": requests(lambda: API, 10_000, wrong_key),
    }


def measure(folder: Path, database_url: str | None, seconds: float) -> list[list[str]]:
    bench = BenchInstallation(folder, "http://127.0.0.1:1", database_url)
    environ = {**bench.environment, "TRUSTED_PROXY_HOPS": "1"}
    rows = []
    with common.gunicorn("counting_writes:app", folder, **environ) as (address, pid):
        for name, attack in attacks().items():
            before = writes(address)
            load = common.run_load(address, attack, clients=CLIENTS, seconds=seconds, pid=pid)
            time.sleep(1.5)  # what has been counted is shared within a second
            written, attempts = writes(address) - before, len(load.latencies)
            rows.append(
                [
                    "PostgreSQL" if database_url else "SQLite",
                    name,
                    f"{attempts:,}",
                    f"{written:,}",
                    f"{written / attempts:.4f}",
                    f"{written / load.seconds:.1f}",
                    f"{load.processor_us:.0f}",
                ]
            )
    return rows


def writes(address: tuple[str, int]) -> int:
    return int(httpx.get("http://{}:{}/writes".format(*address), trust_env=False).text)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=10.0)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name, common.postgres() as url:
        rows = measure(Path(name, "sqlite"), None, given.seconds)
        rows += measure(Path(name, "postgresql"), url, given.seconds)
    head = ["database", "attempts", "number", "writes", "per attempt", "per second", "µs CPU each"]
    common.table("Writing statements of attempts", head, rows)


if __name__ == "__main__":
    main()
