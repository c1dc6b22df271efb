"""Identity provider that logs in each client and returns false claims or parameters on demand."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode
from wsgiref.types import StartResponse, WSGIEnvironment

from joserfc import jwt
from joserfc.jwk import ECKey
from werkzeug.serving import make_server

CLIENT_ID = "mobbscan-embed"


def accept_any_client(_authorization: str, _form: dict[str, str]) -> bool:
    return True


@dataclass
class FaultyProvider:
    """`claims` override the ID token, `answer` the parameters of the callback.

    `metadata` overrides the discovery document (None removes a member). `published` replaces the
    key set, `published_at` that of one path; paths in `gone` answer 404. `accepts_client` decides
    on the Authorization header and the form of a token call. `token_answer` replaces the answer of
    the token endpoint: status line and body.
    """

    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, str | None] = field(default_factory=dict)
    asked: dict[str, dict[str, str]] = field(default_factory=dict)
    refused: int = 0
    metadata: dict[str, Any] = field(default_factory=dict)
    published: list[Any] | None = None
    accepts_client: Callable[[str, dict[str, str]], bool] = accept_any_client
    token_answer: tuple[str, Any] | None = None
    published_at: dict[str, list[Any]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    requests: list[str] = field(default_factory=list)
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "1"}))
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "ES256", "kid": "1"})

    @contextmanager
    def telling(self, claims: dict[str, Any] | None = None, **answer: str | None) -> Iterator[None]:
        self.claims, self.answer = claims or {}, answer
        yield
        self.claims, self.answer = {}, {}

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        routes = {
            "/.well-known/openid-configuration": self._discovery,
            "/keys": self._keys,
            "/authorize": self._authorize,
            "/token": self._token,
            "/moved/token": self._token,
            "/moved/keys": self._keys,
        }
        self.requests.append(environ["PATH_INFO"])
        if environ["PATH_INFO"] in self.gone:
            start("404 Not Found", [("Content-Type", "application/json")])
            return [b"{}"]
        status, headers, body = routes[environ["PATH_INFO"]](environ)
        start(status, [("Content-Type", "application/json"), *headers])
        return [json.dumps(body).encode()]

    def _discovery(self, _: WSGIEnvironment) -> Any:
        document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "id_token_signing_alg_values_supported": ["ES256"],
            **self.metadata,
        }
        return _ok(**{name: value for name, value in document.items() if value is not None})

    def _keys(self, environ: WSGIEnvironment) -> Any:
        if environ["PATH_INFO"] in self.published_at:
            return _ok(keys=self.published_at[environ["PATH_INFO"]])
        own = [self.key.as_dict(private=False)]
        return _ok(keys=own if self.published is None else self.published)

    def _authorize(self, environ: WSGIEnvironment) -> Any:
        asked = dict(parse_qsl(environ["QUERY_STRING"]))
        code = secrets.token_urlsafe(12)
        self.asked[code] = asked
        back = {"code": code, "state": asked["state"], **self.answer}
        query = urlencode({name: value for name, value in back.items() if value is not None})
        return "303 See Other", [("Location", f"{asked['redirect_uri']}?{query}")], {}

    def _token(self, environ: WSGIEnvironment) -> Any:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()
        sent = dict(parse_qsl(body))
        if self.token_answer is not None:
            return self.token_answer[0], [], self.token_answer[1]
        if not self.accepts_client(environ.get("HTTP_AUTHORIZATION", ""), sent):
            return "401 Unauthorized", [], {"error": "invalid_client"}
        # Single use and PKCE are always checked.
        asked = self.asked.pop(sent["code"], None)
        if asked is None or _digest(sent.get("code_verifier", "")) != asked["code_challenge"]:
            self.refused += 1
            return "400 Bad Request", [], {"error": "invalid_grant"}
        now = int(time.time())
        standard = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": "ada",
            "name": "Ada Lovelace",
            "nonce": asked["nonce"],
            "iat": now,
            "exp": now + 60,
        }
        claims = {name: value for name, value in {**standard, **self.claims}.items() if value}
        token = jwt.encode(self.header, claims, self.key)
        return _ok(access_token="a", token_type="Bearer", id_token=token)


def _ok(**fields: Any) -> Any:
    return "200 OK", [], fields


def _digest(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


@contextmanager
def running_faulty_provider() -> Iterator[FaultyProvider]:
    """Run the provider on a free port."""
    provider = FaultyProvider()
    server = make_server("127.0.0.1", 0, provider, threaded=True)
    server.log = lambda *_: None  # type: ignore[method-assign]
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield provider
    server.shutdown()
    thread.join()
    server.server_close()
