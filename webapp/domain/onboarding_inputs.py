"""What the host site's API call gave for an onboarding, in addition to user and flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

#: `expected_match` while nothing has been compared.
NOT_CHECKED = "not_checked"
#: Keys of `extra_data` that this server sets itself.
RESERVED_EXTRA_DATA = frozenset({"site", "subject"})


class ExpectedField(StrEnum):
    """What a host site may know about its user's document."""

    NAME = "name"
    FIRST_SURNAME = "first_surname"
    SURNAME = "surname"
    DATE_OF_BIRTH = "date_of_birth"
    DOCUMENT_NUMBER = "document_number"
    NATIONALITY = "nationality"


@dataclass(frozen=True)
class OnboardingInputs:
    """Options of one onboarding; None or empty: the host site has not given it.

    `country` is ISO 3166-1 alpha-3. `document_type` and `document_specific_type` exclude each
    other. `return_url` is one that the site allows, encoded. `metadata` is returned to the host
    site and goes nowhere else; `extra_data` goes to the gateway. The keys of `expected` are those
    of `ExpectedField`; its dates are ISO 8601.
    """

    country: str | None = None
    document_type: str | None = None
    document_specific_type: str | None = None
    return_url: str | None = field(default=None, repr=False)
    metadata: Mapping[str, str] = field(default_factory=dict, repr=False)
    extra_data: Mapping[str, str] = field(default_factory=dict, repr=False)
    expected: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def has_types(self) -> bool:
        """Whether the host site has chosen the kind of document, instead of the flow."""
        return bool(self.document_type or self.document_specific_type)
