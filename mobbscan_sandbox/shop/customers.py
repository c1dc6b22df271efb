"""The example shop's customers. A real shop has a table of them, with passwords."""

from dataclasses import dataclass

from flask import abort, redirect, session, url_for


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


def current_customer() -> Customer | None:
    """Return the customer who is logged in at the shop."""
    return CUSTOMERS.get(session.get("customer", ""))


def customer_or_login() -> Customer:
    """Return the customer who is logged in, or redirect to the login."""
    customer = current_customer()
    if customer is None:
        abort(redirect(url_for("login"), 303))
    return customer
