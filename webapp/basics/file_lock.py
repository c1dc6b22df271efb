"""Lock a file with flock(2); the kernel frees the lock however the process ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


def open_lock_file(path: Path) -> int:
    """Open the file, or create it for its owner only; closing the descriptor frees the lock."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def try_lock(descriptor: int) -> bool:
    """Take the exclusive lock unless another descriptor has it; return whether it was free."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def wait_for_lock(descriptor: int) -> None:
    """Take the exclusive lock, without a time limit."""
    fcntl.flock(descriptor, fcntl.LOCK_EX)
