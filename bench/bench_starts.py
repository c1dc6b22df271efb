"""Measure starts of onboardings: processor time, and rate when the gateway is slow.

The control is the vendor's sample code in a separate route, in the same gunicorn worker, against
the same gateway. That gateway does no work (`tests/support/instant_gateway.py`).
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import common
import vendor_start
from common import BARE, LoadResult
from serving import BenchInstallation

from tests.support.instant_gateway import running

THREADS, USERS, SLOW_MS = 16, 64, 100
SAMPLE = b"POST /onboardings HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"


def instant(folder: Path, gateway_url: str, postgres: str, rounds: int, seconds: float) -> None:
    installations = {
        "ours, SQLite": BenchInstallation(folder / "sqlite", gateway_url),
        "ours, PostgreSQL": BenchInstallation(folder / "postgres", gateway_url, postgres),
    }

    def ours(installation: BenchInstallation) -> LoadResult:
        with common.gunicorn("wsgi:app", folder, **installation.environment) as (address, pid):
            start_requests = iter(list(itertools.islice(installation.start_requests(), 1500)))
            common.run_load(address, start_requests, clients=8, seconds=0.3, expected=b"303")
            return common.run_load(
                address, start_requests, clients=8, seconds=seconds, expected=b"303", pid=pid
            )

    def sample() -> LoadResult:
        own = {"MOBBSCAN_GATEWAY_URL": gateway_url}
        with common.gunicorn("vendor_start:app", folder, *BARE, **own) as (address, pid):
            start_requests = itertools.repeat(SAMPLE)
            common.run_load(address, start_requests, clients=8, seconds=0.3, expected=b"303")
            return common.run_load(
                address, start_requests, clients=8, seconds=seconds, expected=b"303", pid=pid
            )

    def alone() -> LoadResult:
        begin, before, done = time.perf_counter(), time.process_time(), 0
        while time.perf_counter() - begin < seconds:
            vendor_start.start(gateway_url)
            done += 1
        took = time.perf_counter() - begin
        return LoadResult(took, time.process_time() - before, [0.0] * done)

    found = common.interleaved(
        {
            "sample in a route": sample,
            "sample, no server": alone,
            **{
                name: (lambda installation=installation: ours(installation))
                for name, installation in installations.items()
            },
        },
        rounds,
    )
    per_core = {name: [1e6 / one.processor_us for one in all_] for name, all_ in found.items()}
    common.table(
        f"Starts, gateway answering at once; {rounds} rounds",
        ["", "starts per second and core", "× sample in a route", "× sample, no server", "failed"],
        [
            [
                name,
                common.spread(per_core[name], "{:.0f}"),
                common.spread(common.ratios(per_core[name], per_core["sample in a route"])),
                common.spread(common.ratios(per_core[name], per_core["sample, no server"])),
                str(sum(one.failures for one in all_)),
            ]
            for name, all_ in found.items()
        ],
    )


def slow(folder: Path, gateway_url: str, rounds: int, seconds: float) -> None:
    """Measure with `THREADS` threads, so that they are the limit and not the processor."""
    installation = BenchInstallation(folder / "slow", gateway_url)
    threads = ("--threads", str(THREADS))

    def measured(
        app: str, start_requests: Iterator[bytes], *options: str, **environ: str
    ) -> LoadResult:
        with common.gunicorn(app, folder, *options, *threads, **environ) as (address, _):
            common.run_load(address, start_requests, clients=USERS, seconds=0.5, expected=b"303")
            return common.run_load(
                address, start_requests, clients=USERS, seconds=seconds, expected=b"303"
            )

    found = common.interleaved(
        {
            "sample in a route": lambda: measured(
                "vendor_start:app",
                itertools.repeat(SAMPLE),
                *BARE,
                MOBBSCAN_GATEWAY_URL=gateway_url,
            ),
            "ours, SQLite": lambda: measured(
                "wsgi:app",
                iter(list(itertools.islice(installation.start_requests(), 1000))),
                **installation.environment,
            ),
        },
        rounds,
    )
    most = THREADS / (SLOW_MS / 1000)
    common.table(
        f"Starts, gateway needing {SLOW_MS} ms, {USERS} users waiting, {THREADS} threads;"
        f" {rounds} rounds",
        ["", "starts per second", "share of threads ÷ latency", "failed"],
        [
            [
                name,
                common.spread([one.rate for one in all_], "{:.0f}"),
                common.spread([one.rate / most for one in all_], "{:.0%}"),
                str(sum(one.failures for one in all_)),
            ]
            for name, all_ in found.items()
        ],
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=float, default=2.0)
    given = options.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="mobbscan-embed-bench-") as name,
        running() as gateway,
        common.postgres() as postgres,
    ):
        instant(Path(name), gateway.url, postgres, given.rounds, given.seconds)
        gateway.control(f"delay/{SLOW_MS}")
        slow(Path(name), gateway.url, given.rounds, given.seconds)


if __name__ == "__main__":
    main()
