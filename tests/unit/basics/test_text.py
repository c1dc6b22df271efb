"""One rule for what is told about people."""

from __future__ import annotations

import pytest

from webapp.basics.text import clean_text


@pytest.mark.parametrize("fine", ["Ada", "Íñigo Ñandú", "時", "", "x" * 255, "👩‍🚀"])
def test_what_a_person_may_be_called(fine: str) -> None:
    assert clean_text(fine) == fine


@pytest.mark.parametrize(
    "odd", [None, 7, True, ["Ada"], "x" * 256, "\x00", "\n", "\x9f", "\ud800", "\u202eadA"]
)
def test_what_breaks_databases_and_headers_is_told_by_nobody(odd: object) -> None:
    assert clean_text(odd) is None
