"""Base class and field types that settings and sites.toml share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from webapp.config import addresses
from webapp.config.problems import InvalidValue

V = TypeVar("V")


class ConfigModel(BaseModel):
    """Strict and frozen, without unknown keys; its error messages leave the input out."""

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        extra="forbid",
        validate_default=True,
        validate_by_name=True,
        hide_input_in_errors=True,
    )


def matching(pattern: str, example: str) -> AfterValidator:
    """Accept a text that the regular expression describes; `example` is named otherwise."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise InvalidValue(f"must be written like {example}")
        return text

    return AfterValidator(check)


def whole_number(lowest: int, highest: int) -> BeforeValidator:
    """Accept a whole number within these limits."""

    def check(value: Any) -> int:
        if type(value) is not int or not lowest <= value <= highest:
            raise InvalidValue(f"must be a whole number from {lowest} to {highest}")
        return value

    return BeforeValidator(check)


def freeze(table: Mapping[str, V]) -> Mapping[str, V]:
    """Return a read-only copy: a frozen model does not freeze the mappings in it."""
    return MappingProxyType(dict(table))


def _list_to_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _refuse_empty(value: tuple[V, ...]) -> tuple[V, ...]:
    if not value:
        raise InvalidValue("must have one entry or more")
    return value


def _text(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise InvalidValue("must be a text in quotes, not empty")
    return text.strip()


#: TOML and JSON have lists, frozen models have tuples.
List = BeforeValidator(_list_to_tuple)
Frozen = AfterValidator(freeze)
NotEmpty = AfterValidator(_refuse_empty)
Text = Annotated[str, AfterValidator(_text)]
BaseAddress = Annotated[str, AfterValidator(addresses.base_address)]
PublicAddress = Annotated[str, AfterValidator(addresses.public_address)]
Issuer = Annotated[str, AfterValidator(addresses.issuer)]
Origin = Annotated[Text, AfterValidator(addresses.origin)]
PageAddress = Annotated[Text, AfterValidator(addresses.page_address)]
ReceiverAddress = Annotated[Text, AfterValidator(addresses.receiver_address)]
ReturnAddress = Annotated[Text, AfterValidator(addresses.return_address)]
