"""PKCE (RFC 7636) for the pretend provider; the mock below it would accept a login without.

The code is bound to the challenge of the request that it answers, S256 only.
"""

import base64
import hashlib
import json
from urllib.parse import parse_qs, urlsplit

from flask import Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue

AUTHORIZE = "/oauth2/authorize"
TOKEN = "/oauth2/token"  # noqa: S105 - an address
METADATA = "/.well-known/openid-configuration"


def require_pkce(app: Flask) -> None:
    """Refuse logins without a challenge, and codes without its verifier."""
    challenges: dict[str, str] = {}

    @app.before_request
    def check() -> ResponseReturnValue | None:
        if request.path == AUTHORIZE and not _asks_for_s256():
            return "This login has no S256 code_challenge (RFC 7636).", 400
        if request.path == TOKEN and not _proves(challenges):
            return jsonify(error="invalid_grant", error_description="wrong code_verifier"), 400
        return None

    @app.after_request
    def remember(response: Response) -> Response:
        if request.path == AUTHORIZE and response.location:
            for code in parse_qs(urlsplit(response.location).query).get("code", []):
                challenges[code] = request.args["code_challenge"]
        if request.path == METADATA:
            metadata = json.loads(response.get_data())
            metadata["code_challenge_methods_supported"] = ["S256"]
            response.set_data(json.dumps(metadata, indent=2))
        return response


def _asks_for_s256() -> bool:
    method = request.args.get("code_challenge_method")
    return method == "S256" and bool(request.args.get("code_challenge"))


def _proves(challenges: dict[str, str]) -> bool:
    if request.form.get("grant_type") != "authorization_code":
        return True
    digest = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
    proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return challenges.pop(request.form.get("code", ""), None) == proof
