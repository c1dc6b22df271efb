"""clean_text: which texts from other systems are accepted."""

from __future__ import annotations

import pytest

from webapp.basics.text import clean_text


@pytest.mark.parametrize("fine", ["Ada", "Íñigo Ñandú", "時", "", "x" * 255, "👩‍🚀"])
def test_clean_text_printable_text_of_any_script_is_returned(fine: str) -> None:
    assert clean_text(fine) == fine


@pytest.mark.parametrize(
    "odd", [None, 7, True, ["Ada"], "x" * 256, "\x00", "\n", "\x9f", "\ud800", "\u202eadA"]
)
def test_clean_text_unfit_value_returns_none(odd: object) -> None:
    assert clean_text(odd) is None
