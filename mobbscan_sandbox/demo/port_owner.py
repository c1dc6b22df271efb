"""Who listens on a port, as far as this machine tells us (on Linux, of one's own processes)."""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
_LISTENING = "0A"  # net/tcp_states.h


def own_program_on_port(port: int) -> tuple[int, str] | None:
    """Process id and name of the program of ours that listens on `port`; None for all others."""
    sockets = {f"socket:[{inode}]" for inode in _listening(port)}
    found = ((pid, _name(pid)) for pid in sorted(_holders(sockets)))
    # Of several, say a server and its workers, the first is the one to stop.
    return next(((pid, name) for pid, name in found if name is not None), None)


def _listening(port: int) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (_PROC / "net" / table).read_text().splitlines()[1:]:
                words = line.split()
                if words[3] == _LISTENING and int(words[1].rpartition(":")[2], 16) == port:
                    yield words[9]


def _holders(sockets: set[str]) -> Iterator[int]:
    for process in _PROC.glob("[0-9]*") if sockets else ():
        with suppress(OSError):  # somebody else's, or gone meanwhile
            if any(str(each.readlink()) in sockets for each in (process / "fd").iterdir()):
                yield int(process.name)


def _name(pid: int) -> str | None:
    """What was called, without its options: those are of no use here, and may be private."""
    with suppress(OSError):
        words = (_PROC / str(pid) / "cmdline").read_text().split("\0")
        called = re.search(
            r"-m\0((?:webapp|mobbscan_sandbox)[\w.]*(?:\0[a-z]+)?)", "\0".join(words)
        )
        return called[1].replace("\0", " ") if called else None
    return None
