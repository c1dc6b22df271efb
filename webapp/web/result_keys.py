"""Route of the public keys with which host sites verify signed results."""

from __future__ import annotations

from flask import Blueprint, Response, json, request
from flask.typing import ResponseReturnValue

from webapp.web import request_context
from webapp.web.guards import public

#: Longer than a burst of verifications, shorter than the pause between the steps of a rotation.
MAX_AGE_SECONDS = 300
blueprint = Blueprint("result_keys", __name__)


@blueprint.get("/.well-known/jwks.json")
@public
def key_set() -> ResponseReturnValue:
    """Return the JWK set; scripts of any origin may read it."""
    keys = request_context.steps().public_result_keys()
    response = Response(json.dumps(keys), mimetype="application/json")
    response.headers["Cache-Control"] = f"public, max-age={MAX_AGE_SECONDS}"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.add_etag()
    return response.make_conditional(request)
