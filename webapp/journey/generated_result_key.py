"""The key for signed results that the server makes itself when RESULT_KEYS names none."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from webapp.hostsite.signed_results import PrivateJwk, generate_result_key
from webapp.store.unit_of_work import Database, UnitOfWork

_NAME = "result"


def signing_keys(
    database: Database, configured: Sequence[PrivateJwk], now: datetime
) -> list[PrivateJwk]:
    """Return the configured keys, then the generated one; the first key signs.

    A key is generated if none is configured. It stays published after keys are configured: hosts
    still verify what it has signed.
    """
    with database.reading() as work:
        stored = work.generated_keys.get(_NAME)
    if stored is None and not configured:
        with database.writing() as work:
            stored = work.generated_keys.get_or_make(_NAME, now, _make)
    return _all_keys(configured, stored)


def signing_keys_within(
    work: UnitOfWork, configured: Sequence[PrivateJwk], now: datetime
) -> list[PrivateJwk]:
    """Return the same keys within an open transaction, which may generate the key.

    Do not keep them after the transaction: if it is rolled back, the key does not exist.
    """
    stored = work.generated_keys.get(_NAME)
    if stored is None and not configured:
        stored = work.generated_keys.get_or_make(_NAME, now, _make)
    return _all_keys(configured, stored)


def _all_keys(configured: Sequence[PrivateJwk], stored: bytes | None) -> list[PrivateJwk]:
    generated = [json.loads(stored)] if stored is not None else []
    return [*configured, *generated]


def forget(database: Database) -> bool:
    """Delete the generated key; return whether there was one.

    Processes that run keep it until they are restarted. The next one that needs a key makes a new
    one, unless RESULT_KEYS names one.
    """
    with database.writing() as work:
        return work.generated_keys.delete(_NAME)


def _make() -> bytes:
    return json.dumps(generate_result_key()).encode()
