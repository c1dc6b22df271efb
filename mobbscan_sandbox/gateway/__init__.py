"""The gateway in a box: the vendor's API, its hosted page and its notices, in one process.

It stands alone: it shares no code with the server it is there to test, so that a misreading of
the contract on one side cannot hide itself on the other.
"""

from mobbscan_sandbox.gateway.app import create_gateway
from mobbscan_sandbox.gateway.command_line import main
from mobbscan_sandbox.gateway.options import SandboxOptions
from mobbscan_sandbox.gateway.server import RunningGateway

__all__ = ["SandboxOptions", "RunningGateway", "create_gateway", "main"]
