"""Models of the host sites in sites.toml and their flows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from babel.core import get_global
from pydantic import AfterValidator, BeforeValidator, Field

from webapp.config.model import (
    ConfigModel,
    Frozen,
    List,
    NotEmpty,
    Origin,
    PageAddress,
    ReceiverAddress,
    ReturnAddress,
    Text,
    matching,
    whole_number,
)
from webapp.config.problems import InvalidValue
from webapp.config.site_secrets import ApiKeyHash, HandoffKey, WebhookSecret
from webapp.domain.reasons import ReasonCode

#: The languages of the pages; users of a region (es-MX) are served in them too.
Locale = Literal["en", "es"]
Scope = Literal["onboardings", "data", "evidence", "decide", "erase"]
_NAME = r"[a-z0-9][a-z0-9-]{0,62}"
LONGEST_KEY_NAME = 64
#: ISO 3166-1 alpha-3.
COUNTRIES = frozenset(
    code for code in get_global("territory_aliases") if re.fullmatch("[A-Z]{3}", code)
)


def _country(code: str) -> str:
    if code not in COUNTRIES:
        raise InvalidValue("is no country of ISO 3166-1 alpha-3")
    return code


def _hash_to_table(value: Any) -> Any:
    if not isinstance(value, str | Mapping | ApiKey):
        raise InvalidValue('must be "sha256:…", or a table such as { hash = "sha256:…" }')
    return {"hash": value} if isinstance(value, str) else value


def _short_name(text: str) -> str:
    if len(text) > LONGEST_KEY_NAME:
        raise InvalidValue(f"must have at most {LONGEST_KEY_NAME} characters")
    return text


def _date(value: Any) -> Any:
    """TOML has dates of its own; in quotes they are accepted too."""
    try:
        value = date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        value = None
    if type(value) is not date:
        raise InvalidValue("must be a date such as 2027-12-31")
    return value


Name = Annotated[
    str, matching(_NAME, "my-shop: lower-case letters, digits and hyphens only, at most 63")
]
Country = Annotated[str, matching("[A-Z]{3}", "ESP (ISO 3166-1)"), AfterValidator(_country)]
Color = Annotated[str, matching("#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})", "#0a5 or #00aa55")]
SpecificType = Annotated[str, matching("[A-Za-z0-9_]{1,64}", "ESPIDCardV4")]
#: The key of the table that holds the model; sites.toml cannot set it.
_KEY = "(key)"


class ApiKey(ConfigModel):
    """A key of the host site's back end. Only its SHA-256 is known, in lower-case hex.

    `expires` is the last day (UTC) on which it is accepted.
    """

    sha256: ApiKeyHash = Field(alias="hash", repr=False)
    name: Annotated[Text, AfterValidator(_short_name)] | None = None
    scopes: Annotated[tuple[Scope, ...], List, NotEmpty] = ("onboardings",)
    expires: Annotated[date, BeforeValidator(_date)] | None = None

    @property
    def label(self) -> str:
        """Its name in logs, or the first digits of its hash."""
        return self.name or f"sha256:{self.sha256[:12]}"

    def is_expired(self, now: datetime) -> bool:
        """Return whether the key is no longer accepted at `now` (aware)."""
        return self.expires is not None and now.astimezone(UTC).date() > self.expires


class Flow(ConfigModel):
    """A named set of settings of a site: what users are asked for, and who decides."""

    name: str = Field("default", alias=_KEY)
    mode: Literal["iframe", "redirect"] = "iframe"
    country: Country | None = None
    document_type: Literal["IDCard", "Passport", "DrivingLicense"] | None = None
    document_specific_type: SpecificType | None = None
    microphone: bool = False
    consent_version: Text | None = None
    decide: Literal["review", "rules", "host"] = "review"
    decide_within_minutes: Annotated[int, whole_number(1, 60 * 24 * 30)] = 60
    on_deadline: Literal["review", "stay"] = "review"
    attempts: Annotated[int, whole_number(1, 1000)] = 3
    expires_after_hours: Annotated[int, whole_number(1, 24 * 365)] = 48
    alternative_url: PageAddress | None = None
    retention_days: Annotated[int, whole_number(1, 36_500)] | None = None
    keep_at_least_days: Annotated[int, whole_number(0, 36_500)] = 0
    reason_map: Annotated[Mapping[str, Annotated[ReasonCode, Field(strict=False)]], Frozen] = Field(
        {}
    )
    extra_data: Annotated[Mapping[str, Text], Frozen] = Field({})


class Brand(ConfigModel):
    """How pages for users of a site look."""

    logo: PageAddress | None = None
    color: Color | None = None


class Site(ConfigModel):
    """A host site: how users are admitted, where it may frame our pages, where users return to."""

    id: str = Field("", alias=_KEY)
    name: Text
    origins: Annotated[tuple[Origin, ...], List] = ()
    return_urls: Annotated[tuple[ReturnAddress, ...], List] = ()
    oidc: bool = False
    handoff_keys: Annotated[tuple[HandoffKey, ...], List] = Field((), repr=False)
    api_keys: Annotated[tuple[Annotated[ApiKey, BeforeValidator(_hash_to_table)], ...], List] = (
        Field((), repr=False)
    )
    webhook_url: ReceiverAddress | None = Field(None, repr=False)
    webhook_secrets: Annotated[tuple[WebhookSecret, ...], List] = Field((), repr=False)
    allow_private_webhook: bool = False
    api_rate: Annotated[int, whole_number(1, 1_000_000)] = 600
    privacy_url: PageAddress | None = None
    support_url: PageAddress | None = None
    locales: Annotated[tuple[Locale, ...], List, NotEmpty] = ("en",)
    brand: Brand = Brand()
    flows: Annotated[Mapping[Name, Flow], Frozen] = Field({})

    @property
    def default_flow(self) -> str | None:
        """Return the flow named `default`, or the only one; None if there is no such flow."""
        if "default" in self.flows:
            return "default"
        return next(iter(self.flows)) if len(self.flows) == 1 else None


class SitesFile(ConfigModel):
    """The whole of sites.toml."""

    sites: Annotated[Mapping[Name, Site], Frozen] = Field({})
