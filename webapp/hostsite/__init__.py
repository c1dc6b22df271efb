"""Data exchanged with the host site: hand-off tokens, return URLs, its provider's keys."""

from webapp.hostsite.errors import HandoffRefused
from webapp.hostsite.handoff import HandoffClaims, read_unverified_issuer, verify_handoff
from webapp.hostsite.return_urls import checked_return_url, is_allowed_return_url

__all__ = [
    "HandoffClaims",
    "HandoffRefused",
    "verify_handoff",
    "read_unverified_issuer",
    "checked_return_url",
    "is_allowed_return_url",
]
