"""A running gateway in a box, its webhook receiver and its clients."""

from tests.support.gateway_fixtures import (
    company,
    controls,
    gateway,
    make_process,
    receiver,
    unknown_id,
)

__all__ = ["company", "controls", "gateway", "make_process", "receiver", "unknown_id"]
