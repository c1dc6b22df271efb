"""An OpenID Connect provider on loopback whose answers tests can falsify."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Flask, Response, jsonify, request
from flask.testing import FlaskClient
from joserfc import jws
from joserfc.jwk import ECKey
from werkzeug.serving import BaseWSGIServer, make_server
from werkzeug.test import TestResponse

CLIENT_ID = "mobbscan-embed"


@dataclass
class FakeProvider:
    """`claims` override those of the ID token (None removes one); `sign` replaces its signature."""

    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "1"}))
    claims: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    profile: dict[str, Any] = field(default_factory=dict)
    more_keys: list[Any] = field(default_factory=list)
    sign: Callable[[dict[str, Any]], str] | None = None
    status: int = 200
    is_dripping: bool = False
    nonce: str = ""
    challenge: str = ""
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        app = Flask("fake_provider")
        app.add_url_rule("/.well-known/openid-configuration", "discovery", self._discovery)
        app.add_url_rule("/keys", "keys", self._keys)
        app.add_url_rule("/token", "token", self._token, methods=["POST"])
        app.add_url_rule("/userinfo", "userinfo", lambda: jsonify(self.profile))
        app.before_request(self._record)
        self._server: BaseWSGIServer = make_server("127.0.0.1", 0, app, threaded=True)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def receive(self, address: str) -> dict[str, str]:
        """Parse the authorization request of `address`; the next token answers it."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        self.nonce, self.challenge = asked["nonce"], asked["code_challenge"]
        return asked

    def symmetric(self, claims: dict[str, Any]) -> str:
        """Sign with the public key as if it were a shared secret."""
        head = ".".join(_part(json.dumps(p).encode()) for p in ({"alg": "HS256"}, claims))
        public = self.key.as_pem(private=False)
        return f"{head}.{_part(hmac.digest(public, head.encode(), 'sha256'))}"

    def _record(self) -> Response | None:
        self.requests.append(request.path)
        return Response(status=self.status) if self.status != 200 else None

    def _discovery(self) -> Response:
        metadata: Mapping[str, Any] = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "end_session_endpoint": f"{self.issuer}/end",
            "jwks_uri": f"{self.issuer}/keys",
            "id_token_signing_alg_values_supported": ["none", "HS256", "ES256"],
        }
        if self.is_dripping:
            return Response(self._drip(), mimetype="application/json")
        return jsonify({**metadata, **self.metadata})

    def _drip(self) -> Iterator[bytes]:
        ends_at = time.monotonic() + 20
        while time.monotonic() < ends_at:
            yield b" "
            time.sleep(0.05)

    def _keys(self) -> Response:
        return jsonify({"keys": [self.key.as_dict(private=False), *self.more_keys]})

    def _token(self) -> Response | tuple[Response, int]:
        digest = hashlib.sha256(request.form["code_verifier"].encode()).digest()
        if _part(digest) != self.challenge:
            return jsonify(error="invalid_grant"), 400
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": "ada",
            "iat": now,
            "exp": now + 60,
            "nonce": self.nonce,
            "name": "Ada",
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        signed = self.sign(claims) if self.sign else self._signed(claims)
        return jsonify(access_token="access", token_type="Bearer", id_token=signed)

    def _signed(self, claims: dict[str, Any]) -> str:
        # Not jwt.encode, which cannot encode lone surrogates.
        text = json.dumps(claims).encode()
        return jws.serialize_compact({"alg": "ES256", "kid": "1", "typ": "JWT"}, text, self.key)


def login_at(provider: FakeProvider) -> dict[str, str]:
    """Return the settings for this provider."""
    return {
        "OIDC_ISSUER": provider.issuer,
        "OIDC_CLIENT_ID": CLIENT_ID,
        "OIDC_CLIENT_SECRET": "secret",
    }


def log_in(browser: FlaskClient, provider: FakeProvider, **answer: str) -> TestResponse:
    """Run the login of `browser`; `answer` overrides parameters of the callback."""
    asked = provider.receive(browser.get("/login").location)
    fields = {"code": "one", "state": asked["state"], **answer}
    return browser.get("/login/callback", query_string=fields)


def _part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
