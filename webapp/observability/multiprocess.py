"""The files in which all processes of this node keep their metrics.

The metrics library keeps the values of each process in files of a folder. Values of ended processes
stay, since a counter must not fall; the next process continues their files, so there are never more
files than concurrent processes. Web workers and the jobs process have a folder each, because they
are not started together: the process that starts one part deletes its old values.
"""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

from webapp.basics.file_lock import open_lock_file, try_lock

#: The web workers of one gunicorn arbiter, and the jobs process.
WEB, JOBS = "web", "jobs"
_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
#: Bytes reserved for each of the library's files of one process.
_RESERVED = {"counter": 128 * 1024, "histogram": 64 * 1024, "gauge_livesum": 4 * 1024}


class _Slot:
    """The number of this process among the running ones, and the lock that reserves it."""

    number = 0
    lock: int | None = None


def share_metrics(instance_dir: Path, part: str) -> bool:
    """Let this process keep its metrics in its part's folder. Call it before the library's import.

    Returns False when the disk has no room: the process then keeps its metrics in memory. The room
    is reserved now, because the files are memory-mapped, and a write without room kills a process.
    """
    folder = _folder(instance_dir, part)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _take_slot(folder)
        _remove(folder, f"gauge_live*_{_Slot.number}.db")  # left by an ended process
        for kind, size in _RESERVED.items():
            _reserve(folder / f"{kind}_{_Slot.number}.db", size)
    except OSError:
        os.environ.pop(_VARIABLE, None)
        return False
    os.environ[_VARIABLE] = str(folder)
    return True


def is_shared() -> bool:
    """Return whether this process keeps its metrics in shared files."""
    return _VARIABLE in os.environ


def slot_number() -> int:
    """Return the number that the library uses in file names, instead of the process id."""
    return _Slot.number


def delete_metrics(instance_dir: Path, part: str) -> None:
    """Delete the values of an earlier run. Call it before a part's first process starts."""
    _remove(_folder(instance_dir, part), "*.db")


def remove_live_gauges(instance_dir: Path, part: str, process_id: int) -> None:
    """Delete the gauges of an ended process; its counters stay."""
    folder = _folder(instance_dir, part)
    for lock in folder.glob("*.lock"):
        if lock.read_text() == str(process_id):
            _remove(folder, f"gauge_live*_{lock.stem}.db")


def shared_files() -> dict[str, list[str]]:
    """Return the files of each part on this node; empty when this process shares no metrics."""
    own = os.environ.get(_VARIABLE)
    if own is None:
        return {}
    folders = {part: Path(own).parent / part for part in (WEB, JOBS)}
    return {part: [str(path) for path in folder.glob("*.db")] for part, folder in folders.items()}


def _folder(instance_dir: Path, part: str) -> Path:
    return instance_dir.absolute() / "metrics" / part


def _take_slot(folder: Path) -> None:
    """Take the first free number; the kernel frees its lock when the process ends."""
    for number in count():
        lock = open_lock_file(folder / f"{number}.lock")
        if not try_lock(lock):
            os.close(lock)
            continue
        os.truncate(lock, 0)
        os.write(lock, str(os.getpid()).encode())
        _Slot.number, _Slot.lock = number, lock
        return


def _reserve(path: Path, size: int) -> None:
    """Create the file with `size` bytes, unless an earlier process left it to be continued."""
    if path.exists():
        return
    # A reader of all files sees it complete or not at all.
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
