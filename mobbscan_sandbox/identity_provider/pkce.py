"""Require PKCE (RFC 7636, S256) at the sandbox identity provider.

oidc-provider-mock accepts authorization requests without PKCE. Here each authorization code is
bound to the challenge of its request.
"""

import base64
import hashlib
import json
from urllib.parse import parse_qs, urlsplit

from flask import Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue

AUTHORIZE_PATH = "/oauth2/authorize"
TOKEN_PATH = "/oauth2/token"  # noqa: S105 - an address
METADATA_PATH = "/.well-known/openid-configuration"


def require_pkce(app: Flask) -> None:
    """Refuse authorization requests without a challenge, and codes without its verifier."""
    challenge_by_code: dict[str, str] = {}

    @app.before_request
    def check_pkce() -> ResponseReturnValue | None:
        if request.path == AUTHORIZE_PATH and not _has_s256_challenge():
            return "This login has no S256 code_challenge (RFC 7636).", 400
        if request.path == TOKEN_PATH and not _verifier_matches(challenge_by_code):
            return jsonify(error="invalid_grant", error_description="wrong code_verifier"), 400
        return None

    @app.after_request
    def remember_challenge(response: Response) -> Response:
        if request.path == AUTHORIZE_PATH and response.location:
            for code in parse_qs(urlsplit(response.location).query).get("code", []):
                challenge_by_code[code] = request.args["code_challenge"]
        if request.path == METADATA_PATH:
            metadata = json.loads(response.get_data())
            metadata["code_challenge_methods_supported"] = ["S256"]
            response.set_data(json.dumps(metadata, indent=2))
        return response


def _has_s256_challenge() -> bool:
    method = request.args.get("code_challenge_method")
    return method == "S256" and bool(request.args.get("code_challenge"))


def _verifier_matches(challenge_by_code: dict[str, str]) -> bool:
    if request.form.get("grant_type") != "authorization_code":
        return True
    digest = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return challenge_by_code.pop(request.form.get("code", ""), None) == challenge
