"""Exec a program that ends with its parent: `python exit_with_parent.py PARENT_PID PROGRAM …`.

A killed demo cannot stop its programs, so on Linux the kernel does. This is a program of its own
because code between fork and exec can deadlock in a process with threads. On other systems it
only runs the program.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> None:
    """Replace this process by the program, unless the parent has ended."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # the parent ended before the call above
            return
    os.execv(command[0], command)  # noqa: S606 - our own modules with our own options


if __name__ == "__main__":
    main()
