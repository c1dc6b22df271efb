"""Latin letters in the spellings of machine readable zones: ICAO Doc 9303, part 3, section 6.A.

A name is written in the document in its own letters or transliterated, and issuers choose between
several transliterations: `Ñ` is `N` or `NXX`, `Ü` is `UE`, `UXX` or, without its accent, `U`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from itertools import product

#: The letters with more than one spelling, the one without the accent first.
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "Ä": ("A", "AE"),
    "Å": ("A", "AA"),
    "Ñ": ("N", "NXX"),
    "Ö": ("O", "OE"),
    "Ø": ("O", "OE"),
    "Ü": ("U", "UE", "UXX"),
}
#: Letters of one spelling that are no accented letters for Unicode.
_LETTERS = str.maketrans(
    {
        "Æ": "AE",
        "Ð": "D",
        "Đ": "D",
        "Ə": "E",
        "Ħ": "H",
        "Ĳ": "IJ",
        "ĸ": "Q",
        "Ł": "L",
        "Ŀ": "L",
        "Ŋ": "N",
        "Œ": "OE",
        "Þ": "TH",
        "Ŧ": "T",
        "ẞ": "SS",
    }
)
#: Apostrophes, and the middle dot of Catalan.
_APOSTROPHES = re.compile("['\u2018\u2019\u02bc\u00b4`\u00b7]")
_SEPARATORS = re.compile(r"[\W_]+")
#: How a machine readable zone writes `Ñ` and `Ü`; no name has these letters otherwise.
_ICAO_SPELLINGS = (("NXX", "N"), ("UXX", "U"))


def split_words(text: str) -> list[str]:
    """Return the words in upper case. Hyphens and `<` separate words, apostrophes do not."""
    # Composed first: `Ñ` may come as `N` with a combining tilde.
    upper = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).upper())
    return [word for word in _SEPARATORS.split(_APOSTROPHES.sub("", upper)) if word]


def spellings(word: str) -> frozenset[str]:
    """Return all spellings of an upper-case word in the letters A to Z and digits.

    A letter is spelt in the same way throughout a word. A word of another script keeps its letters.
    """
    choices = [letter for letter in _CHOICES if letter in word]
    chosen = product(*(_CHOICES[letter] for letter in choices))
    plain = {_plain(word, dict(zip(choices, each, strict=True))) for each in chosen}
    return frozenset(spelling for each in plain for spelling in _icao_spellings(each))


def is_latin(word: str) -> bool:
    """Whether a word has letters of A to Z, with or without accents, and digits only."""
    return all(spelling.isascii() for spelling in spellings(word))


def _plain(word: str, chosen: Mapping[str, str]) -> str:
    text = "".join(chosen.get(letter, letter) for letter in word).translate(_LETTERS)
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).upper()


def _icao_spellings(word: str) -> Iterator[str]:
    yield word
    for written, letter in _ICAO_SPELLINGS:
        if written in word:
            yield word.replace(written, letter)
