"""The client of the MobbScan API Gateway. Knows neither Flask nor the rest of this server."""

from webapp.gateway.client import Gateway
from webapp.gateway.errors import (
    Conflict,
    CredentialsRefused,
    Forbidden,
    GatewayError,
    Nonsense,
    Refused,
    Unauthorised,
    Unavailable,
    WrongProcess,
)
from webapp.gateway.models import Created, CreateRequest, ProcessData
from webapp.gateway.notice import Notice, NoticeUnusable, headers_match, parse_notice
from webapp.gateway.options import Budgets, GatewayOptions
from webapp.gateway.token_cache import MemoryTokenCache, Token, TokenCache

__all__ = [
    "Gateway",
    "GatewayOptions",
    "Budgets",
    "CreateRequest",
    "Created",
    "ProcessData",
    "Token",
    "TokenCache",
    "MemoryTokenCache",
    "Notice",
    "NoticeUnusable",
    "parse_notice",
    "headers_match",
    "GatewayError",
    "Unavailable",
    "Nonsense",
    "Refused",
    "Unauthorised",
    "Forbidden",
    "Conflict",
    "CredentialsRefused",
    "WrongProcess",
]
