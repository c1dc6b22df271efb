"""Parses an HTML page: forms, links, headings, frames and meta elements."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

Attributes = dict[str, str]


@dataclass
class Form:
    """A form, submitted by its first button; `buttons` are the named ones."""

    action: str
    method: str
    id: str = ""
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    boxes: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> set[str]:
        return {name for name, _ in [*self.fields, *self.buttons]} | self.boxes.keys()

    def filled(self, **values: str | bool) -> list[tuple[str, str]]:
        """Return the fields with `values` in place; True checks a box, False omits a field."""
        unknown = values.keys() - self.names
        assert not unknown, f"the form {self.action!r} has no {sorted(unknown)}"
        sent = [pair for pair in [*self.fields, *self.buttons[:1]] if pair[0] not in values]
        for name, value in values.items():
            if value is not False:
                sent.append((name, self.boxes[name] if value is True else value))
        return sent


@dataclass(frozen=True)
class Link:
    """A link; whitespace in `text` is collapsed."""

    href: str
    text: str
    target: str


class Reading(HTMLParser):
    """The parser and its results."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.links: list[Link] = []
        self.texts: dict[str, str] = {}
        self.frames: list[Attributes] = []
        self.metas: list[Attributes] = []
        self._form: Form | None = None
        self._named: tuple[str, Attributes] | None = None
        self._select: str | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value if value is not None else "" for name, value in attrs}
        if tag == "form":
            self._form = Form(
                has.get("action", ""), has.get("method", "get").lower(), has.get("id", "")
            )
            self.forms.append(self._form)
        elif tag in ("h1", "title", "a"):
            self._named, self._text = (tag, has), ""
        elif tag == "iframe":
            self.frames.append(has)
        elif tag == "meta":
            self.metas.append(has)
        elif self._form is not None and "disabled" not in has:
            self._field(self._form, tag, has)

    def _field(self, form: Form, tag: str, has: Attributes) -> None:
        kind, name = has.get("type", "").lower(), has.get("name", "")
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select is not None:
            self._option(form, has)
        elif tag == "button" or (tag == "input" and kind in ("submit", "image")):
            if kind in ("", "submit", "image") and name:
                form.buttons.append((name, has.get("value", "")))
        elif tag == "textarea" and name:
            form.fields.append((name, ""))
        elif tag == "input" and name and kind in ("checkbox", "radio"):
            form.boxes.setdefault(name, has.get("value", "on"))
            if "checked" in has:
                form.fields.append((name, has.get("value", "on")))
        elif tag == "input" and name:
            form.fields.append((name, has.get("value", "")))

    def _option(self, form: Form, has: Attributes) -> None:
        assert self._select is not None
        first = self._select not in form.names
        if first or "selected" in has:
            form.fields = [pair for pair in form.fields if pair[0] != self._select]
            form.fields.append((self._select, has.get("value", "")))

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif self._named is not None and tag == self._named[0]:
            text, has = " ".join(self._text.split()), self._named[1]
            if tag == "a":
                self.links.append(Link(has.get("href", ""), text, has.get("target", "")))
            else:
                self.texts.setdefault(tag, text)
            self._named = None


def read(html: str) -> Reading:
    """Parse a page."""
    reader = Reading()
    reader.feed(html)
    reader.close()
    return reader
