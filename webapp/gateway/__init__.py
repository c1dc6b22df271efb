"""Client of the MobbScan API Gateway, independent of Flask and the rest of this server."""

from webapp.gateway.client import Gateway
from webapp.gateway.errors import (
    CircuitOpen,
    CredentialsRefused,
    EvidenceNotFound,
    Forbidden,
    GatewayError,
    InvalidResponse,
    NoHostedPage,
    ProcessMismatch,
    RequestRefused,
    StateConflict,
    Unauthorized,
    Unavailable,
    UntrustedHostedPage,
    UntrustedUrl,
)
from webapp.gateway.evidence.evidence_stream import EvidenceStream
from webapp.gateway.evidence.kinds import IMAGE_TYPES, RECORDING_TYPES
from webapp.gateway.identity_document import IdentityDocument
from webapp.gateway.models import Acknowledgement, CreatedProcess, CreateRequest, ProcessData
from webapp.gateway.notice import InvalidNoticeBody, Notice, headers_match, parse_notices
from webapp.gateway.options import Budgets, GatewayOptions, Limits
from webapp.gateway.personal_data import WIRE_NAMES
from webapp.gateway.token_cache import Token, TokenCache

__all__ = [
    "Gateway",
    "GatewayOptions",
    "Budgets",
    "Limits",
    "CreateRequest",
    "CreatedProcess",
    "ProcessData",
    "IdentityDocument",
    "Acknowledgement",
    "EvidenceStream",
    "IMAGE_TYPES",
    "RECORDING_TYPES",
    "WIRE_NAMES",
    "Token",
    "TokenCache",
    "Notice",
    "InvalidNoticeBody",
    "parse_notices",
    "headers_match",
    "GatewayError",
    "Unavailable",
    "InvalidResponse",
    "NoHostedPage",
    "CircuitOpen",
    "RequestRefused",
    "UntrustedUrl",
    "EvidenceNotFound",
    "Unauthorized",
    "Forbidden",
    "StateConflict",
    "CredentialsRefused",
    "UntrustedHostedPage",
    "ProcessMismatch",
]
