"""Where the processes of this machine count, so that any web worker can tell what all have counted.

The metrics library keeps the counts of each process in files of the folder that it is told through
the environment, once, when it is first imported. Counts of processes that have ended stay: a
counter must not fall. Web workers and the jobs process have a folder each, because they are not
started together: whoever starts a part afresh begins it from zero.
"""

from __future__ import annotations

import os
from pathlib import Path

#: The web workers of one gunicorn master, and the jobs process.
WEB, JOBS = "web", "jobs"
_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
#: The library's files of one process, and the bytes that they may need in all.
_RESERVED = {"counter": 128 * 1024, "histogram": 128 * 1024, "gauge_livesum": 4 * 1024}


def count_in(instance_dir: Path, part: str) -> bool:
    """Have this process count in its part's folder; before the library is first imported.

    False: there is no room for it, and the process counts for itself alone. The room is taken now:
    the files are mapped into memory, and writing to a page that the disk has no room for would be
    the end of the process.
    """
    folder = _folder(instance_dir, part)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for kind, size in _RESERVED.items():
            _reserve(folder / f"{kind}_{os.getpid()}.db", size)
    except OSError:
        os.environ.pop(_VARIABLE, None)
        return False
    os.environ[_VARIABLE] = str(folder)
    return True


def begin_anew(instance_dir: Path, part: str) -> None:
    """Forget what an earlier run has counted; for whoever starts the part, before it counts."""
    _remove(_folder(instance_dir, part), "*.db")


def ended(instance_dir: Path, part: str, process_id: int) -> None:
    """A process is no more: what it has counted stays, what it had open is nobody's now."""
    _remove(_folder(instance_dir, part), f"gauge_live*_{process_id}.db")


def files_of_all() -> dict[str, list[str]]:
    """The files of each part on this machine; nothing when this process counts for itself."""
    own = os.environ.get(_VARIABLE)
    if own is None:
        return {}
    folders = {part: Path(own).parent / part for part in (WEB, JOBS)}
    return {part: [str(path) for path in folder.glob("*.db")] for part, folder in folders.items()}


def _folder(instance_dir: Path, part: str) -> Path:
    return instance_dir.absolute() / "metrics" / part


def _reserve(path: Path, size: int) -> None:
    """A file of an earlier process of the same number is gone on with."""
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
