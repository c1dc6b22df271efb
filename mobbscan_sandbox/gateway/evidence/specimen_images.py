"""Draw the images of an invented document and of an invented face."""

import io
from collections.abc import Mapping
from functools import cache, lru_cache

from PIL import Image, ImageDraw, ImageFont

from mobbscan_sandbox.gateway.evidence.mrz import mrz_lines

_INK, _MUTED, _PAPER, _TINT = "#1c1830", "#6b6685", "#f6f4fd", "#e3ddf8"
_ACCENT, _SKIN, _HAIR, _COAT = "#4f3cc9", "#e8c4a8", "#54382a", "#3d5a80"
_CARD = (1000, 630)
_NAMES = {
    "IDCard": "IDENTITY CARD",
    "Passport": "PASSPORT",
    "DrivingLicense": "DRIVING LICENCE",
}
_FIELDS = (
    ("Surname", "surname"), ("Name", "name"), ("Sex", "gender"), ("Nationality", "nationality"),
    ("Born", "dateOfBirth"), ("Expires", "dateOfExpiry"), ("Number", "documentNumber"),
)  # fmt: skip


def draw_image(image_type: str, kind: str, facts: Mapping[str, str | None]) -> bytes:
    """Return one image as JPEG; the same facts give the same bytes."""
    return _draw_cached(image_type, kind, tuple(sorted(facts.items())))


@lru_cache(maxsize=256)
def _draw_cached(image_type: str, kind: str, facts: tuple[tuple[str, str | None], ...]) -> bytes:
    document = dict(facts)
    if image_type == "face_now":
        image = _selfie()
    elif image_type == "face_document":
        image = _portrait(300, 380)
    elif image_type == "document_back":
        image = _back(kind, document)
    elif image_type == "signature":
        image = _signature(document)
    else:
        image = _front(kind, document)
    target = io.BytesIO()
    image.save(target, "JPEG", quality=82)
    return target.getvalue()


def _front(kind: str, document: Mapping[str, str | None]) -> Image.Image:
    image, pen = _card(f"{document['issuingState']} · {_NAMES[kind]}")
    image.paste(_portrait(250, 318), (60, 150))
    for line, (label, key) in enumerate(_FIELDS):
        top = 142 + line * (52 if kind != "Passport" else 46)
        pen.text((360, top), label, _MUTED, _font(17))
        pen.text((500, top - 5), document[key] or "–", _INK, _font(27))
    if kind == "Passport":
        _zone(pen, mrz_lines(kind, document), 33)
    return _stamped(image)


def _back(kind: str, document: Mapping[str, str | None]) -> Image.Image:
    image, pen = _card("BACK OF THE DOCUMENT")
    pen.text((60, 150), "Specimen. Not a valid document.", _INK, _font(27))
    pen.text((60, 198), "Drawn by the gateway in a box.", _MUTED, _font(22))
    _zone(pen, mrz_lines(kind, document), 48)
    return _stamped(image)


def _signature(document: Mapping[str, str | None]) -> Image.Image:
    image = Image.new("RGB", (600, 220), "white")
    name = f"{document['name'] or ''} {document['firstSurname'] or ''}".title()
    ImageDraw.Draw(image).text((300, 110), name, _INK, _font(58), anchor="mm")
    return image.rotate(5, fillcolor="white")


def _card(title: str) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", _CARD, _PAPER)
    pen = ImageDraw.Draw(image)
    for left in range(-630, 1000, 34):
        pen.line((left, 630, left + 630, 0), _TINT, 2)
    pen.rectangle((0, 0, 1000, 96), _ACCENT)
    pen.text((60, 28), title, "white", _font(34))
    pen.rounded_rectangle((862, 22, 940, 74), 10, outline="white", width=4)
    return image, pen


def _zone(pen: ImageDraw.ImageDraw, lines: list[str], size: int) -> None:
    if not lines:
        return
    height = int(size * 1.25)
    top = 600 - height * len(lines)
    pen.rectangle((0, top - 20, 1000, 630), "white")
    step = 900 / len(lines[0])
    for row, line in enumerate(lines):
        for column, letter in enumerate(line):
            place = (50 + (column + 0.5) * step, top + row * height)
            pen.text(place, letter, "black", _font(size - 8), anchor="ma")


def _portrait(width: int, height: int) -> Image.Image:
    image = Image.new("RGB", (width, height), "#d9e2ec")
    _person(ImageDraw.Draw(image), width / 2, height * 0.46, width * 0.27)
    return image


def _selfie() -> Image.Image:
    image = Image.new("RGB", (720, 960), "#cfd8dc")
    pen = ImageDraw.Draw(image)
    pen.rectangle((470, 90, 660, 420), "#eef3f6", "#9fb0ba", 8)
    pen.line((565, 90, 565, 420), "#9fb0ba", 6)
    _person(pen, 340, 440, 190)
    pen.text((28, 24), "SPECIMEN · not a photograph", _INK, _font(30))
    return image


def _person(pen: ImageDraw.ImageDraw, x: float, y: float, size: float) -> None:
    def oval(left: float, top: float, right: float, bottom: float, colour: str) -> None:
        pen.ellipse((x + left * size, y + top * size, x + right * size, y + bottom * size), colour)

    oval(-1.12, -1.45, 1.12, 1.35, _HAIR)
    oval(-1.75, 1.35, 1.75, 4.6, _COAT)
    oval(-0.45, 0.6, 0.45, 1.95, _SKIN)
    oval(-0.92, -1.1, 0.92, 1.3, _SKIN)
    for side in (-0.38, 0.38):
        oval(side - 0.17, -0.14, side + 0.17, 0.1, "white")
        oval(side - 0.09, -0.11, side + 0.09, 0.07, _INK)
    oval(-0.09, 0.16, 0.09, 0.46, "#d3a788")
    oval(-0.33, 0.7, 0.33, 0.86, "#b5605a")


def _stamped(image: Image.Image) -> Image.Image:
    stamp = Image.new("RGBA", image.size, (0, 0, 0, 0))
    word = ImageDraw.Draw(stamp)
    word.text((500, 330), "SPECIMEN", (168, 38, 47, 84), _font(190), anchor="mm")
    return Image.alpha_composite(image.convert("RGBA"), stamp.rotate(14)).convert("RGB")


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
