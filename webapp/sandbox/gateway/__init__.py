"""The gateway in a box: the vendor's API, its hosted page and its notices, in one process.

It stands alone: it shares no code with the server it is there to test, so that a misreading of
the contract on one side cannot hide itself on the other.
"""

from webapp.sandbox.gateway.app import create_gateway
from webapp.sandbox.gateway.command import main
from webapp.sandbox.gateway.options import GatewayOptions
from webapp.sandbox.gateway.server import RunningGateway

__all__ = ["GatewayOptions", "RunningGateway", "create_gateway", "main"]
