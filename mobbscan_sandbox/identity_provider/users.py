"""The predefined users of the sandbox identity provider."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ProviderUser:
    """One user; `claims` go into the ID token as they are.

    `role_text` is the key of the role's description in `texts.py`.
    """

    sub: str
    given_name: str
    family_name: str
    locale: str
    role_text: str
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


ADA = ProviderUser("ada", "Ada", "Lovelace", "en", "role_customer")
BEN = ProviderUser("ben", "Ben", "Ortega", "es", "role_spanish_customer")
OLGA = ProviderUser("olga", "Olga", "Reyes", "en", "role_reviewer", {"roles": ["shop:reviewer"]})
MAX = ProviderUser("max", "Max", "Adler", "en", "role_admin", {"roles": ["*:admin"]})

USERS = (ADA, BEN, OLGA, MAX)
