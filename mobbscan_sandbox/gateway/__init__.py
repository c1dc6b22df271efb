"""The gateway in a box: the vendor's API, its hosted page and its notices, in one process.

It shares no code with the server, so that the same misreading of the contract cannot be in both.
"""

from mobbscan_sandbox.gateway.app import create_gateway
from mobbscan_sandbox.gateway.command_line import main
from mobbscan_sandbox.gateway.options import SandboxOptions
from mobbscan_sandbox.gateway.server import RunningGateway

__all__ = ["SandboxOptions", "RunningGateway", "create_gateway", "main"]
