"""A program of the demo in a forked process (`forked_process`)."""

from typing import Any

from mobbscan_sandbox.demo.child_processes import CHECKOUT, ChildProcess
from tests.support.forked_process import start_forked


class ForkedChild(ChildProcess):
    """Forks the program instead of executing Python; its output goes to the log directly."""

    def _open_process(self) -> Any:
        command = ("-m", *self.program.arguments)
        return start_forked(command, self.program.environment, CHECKOUT, self.log)
