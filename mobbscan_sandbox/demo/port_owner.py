"""Find the process of this project that listens on a port (on Linux, own processes only)."""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
_LISTENING = "0A"  # net/tcp_states.h


def own_program_on_port(port: int) -> tuple[int, str] | None:
    """Return process id and name of this project's program on `port`, or None."""
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    found = ((pid, _program_name(pid)) for pid in sorted(_processes_with(sockets)))
    # Of a server and its workers the first process is the one to stop.
    return next(((pid, name) for pid, name in found if name is not None), None)


def _listening_inodes(port: int) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (_PROC / "net" / table).read_text().splitlines()[1:]:
                words = line.split()
                if words[3] == _LISTENING and int(words[1].rpartition(":")[2], 16) == port:
                    yield words[9]


def _processes_with(sockets: set[str]) -> Iterator[int]:
    for process in _PROC.glob("[0-9]*") if sockets else ():
        with suppress(OSError):  # a process of another user, or one that has ended
            if any(str(each.readlink()) in sockets for each in (process / "fd").iterdir()):
                yield int(process.name)


def _program_name(pid: int) -> str | None:
    """Return the module and command of a process, without options: those may be secret."""
    with suppress(OSError):
        words = (_PROC / str(pid) / "cmdline").read_text().split("\0")
        match = re.search(r"-m\0((?:webapp|mobbscan_sandbox)[\w.]*(?:\0[a-z]+)?)", "\0".join(words))
        return match[1].replace("\0", " ") if match else None
    return None
