"""A program of the demo in a forked process (`forked_process`)."""

import os
import time
from typing import Any

from mobbscan_sandbox.demo.child_processes import CHECKOUT, ChildProcess
from tests.support.forked_process import start_forked


class ForkedChild(ChildProcess):
    """Forks the program instead of executing Python; its output goes to the log directly."""

    def _open_process(self) -> Any:
        command = ("-m", *self.program.arguments)
        return start_forked(command, self.program.environment, CHECKOUT, self.log)

    def kill_group(self) -> None:
        """Kill the process group, and wait until its last process has closed its sockets."""
        group = self.pid if self._process else None
        super().kill_group()
        deadline = time.monotonic() + 10
        while group and _exists(group) and time.monotonic() < deadline:
            time.sleep(0.01)


def _exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
