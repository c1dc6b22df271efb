"""The executor id of this node's jobs process in the job library, and the lock on it.

Two processes with one id would take each other's running jobs for abandoned ones and repeat them.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from webapp.basics.file_lock import try_lock

_FILE = "executor-id"


class ExecutorIdInUse(Exception):
    """Another jobs process uses this INSTANCE_DIR; the message says how to fix it."""


def executor_id(instance_dir: Path) -> str:
    """Return the id of this folder; it is stable over restarts and unique to the folder."""
    return _id_file(instance_dir).read_text().strip()


@contextmanager
def hold_executor_id(instance_dir: Path) -> Iterator[None]:
    """Hold the lock on the id; the kernel frees it when the process ends.

    Raises ExecutorIdInUse when another process holds it.
    """
    with _id_file(instance_dir).open() as file:
        if not try_lock(file.fileno()):
            raise ExecutorIdInUse(
                f"another jobs process runs with INSTANCE_DIR {instance_dir}: one node needs only "
                "one (`serve` starts its own); to run a second one, give it a folder of its own"
            )
        yield


def is_executor_id_held(instance_dir: Path) -> bool:
    """Return whether a jobs process runs with this folder. Creates nothing."""
    if not (instance_dir / _FILE).exists():
        return False
    try:
        with hold_executor_id(instance_dir):
            return False
    except ExecutorIdInUse:
        return True


def _id_file(instance_dir: Path) -> Path:
    """Create the file once; it is never replaced, because the lock is on the file itself."""
    path = instance_dir / _FILE
    if not path.exists():
        instance_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        new_id = uuid.uuid4().hex
        new = path.with_suffix(f".{new_id}")
        new.write_text(new_id)
        with suppress(FileExistsError):
            os.link(new, path)
        new.unlink()
    return path
