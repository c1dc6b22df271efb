"""How evidence is answered: three documented formats, chosen by `Accept` (contract 3.4, 3.5, 3.7).

The contract names the same three for pictures, recordings and PDF alike, so `image/jpeg` answers
the bytes of a video or a PDF too, under that very name.
"""

import base64
import json
from dataclasses import dataclass

from flask import Response, request

_JSON, _BYTES, _TEXT = "application/json", "image/jpeg", "text/plain"


@dataclass(frozen=True)
class Evidence:
    """One piece of evidence on its way out."""

    content: bytes
    media_type: str
    fields: dict[str, str]
    """The JSON object without its base64."""
    content_key: str = "image"

    def answered(self, *, extensions: bool) -> Response | None:
        """Return it as the caller accepts it, or `None` when that is none of what there is.

        Without `Accept` it is JSON. The true media type counts as a fourth where extensions are on.
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
