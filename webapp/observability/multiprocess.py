"""Where the processes of this machine count, so that any web worker can tell what all have counted.

The metrics library keeps the counts of each process in files of a folder. Counts of processes that
have ended stay, for a counter must not fall; the next process goes on with their files, so that
there are never more than processes at one time. Web workers and the jobs process have a folder
each, because they are not started together: whoever starts a part afresh begins it from zero.
"""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

from webapp.basics.file_lock import open_lock_file, try_lock

#: The web workers of one gunicorn master, and the jobs process.
WEB, JOBS = "web", "jobs"
_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
#: The library's files of one process, and the bytes that they may need in all.
_RESERVED = {"counter": 128 * 1024, "histogram": 64 * 1024, "gauge_livesum": 4 * 1024}


class _Place:
    """The number under which this process counts, and the lock by which it has it."""

    number = 0
    lock: int | None = None


def count_in(instance_dir: Path, part: str) -> bool:
    """Have this process count in its part's folder; before the library is first imported.

    False: there is no room for it, and the process counts for itself alone. The room is taken now:
    the files are mapped into memory, and writing to a page that the disk has no room for would be
    the end of the process.
    """
    folder = _folder(instance_dir, part)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _take_place(folder)
        _remove(folder, f"gauge_live*_{_Place.number}.db")  # what another one had open
        for kind, size in _RESERVED.items():
            _reserve(folder / f"{kind}_{_Place.number}.db", size)
    except OSError:
        os.environ.pop(_VARIABLE, None)
        return False
    os.environ[_VARIABLE] = str(folder)
    return True


def is_shared() -> bool:
    """Whether this process counts together with others."""
    return _VARIABLE in os.environ


def place() -> int:
    """Names this process among those that live; for the library, in place of the process id."""
    return _Place.number


def begin_anew(instance_dir: Path, part: str) -> None:
    """Forget what an earlier run has counted; for whoever starts the part, before it counts."""
    _remove(_folder(instance_dir, part), "*.db")


def ended(instance_dir: Path, part: str, process_id: int) -> None:
    """A process is no more: what it has counted stays, what it had open is nobody's now."""
    folder = _folder(instance_dir, part)
    for lock in folder.glob("*.lock"):
        if lock.read_text() == str(process_id):
            _remove(folder, f"gauge_live*_{lock.stem}.db")


def files_of_all() -> dict[str, list[str]]:
    """The files of each part on this machine; nothing when this process counts for itself."""
    own = os.environ.get(_VARIABLE)
    if own is None:
        return {}
    folders = {part: Path(own).parent / part for part in (WEB, JOBS)}
    return {part: [str(path) for path in folder.glob("*.db")] for part, folder in folders.items()}


def _folder(instance_dir: Path, part: str) -> Path:
    return instance_dir.absolute() / "metrics" / part


def _take_place(folder: Path) -> None:
    """The first that nobody living has; the kernel gives it back however a process ends."""
    for number in count():
        lock = open_lock_file(folder / f"{number}.lock")
        if not try_lock(lock):
            os.close(lock)
            continue
        os.truncate(lock, 0)
        os.write(lock, str(os.getpid()).encode())
        _Place.number, _Place.lock = number, lock
        return


def _reserve(path: Path, size: int) -> None:
    """What an earlier process has counted in it is gone on with."""
    if path.exists():
        return
    # Whoever reads all files meets it whole or not at all.
    new = path.with_suffix(".new")
    descriptor = os.open(new, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, size)
    finally:
        os.close(descriptor)
    new.rename(path)


def _remove(folder: Path, pattern: str) -> None:
    for path in folder.glob(pattern):
        path.unlink(missing_ok=True)
