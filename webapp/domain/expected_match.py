"""Compare what a host site knows about its user with the data of the identity document.

Pure functions; the data is neither kept nor logged. Fields, on both sides: `name`, `first_surname`,
`surname`, `date_of_birth` (ISO 8601), `document_number`, `nationality` (ISO 3166-1 alpha-3). The
document may also have `second_surname` and `personal_number`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from webapp.domain.transliteration import is_latin, spellings, split_words


class MatchResult(StrEnum):
    """The result of comparing one field, or all of them."""

    MATCH = "match"
    PARTIAL = "partial"
    MISMATCH = "mismatch"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True)
class ExpectedMatch:
    """The results by field, for the expected fields only."""

    fields: Mapping[str, MatchResult]

    @property
    def result(self) -> MatchResult:
        """The result of all fields together.

        `match`: every expected field matches. `mismatch`: no field that tells people apart matches.
        `not_checked`: no field could be compared. `partial`: everything else.
        """
        compared = {r for r in self.fields.values() if r is not MatchResult.NOT_CHECKED}
        if not compared:
            return MatchResult.NOT_CHECKED
        if set(self.fields.values()) == {MatchResult.MATCH}:
            return MatchResult.MATCH
        # Millions of people share a nationality: alone it makes no partial match.
        agreeing = {name for name, result in self.fields.items() if result in _AGREEING}
        if MatchResult.MISMATCH in compared and agreeing <= {"nationality"}:
            return MatchResult.MISMATCH
        return MatchResult.PARTIAL


_AGREEING = (MatchResult.MATCH, MatchResult.PARTIAL)


def compare_expected(expected: Mapping[str, str], document: Mapping[str, str]) -> ExpectedMatch:
    """Compare each expected field with the document.

    Names are compared as sets of words in any order, without case and accents, in every spelling
    of ICAO 9303; one name that has all words of the other and more is a partial match. Other
    fields match or do not. A field is not checked if one side is missing, blank or cannot be read.
    """
    return ExpectedMatch(
        {name: compare(expected, document) for name, compare in _FIELDS.items() if name in expected}
    )


def _compare_name(expected: Mapping[str, str], document: Mapping[str, str]) -> MatchResult:
    return _compare_words(expected["name"], document.get("name", ""))


def _compare_surname(expected: Mapping[str, str], document: Mapping[str, str]) -> MatchResult:
    both = f"{document.get('first_surname', '')} {document.get('second_surname', '')}"
    return _compare_words(expected["surname"], document.get("surname") or both)


def _compare_first_surname(expected: Mapping[str, str], document: Mapping[str, str]) -> MatchResult:
    """Documents of most countries do not tell two surnames apart."""
    stated = document.get("first_surname") or document.get("surname", "")
    return _compare_words(expected["first_surname"], stated)


def _compare_date_of_birth(expected: Mapping[str, str], document: Mapping[str, str]) -> MatchResult:
    stated = document.get("date_of_birth", "")
    return _compare_readings(_date(expected["date_of_birth"]), {_date(stated)})


def _compare_number(expected: Mapping[str, str], document: Mapping[str, str]) -> MatchResult:
    """Users of some countries know the personal number that their document shows (DNI, RUN) as
    the number of the document."""
    stated = {_number(document.get(name, "")) for name in ("document_number", "personal_number")}
    return _compare_readings(_number(expected["document_number"]), stated)


def _compare_nationality(expected: Mapping[str, str], document: Mapping[str, str]) -> MatchResult:
    stated = document.get("nationality", "")
    return _compare_readings(_country(expected["nationality"]), {_country(stated)})


_FIELDS: Mapping[str, Callable[[Mapping[str, str], Mapping[str, str]], MatchResult]] = {
    "name": _compare_name,
    "first_surname": _compare_first_surname,
    "surname": _compare_surname,
    "date_of_birth": _compare_date_of_birth,
    "document_number": _compare_number,
    "nationality": _compare_nationality,
}


def _compare_readings(expected: object, stated: set[date | None] | set[str | None]) -> MatchResult:
    readable = {each for each in stated if each is not None}
    if expected is None or not readable:
        return MatchResult.NOT_CHECKED
    return MatchResult.MATCH if expected in readable else MatchResult.MISMATCH


def _compare_words(expected: str, stated: str) -> MatchResult:
    wanted, found = split_words(expected), split_words(stated)
    if not wanted or not found:
        return MatchResult.NOT_CHECKED
    unmatched_wanted, unmatched_found = _without_common_words(wanted, found)
    if (not unmatched_wanted and not unmatched_found) or _is_same_joined(wanted, found):
        return MatchResult.MATCH
    if not unmatched_wanted or not unmatched_found:
        return MatchResult.PARTIAL
    # Another script has no spelling in common with Latin letters, and contradicts nothing.
    readable = all(map(is_latin, wanted)) == all(map(is_latin, found))
    return MatchResult.MISMATCH if readable else MatchResult.NOT_CHECKED


def _without_common_words(
    wanted: Sequence[str], found: Sequence[str]
) -> tuple[list[frozenset[str]], list[frozenset[str]]]:
    """Return the words of each side that have no spelling in common with one of the other side."""
    missing, left = [], sorted(map(spellings, found), key=len)
    # A word with few spellings has few partners: it chooses first.
    for word in sorted(map(spellings, wanted), key=len):
        partner = next((each for each in left if each & word), None)
        if partner is None:
            missing.append(word)
        else:
            left.remove(partner)
    return missing, left


def _is_same_joined(wanted: Sequence[str], found: Sequence[str]) -> bool:
    """`MARY ANN` and `MARYANN`, `O CONNOR` and `O'CONNOR` are one name."""
    return not spellings("".join(wanted)).isdisjoint(spellings("".join(found)))


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _number(text: str) -> str | None:
    """Return letters and digits in upper case: punctuation and `<` differ between writings."""
    return re.sub(r"[\W_]+", "", text).upper() or None


def _country(text: str) -> str | None:
    """Return a code of three letters; `D` is Germany in machine readable zones (ICAO 9303-3, 5)."""
    code = text.strip(" <").upper()
    code = "DEU" if code == "D" else code
    return code if re.fullmatch("[A-Z]{3}", code) else None
