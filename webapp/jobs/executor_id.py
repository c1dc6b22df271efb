"""This machine's name in the job library, and that one jobs process at a time goes by it.

Two would take each other's work for their own left from before, and do it again.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from webapp.basics.file_lock import try_lock

_FILE = "executor-id"


class InUse(Exception):
    """Another jobs process goes by the name of this folder; carries the cure."""


def executor_id(instance_dir: Path) -> str:
    """The name: stays the same over restarts, and is never that of another folder."""
    return _file(instance_dir).read_text().strip()


@contextmanager
def held(instance_dir: Path) -> Iterator[None]:
    """Have the name to oneself; the kernel gives it back, however a process ends.

    Raises InUse when another process has it.
    """
    with _file(instance_dir).open() as file:
        if not try_lock(file.fileno()):
            raise InUse(
                f"another jobs process runs with INSTANCE_DIR {instance_dir}: one machine needs"
                " only one (`serve` has its own); to run a second one, give it a folder of its own"
            )
        yield


def in_use(instance_dir: Path) -> bool:
    """Whether a jobs process runs with this folder. Makes nothing."""
    if not (instance_dir / _FILE).exists():
        return False
    try:
        with held(instance_dir):
            return False
    except InUse:
        return True


def _file(instance_dir: Path) -> Path:
    """Made by whoever is the first, and never replaced: the lock is on the file itself."""
    path = instance_dir / _FILE
    if not path.exists():
        instance_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = uuid.uuid4().hex
        new = path.with_suffix(f".{name}")
        new.write_text(name)
        with suppress(FileExistsError):
            os.link(new, path)
        new.unlink()
    return path
