"""The shop's customers. A real shop has a table of them, with passwords."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Customer:
    """`id` never changes; the identity server knows the customer by it."""

    id: str
    name: str
    locale: str

    @property
    def first_name(self) -> str:
        return self.name.split()[0]


ADA = Customer("ada", "Ada Lovelace", "en")
BEN = Customer("ben", "Ben Ortega", "es")
CUSTOMERS = {one.id: one for one in (ADA, BEN)}
