"""The people our stories are about, as an identity provider would describe them."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ProviderUser:
    """One predefined person; `claims` go into the ID token as they are."""

    sub: str
    given_name: str
    family_name: str
    locale: str
    part: str
    more_claims: Mapping[str, object] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    @property
    def claims(self) -> dict[str, object]:
        return {
            "name": self.name,
            "given_name": self.given_name,
            "family_name": self.family_name,
            "email": f"{self.sub}@example.com",
            "email_verified": True,
            "locale": self.locale,
            **self.more_claims,
        }


ADA = ProviderUser("ada", "Ada", "Lovelace", "en", "customer")
BEN = ProviderUser("ben", "Ben", "Ortega", "es", "customer, speaks Spanish")
OLGA = ProviderUser("olga", "Olga", "Reyes", "en", "reviewer", {"roles": ["shop:reviewer"]})
MAX = ProviderUser("max", "Max", "Adler", "en", "admin", {"roles": ["*:admin"]})

USERS = (ADA, BEN, OLGA, MAX)
