"""Lock the instance folder: a second demo would delete the state of the first."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mobbscan_sandbox.demo.errors import FolderInUse


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Lock `folder` until the context or this process ends. Raises `FolderInUse`."""
    path = folder / "lock"
    path.touch(mode=0o600)
    with path.open("r+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderInUse(folder, file.read().strip()) from None
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield
