"""The client of the MobbScan API Gateway. Knows neither Flask nor the rest of this server."""

from webapp.gateway.client import Gateway
from webapp.gateway.documents import IdentityDocument
from webapp.gateway.errors import (
    CircuitOpen,
    Conflict,
    CredentialsRefused,
    EvidenceNotFound,
    Forbidden,
    ForeignAddress,
    GatewayError,
    InvalidResponse,
    Refused,
    Unauthorised,
    Unavailable,
    WrongProcess,
)
from webapp.gateway.evidence import Evidence
from webapp.gateway.evidence_kinds import IMAGE_TYPES, RECORDING_TYPES
from webapp.gateway.models import Acknowledged, Created, CreateRequest, ProcessData
from webapp.gateway.notice import Notice, UnreadableNotice, headers_match, parse_notice
from webapp.gateway.options import Budgets, GatewayOptions, Limits
from webapp.gateway.personal_data import WIRE_NAMES
from webapp.gateway.token_cache import MemoryTokenCache, Token, TokenCache

__all__ = [
    "Gateway",
    "GatewayOptions",
    "Budgets",
    "Limits",
    "CreateRequest",
    "Created",
    "ProcessData",
    "IdentityDocument",
    "Acknowledged",
    "Evidence",
    "IMAGE_TYPES",
    "RECORDING_TYPES",
    "WIRE_NAMES",
    "Token",
    "TokenCache",
    "MemoryTokenCache",
    "Notice",
    "UnreadableNotice",
    "parse_notice",
    "headers_match",
    "GatewayError",
    "Unavailable",
    "InvalidResponse",
    "CircuitOpen",
    "Refused",
    "ForeignAddress",
    "EvidenceNotFound",
    "Unauthorised",
    "Forbidden",
    "Conflict",
    "CredentialsRefused",
    "WrongProcess",
]
