"""Count log-ins at the gateway when 500 calls of four processes use a refused token.

The gateway answers the calls only when all 500 have arrived, so that none sees the result of
another.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import common

from tests.faults.test_token_refresh import LONG_BUDGETS, call_with_revoked_token
from tests.support.instant_gateway import InstantGateway, running
from tests.support.memory_token_cache import MemoryTokenCache
from tests.unit.store import processes
from tests.unit.store.rows import in_threads
from webapp.gateway.client import Gateway
from webapp.gateway.options import GatewayOptions
from webapp.gateway.token_cache import Token
from webapp.store import migrate
from webapp.store.engine import make_engine


def call_with_own_cache(gateway_url: str, calls: int) -> int:
    """Make calls in one process with its own token cache; return how many were answered."""
    then = datetime.now(UTC) - timedelta(minutes=1)
    tokens = MemoryTokenCache(Token("token-0", then, then + timedelta(minutes=15)))
    gateway = Gateway(GatewayOptions(gateway_url, "key", "secret"), tokens, budgets=LONG_BUDGETS)
    try:
        id_ = "5f0c2a9e-7b1d-4c36-9a52-0d8e6f3b1c77"
        answers = in_threads(calls, lambda: gateway.read(id_).scan_id)
        return sum(each == id_ for each in answers)
    finally:
        gateway.close()


def processes_with_own_tokens(gateway: InstantGateway, calls: int) -> tuple[int, dict[str, int]]:
    gateway.control(f"kill/{calls}")
    arguments = (gateway.url, calls // processes.COUNT)
    answered = sum(processes.at_once(call_with_own_cache, *arguments))
    return answered, gateway.control("counts")


def nodes_with_shared_token(
    gateway: InstantGateway, address: str, calls: int
) -> tuple[int, dict[str, int]]:
    engine = make_engine(address)
    migrate.upgrade(engine)
    engine.dispose()
    answers, counts = call_with_revoked_token(address, gateway, calls)
    return answers.count("answered"), counts


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--calls", type=int, default=500)
    calls = options.parse_args().calls
    rows = [["a token per call, as in the vendor's sample", str(calls), "", ""]]
    with tempfile.TemporaryDirectory() as folder, common.postgres() as postgres:
        for name, measure in {
            "a token per process": lambda gateway: processes_with_own_tokens(gateway, calls),
            "ours, SQLite": lambda gateway: nodes_with_shared_token(
                gateway, f"sqlite:///{Path(folder)}/s", calls
            ),
            "ours, PostgreSQL": lambda gateway: nodes_with_shared_token(gateway, postgres, calls),
        }.items():
            with running() as gateway:
                began = time.perf_counter()
                answered, counts = measure(gateway)
                took = f"{time.perf_counter() - began:.1f} s"
            rows.append([name, str(counts["log_ins"]), f"{answered} of {calls}", took])
    common.table(
        f"{calls} calls of {processes.COUNT} processes use a refused token",
        ["", "log-ins", "calls answered", "took"],
        rows,
    )


if __name__ == "__main__":
    main()
