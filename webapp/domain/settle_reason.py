"""Why a stored notice needs no more polls of the gateway."""

from __future__ import annotations

from enum import StrEnum


class SettleReason(StrEnum):
    """The words that the column `inbox.settled_as` holds."""

    AGREED = "agreed"  # the gateway's answer is at least as far as the notice
    UNCONFIRMED = "unconfirmed"  # polled often enough, the gateway never agreed: a dead letter
    ERASED = "erased"  # the onboarding has been erased
