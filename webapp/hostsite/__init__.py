"""What passes between us and the company's own website. Knows nothing of the rest."""

from webapp.hostsite.errors import HandOffRefused
from webapp.hostsite.handoff import HandOff, peek_issuer, verify
from webapp.hostsite.return_urls import allowed_return

__all__ = ["HandOff", "HandOffRefused", "verify", "peek_issuer", "allowed_return"]
