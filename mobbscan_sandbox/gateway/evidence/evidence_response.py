"""Build evidence responses in the format that `Accept` selects (contract 3.4, 3.5, 3.7).

The contract documents the same three formats for images, recordings and PDF, so `image/jpeg`
returns the bytes of a video or a PDF too, under that media type.
"""

import base64
import json
from dataclasses import dataclass

from flask import Response, request

_JSON, _BYTES, _TEXT = "application/json", "image/jpeg", "text/plain"


@dataclass(frozen=True)
class EvidenceContent:
    """One piece of evidence and its JSON fields."""

    content: bytes
    media_type: str
    fields: dict[str, str]
    """The JSON object without the base64 content."""
    content_key: str = "image"

    def to_response(self, *, extensions: bool) -> Response | None:
        """Return it in the format of the `Accept` header, or `None` when none matches.

        The default is JSON. With `extensions` the true media type is offered too.
        """
        accepted = request.accept_mimetypes
        offered = [_JSON, _BYTES, _TEXT]
        if extensions and self.media_type not in offered:
            offered.append(self.media_type)
        chosen = accepted.best_match(offered) if accepted else _JSON
        if chosen is None:
            return None
        if chosen == _JSON:
            body = json.dumps({**self.fields, self.content_key: self.encoded()})
            return Response(body, mimetype=_JSON)
        if chosen == _TEXT:
            return Response(self.encoded(), mimetype=_TEXT)
        return Response(self.content, mimetype=chosen)

    def encoded(self) -> str:
        """Return the base64, without prefix and line ends."""
        return base64.b64encode(self.content).decode("ascii")
