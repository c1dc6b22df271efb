"""Machine readable zones of the specimen documents, with valid check digits (ICAO 9303)."""

import re
import unicodedata
from collections.abc import Mapping

_WEIGHTS = (7, 3, 1)

Document = Mapping[str, str | None]


def mrz_lines(kind: str, document: Document) -> list[str]:
    """Return the lines of the zone; none for a driving licence."""
    if kind == "Passport":
        return _td3(document)
    return _td1(document) if kind == "IDCard" else []


def _td1(document: Document) -> list[str]:
    number, birth, expiry = _common_fields(document)
    country = _field(document["issuingState"], 3)
    optional = _field(document["personalNumber"], 15)
    first = f"ID{country}{number}{optional}"
    second = f"{birth}{_sex(document)}{expiry}{_field(document['nationality'], 3)}{'<' * 11}"
    composite = _check_digit(first[5:] + second[0:7] + second[8:15] + second[18:29])
    return [first, second + composite, _names(document, 30)]


def _td3(document: Document) -> list[str]:
    number, birth, expiry = _common_fields(document)
    first = f"P<{_field(document['issuingState'], 3)}{_names(document, 39)}"
    personal = _with_check_digit(_field(document["personalNumber"], 14))
    nationality = _field(document["nationality"], 3)
    second = f"{number}{nationality}{birth}{_sex(document)}{expiry}{personal}"
    return [first, second + _check_digit(second[0:10] + second[13:20] + second[21:43])]


def _common_fields(document: Document) -> tuple[str, str, str]:
    number = _with_check_digit(_field(document["documentNumber"], 9))
    return number, _date(document["dateOfBirth"]), _date(document["dateOfExpiry"])


def _names(document: Document, width: int) -> str:
    surname = _mrz_letters(document["surname"])
    return _field(f"{surname}<<{_mrz_letters(document['name'])}", width)


def _date(format_time: str | None) -> str:
    """Return `410302` and its check digit for `02/03/2041` or `2041-03-02`, else filler."""
    numbers = re.findall(r"\d+", format_time or "")
    if len(numbers) != 3:
        return "<<<<<<0"
    year, month, day = numbers if len(numbers[0]) == 4 else reversed(numbers)
    return _with_check_digit(f"{year[-2:]}{month[-2:]:0>2}{day[-2:]:0>2}")


def _sex(document: Document) -> str:
    return document["gender"] if document["gender"] in ("F", "M") else "<"


def _mrz_letters(text: str | None) -> str:
    plain = unicodedata.normalize("NFKD", text or "").encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Z0-9]", "<", plain.upper())


def _field(text: str | None, width: int) -> str:
    if text and "<" in text:
        return text[:width].ljust(width, "<")
    return _mrz_letters(text)[:width].ljust(width, "<")


def _with_check_digit(field: str) -> str:
    return field + _check_digit(field)


def _check_digit(field: str) -> str:
    values = (0 if each == "<" else int(each, 36) for each in field)
    return str(sum(value * _WEIGHTS[at % 3] for at, value in enumerate(values)) % 10)
