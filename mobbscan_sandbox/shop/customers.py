"""The example shop's customers. A real shop has a table of them, with passwords."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Customer:
    """One customer; `id` never changes and is the `sub` of the hand-off token."""

    id: str
    name: str
    locale: str

    @property
    def first_name(self) -> str:
        return self.name.split()[0]


ADA = Customer("ada", "Ada Lovelace", "en")
BEN = Customer("ben", "Ben Ortega", "es")
CUSTOMERS = {customer.id: customer for customer in (ADA, BEN)}
