"""Read what the gateway says in the body of an error, for operators. Contract 1."""

from __future__ import annotations

import json
import re

from webapp.basics.json_reader import read_lenient
from webapp.gateway.errors import GatewayError

#: Members of an error body, in the order in which they are shown.
_MEMBERS = (
    "status", "code", "errorCode", "error", "title",
    "message", "description", "errorDetails", "detail",
)  # fmt: skip
_MAX_CHARACTERS = 300
_NOT_PRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+")


def reply_text(error: GatewayError) -> str | None:
    """Return the text of an error body in one line of at most 300 characters.

    JSON of another shape is returned as it is written. None for an empty body, a web page and
    anything that is no text. The text may quote what was
    sent, and so may contain personal data: it goes to operators only, never to a log.
    """
    try:
        members = read_lenient(error.body)
    except ValueError:
        text = error.body.decode("utf-8", "ignore")
        if text.lstrip().startswith(("<", "{", "[")):
            return None
        return _in_one_line(text)
    said = [members[name] for name in _MEMBERS if isinstance(members.get(name), str | int)]
    if not any(isinstance(one, str) for one in said) and any(members.values()):
        return _in_one_line(json.dumps(members, ensure_ascii=False))
    return _in_one_line(": ".join(dict.fromkeys(str(one) for one in said)))


def _in_one_line(text: str) -> str | None:
    return _NOT_PRINTABLE.sub(" ", text).strip()[:_MAX_CHARACTERS] or None
